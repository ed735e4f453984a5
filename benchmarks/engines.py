"""Every engine beside the others: sliced patch distance and diversity together, and both beside the exact search.

    python benchmarks/engines.py variations FOLDER --size 128 --seeds 2 --threads 1 --out engines
    python benchmarks/engines.py textures FOLDER --size 128 --seeds 2 --threads 1 --out engines
    python benchmarks/engines.py variations --table --out engines

`exact` is a method at its defaults with the exact search instead of PatchMatch; `paper` the exact search with what the
paper of patches (GPNN) sets: noise of .75 where pictures go from -1 to 1, which is about 1.5 of our standard
deviations, 14 pixels to begin with, alpha .005, no layout. All else is at its defaults, but for the texture network,
which is trained at the size of the textures for `--steps`. Rows go to OUT/variations.csv or OUT/textures.csv as they
are made, pictures beside them; what is there is not made again. `processor` is seconds for one result, training left
out; the other columns are those of `scores.py`.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from rows import means, record
from scores import quality

from impasto.images import fit_long_side, pictures_in, read, resize, write
from impasto.kinds import build
from impasto.networks.texture import render
from impasto.observers import Unobserved
from impasto.randomness import generator
from impasto.registry import method
from impasto.textures.train_network import TrainTextureNetwork

EXACT = {"engine": "exact"}
PAPER = EXACT | {"noise": 1.5, "coarsest": 14, "alpha": 0.005, "layout": 0.0}
ENGINES: dict[str, dict[str, tuple[str, dict[str, Any]]]] = {
    "variations": {
        "patches": ("vary patches", {}),
        "patches exact": ("vary patches", EXACT),
        "patches paper": ("vary patches", PAPER),
        "sliced-patches": ("vary sliced-patches", {}),
    },
    "textures": {
        "quilt": ("texture quilt", {}),
        "kwatra": ("texture kwatra", {}),
        "patches": ("texture patches", {}),
        "patches exact": ("texture patches", EXACT),
        "sliced-patches": ("texture sliced-patches", {}),
        "pyramid": ("texture pyramid", {}),
        "gram": ("texture gram", {}),
        "texture-network": ("train texture-network", {}),
    },
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=tuple(ENGINES))
    parser.add_argument("source", type=Path, nargs="?", help="a folder of pictures")
    parser.add_argument("--engines", nargs="+", help="only these")
    parser.add_argument("--names", nargs="*", help="only the pictures with these stems")
    parser.add_argument("--size", type=int, default=128, help="long side of a picture; both sides of a texture")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--steps", type=int, default=500, help="steps of the texture network's training")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("engines"))
    parser.add_argument("--table", action="store_true", help="print the table of what is there, and make nothing")
    arguments = parser.parse_args()
    file = arguments.out / f"{arguments.kind}.csv"
    if arguments.table:
        print(means(file, "engine", wanted=arguments.engines))
        return
    if arguments.source is None:
        parser.error("name a folder of pictures, or add --table")
    torch.set_num_threads(arguments.threads)
    arguments.out.mkdir(parents=True, exist_ok=True)
    done = finished(file)
    for path in pictures_in(arguments.source):
        if arguments.names and path.stem not in arguments.names:
            continue
        picture = fitted(read(path), arguments.size)
        for engine in arguments.engines or ENGINES[arguments.kind]:
            if (engine, path.stem) in done:
                continue
            results, processor = made(arguments, engine, picture)
            row = {"engine": engine, "picture": path.stem, "processor": round(processor, 2)}
            record(file, row | quality(picture, results))
            for seed, result in enumerate(results):
                write(result, arguments.out / f"{path.stem}-{engine.replace(' ', '-')}-{seed}.png")
            print(row, flush=True)


def made(arguments: argparse.Namespace, engine: str, picture: torch.Tensor) -> tuple[Sequence[torch.Tensor], float]:
    """A result for each seed, and the processor seconds of one."""
    name, values = ENGINES[arguments.kind][engine]
    kind, size, seeds = method(name), arguments.size, range(arguments.seeds)
    if kind is TrainTextureNetwork:
        side = -(-size // 32) * 32
        training = kind(kind.Config(steps=arguments.steps, side=side)).run({"exemplar": [picture]}, Unobserved())
        assert training.model is not None
        network = build(training.model)
        started = time.process_time()
        return [render(network, size, size, generator(seed)) for seed in seeds], used(started, seeds)
    if arguments.kind == "textures":
        values = values | {"size": f"{size}x{size}"}
    inputs = {kind.inputs[0].name: [picture]}
    started = time.process_time()
    results = [kind(kind.Config(seed=seed, **values)).run(inputs, Unobserved()).output for seed in seeds]
    return results, used(started, seeds)


def used(started: float, seeds: range) -> float:
    return (time.process_time() - started) / len(seeds)


def fitted(picture: torch.Tensor, long: int) -> torch.Tensor:
    return resize(picture, fit_long_side((picture.shape[2], picture.shape[1]), long), filter="lanczos")


def finished(file: Path) -> set[tuple[str, str]]:
    if not file.exists():
        return set()
    with file.open(newline="") as rows:
        return {(row["engine"], row["picture"]) for row in csv.DictReader(rows)}


if __name__ == "__main__":
    main()
