"""How fast the patch methods are, how near the approximate search comes to the exact one, and how holes are filled.

    python benchmarks/patches.py command PICTURE      wall time and memory of the whole command, start-up included
    python benchmarks/patches.py growth PICTURE       time and memory of a texture from 256 to 2048 px
    python benchmarks/patches.py exact FOLDER         PatchMatch beside the exact search: distance and diversity
    python benchmarks/patches.py holes FOLDER         inpainting beside a biharmonic fill, for NAME_gth, NAME_inp and
                                                      NAME_inp_mask of each NAME

Each prints JSON rows; those of `exact` have the columns of `scores.py`.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from scores import quality

from impasto.images import fit_long_side, pictures_in, read, resize, write
from impasto.observers import Unobserved
from impasto.single_image.patches import VaryPatches
from impasto.textures.patches import PatchTexture


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("command", "growth", "growth-one", "exact", "holes"))
    parser.add_argument("source", type=Path)
    parser.add_argument("--size", type=int, default=128, help="exact: long side; growth-one: side of the texture")
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512, 1024, 2048])
    parser.add_argument("--names", nargs="*", help="only the pictures with these stems")
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, help="holes: a folder for the filled pictures")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    run = {"command": command, "growth": growth, "growth-one": growth_one, "exact": exact, "holes": holes}
    for row in run[arguments.what](arguments):
        print(json.dumps(row), flush=True)
    machine = {"torch": torch.__version__, "python": platform.python_version(), "threads": arguments.threads}
    print(json.dumps(machine), file=sys.stderr)


def command(arguments: argparse.Namespace) -> Any:
    """The commands as a person types them; the first round of each only warms up."""
    source = str(arguments.source)
    threads = ["--threads", str(arguments.threads)]
    for name, words in {
        "vary": ["vary", "patches", source],
        "texture 512": ["texture", "patches", source, "--size", "512x512"],
    }.items():
        times, processor, memory = [], [], 0.0
        for number in range(arguments.rounds + 1):
            with tempfile.TemporaryDirectory() as folder:
                line = [sys.executable, "-m", "impasto", *words, "--seed", str(number), "--no-record", "--quiet"]
                seconds, used, memory = measured([*line, *threads, "-o", f"{folder}/out.png"])
            times.append(seconds)
            processor.append(used)
        wall, busy = (round(statistics.median(values[1:]), 2) for values in (times, processor))
        yield {"command": name, "wall_s": wall, "processor_s": busy, "peak_mb": round(memory)}


def growth(arguments: argparse.Namespace) -> Any:
    """Each size in its own process, so that the peaks of memory are its own."""
    rows: list[dict[str, float]] = []
    for size in arguments.sizes:
        line = [sys.executable, __file__, "growth-one", str(arguments.source), "--size", str(size)]
        line += ["--rounds", str(arguments.rounds), "--threads", str(arguments.threads)]
        row = json.loads(subprocess.run(line, capture_output=True, text=True, check=True).stdout)
        rows.append(row)
        yield row
    for first, last in pairwise(rows):
        pixels = math.log((last["size"] / first["size"]) ** 2)
        yield {
            "from": first["size"],
            "to": last["size"],
            "time_exponent": round(math.log(last["seconds"] / first["seconds"]) / pixels, 3),
            "memory_exponent": round(math.log(last["peak_mb"] / first["peak_mb"]) / pixels, 3),
        }


def growth_one(arguments: argparse.Namespace) -> Any:
    """One size in this process, after the kernels are loaded."""
    exemplar = fitted(read(arguments.source), 256)
    make_texture(exemplar, 64)
    times = [timed(lambda: make_texture(exemplar, arguments.size)) for _ in range(arguments.rounds)]
    yield {"size": arguments.size, "seconds": round(min(times), 3), "peak_mb": round(peak())}


def exact(arguments: argparse.Namespace) -> Any:
    """Both engines at equal settings, from the same seeds."""
    rows: dict[str, list[dict[str, float]]] = {"auto": [], "exact": []}
    for path in chosen(arguments):
        picture = fitted(read(path), arguments.size)
        for engine, found in rows.items():
            results, seconds = [], 0.0
            for seed in range(arguments.seeds):
                method = VaryPatches(VaryPatches.Config(seed=seed, engine=engine))
                started = time.perf_counter()
                results.append(method.run({"image": [picture]}, Unobserved()).output)
                seconds += (time.perf_counter() - started) / arguments.seeds
            found.append(quality(picture, results))
            yield {"picture": path.stem, "engine": engine, "seconds": round(seconds, 2), **found[-1]}
    means = {
        engine: {name: round(statistics.mean(row[name] for row in found), 4) for name in found[0]}
        for engine, found in rows.items()
    }
    for engine, mean in means.items():
        yield {"picture": "mean", "engine": engine, **mean}
    yield {"ratio": {name: round(means["auto"][name] / value, 4) for name, value in means["exact"].items()}}


def holes(arguments: argparse.Namespace) -> Any:
    """PSNR inside the hole and over the whole picture, ours and that of a biharmonic fill."""
    from skimage.restoration import inpaint_biharmonic

    rows = []
    for path in sorted(arguments.source.glob("*_gth.png")):
        truth, holed, mask = (
            read(path.with_name(path.name.replace("gth", kind))) for kind in ("gth", "inp", "inp_mask")
        )
        hole = mask.mean(0) > 0.5
        fill = inpaint_biharmonic(holed.permute(1, 2, 0).double().numpy(), hole.numpy(), channel_axis=-1)
        smooth = torch.from_numpy(fill).permute(2, 0, 1).float().clamp(0, 1)
        ours = []
        for seed in range(arguments.seeds):
            method = VaryPatches(VaryPatches.Config(seed=seed))
            ours.append(method.run({"image": [holed], "mask": [mask]}, Unobserved()).output)
        if arguments.out:
            arguments.out.mkdir(parents=True, exist_ok=True)
            write(torch.cat([truth, holed, smooth, ours[0]], dim=2), arguments.out / f"{path.stem}.png")
        row = {
            "hole_ours": statistics.mean(psnr((made - truth)[:, hole]) for made in ours),
            "hole_biharmonic": psnr((smooth - truth)[:, hole]),
            "whole_ours": statistics.mean(psnr(made - truth) for made in ours),
            "whole_biharmonic": psnr(smooth - truth),
        }
        rows.append(row)
        yield {"picture": path.stem.removesuffix("_gth"), **{name: round(value, 2) for name, value in row.items()}}
    yield {"picture": "mean", **{name: round(statistics.mean(row[name] for row in rows), 2) for name in rows[0]}}


def psnr(difference: torch.Tensor) -> float:
    return -10 * math.log10(float(difference.square().mean()))


def make_texture(exemplar: torch.Tensor, size: int) -> None:
    PatchTexture(PatchTexture.Config(size=f"{size}x{size}")).run({"exemplar": [exemplar]}, Unobserved())


def fitted(picture: torch.Tensor, long: int) -> torch.Tensor:
    return resize(picture, fit_long_side((picture.shape[2], picture.shape[1]), long), filter="lanczos")


def chosen(arguments: argparse.Namespace) -> list[Path]:
    return [path for path in pictures_in(arguments.source) if not arguments.names or path.stem in arguments.names]


def timed(action: Any) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def peak() -> float:
    """The most memory that this process has had, in MB."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measured(line: list[str]) -> tuple[float, float, float]:
    """Wall and processor seconds of a command, and its peak memory in MB."""
    started = time.perf_counter()
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{line} ended with {process.returncode}")
    return time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


if __name__ == "__main__":
    main()
