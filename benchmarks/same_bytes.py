"""Whether two states of the source make the same: every method with several options, by the command line.

    python benchmarks/same_bytes.py make bytes/before --source ../before/src
    python benchmarks/same_bytes.py make bytes/after --source src
    python benchmarks/same_bytes.py compare bytes/before bytes/after

`make` runs each command of COMMANDS in a folder of its own; `compare` hashes what is decoded: pixels, frames, tensors.
Recipes may differ. The inputs are written once, with `impasto samples`, and then serve every later `make`. Each command
has a process of its own, forked from one that has loaded torch. Needs a system that forks, and all extras.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import resource
import runpy
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import onnx
from PIL import Image, ImageDraw, ImageFilter, ImageOps, ImageSequence
from safetensors.numpy import load_file

PICTURES, CLIPS, MODEL, PLAIN = (".png", ".jpg", ".webp", ".tif"), (".gif", ".mp4"), ".safetensors", (".csv", ".onnx")
LOADED = ("torch", "torch._dynamo", "cv2", "numba", "skimage", "av", "cyclopts", "pydantic", "rich.progress")

# In the folder of each command. @name is an input's path; pictures are not recorded unless a folder is named.
COMMANDS = """
gram: texture gram @pebbles --size 80x64 --iterations 5,4 --seed 3 --out run -o out.png
gram-tile: texture gram @leaves --tile --size 64 --iterations 4 --padding reflect
gram-lbfgs: texture gram @weave --optimizer lbfgs --canvas fourier --statistics gram --scales 2 --iterations 3
gram-sgd: texture gram @weave --optimizer sgd --canvas pixels --iterations 4 --average 0.5 -o out.webp
gram-paper: texture gram @pebbles --preset paper --size 64 --scales 2 --iterations 3
texture-histogram: texture histogram @leaves --size 64 --iterations 4 --seed 5
texture-sliced-features: texture sliced-features @pebbles --size 72x64 --iterations 4
texture-sliced-features-paper: texture sliced-features @weave --preset paper --size 64 --scales 1 --iterations 2
gatys: style gatys @china @swirls --size 80 --scales 2 --iterations 5,4 --out run -o out.jpg
gatys-blend: style gatys @china @swirls @glass --blend 1 3 --size 64 --iterations 4 --keep-color pca -o out.png
gatys-regions: style gatys @china @woodblock --region @left=@swirls --region @right=@glass --iterations 3
gatys-map: style gatys @china @swirls --style-map @map --init @flower --iterations 4 --keep-color luminance
gatys-mix: style gatys @china @swirls @glass --mix scales --strokes 3 --init style --optimizer lbfgs --iterations 3
gatys-paper: style gatys @china @swirls --preset paper --size 64 --iterations 4
gatys-clip: style gatys @clip.gif @swirls --size 48 --iterations 3 --frame-iterations 2 -o out.gif
neighbours: style neighbours @china @swirls --size 80 --iterations 4 --out run
neighbours-region: style neighbours @china @glass --region @left=@swirls --keep-color linear --iterations 3
style-histogram: style histogram @china @swirls --init noise --seed 4 --size 64 --iterations 4 --keep-color histogram
style-sliced-features: style sliced-features @china @swirls --size 64 --iterations 4
fast: style fast @china @swirls @glass --blend 2 1 --strength 0.9 --detail 0.3 --keep-color cholesky --out run
fast-regions: style fast @china @woodblock --region @left=@swirls --region @right=@glass --style-map @map
fast-clip: style fast @clip.gif @swirls --out run -o out.mp4
strength: style strength @china ../gatys-blend/out.png --strength 0.4 --colors 0.8
reconstruct-style: reconstruct style @glass --size 48 --iterations 3 --sets each --parts
reconstruct-content: reconstruct content @china --size 48 --iterations 3 --layers stem,d0 --parts
reconstruct-content-paper: reconstruct content @china --preset paper --size 48 --iterations 3
texture-patches: texture patches @pebbles @leaves @grey --size 96x64 --tile --seed 2 --out run -o out.png
texture-patches-guide: texture patches @pebbles --guide @guide --exemplar-guide @guide --bits 16 -o out.tif
vary: vary patches @china --size 128x64 --seed 6
vary-fill: vary patches @china --mask @hole
vary-keep: vary patches @china --mask @hole --mask-use keep --layout 0 --mix @flower @chelsea
style-patches: style patches @china @swirls @glass --style-size 80 --variety 0.7
quilt: texture quilt @leaves --size 128x96 --seed 2 --bits 16
quilt-tile: texture quilt @alpha --tile --background #336699 --block 24 --out run
quilt-guide: texture quilt @leaves --guide @chelsea --alpha 0.2 0.8 --passes 2
kwatra: texture kwatra @pebbles --size 96x80 --steps 3,2 -o out.png
kwatra-tile: texture kwatra @weave --tile --start random --search exact --patches 16,8 --steps 2
pyramid: texture pyramid @wood @grey16 @alpha --size 64x48 --steps 3 -o many/
sliced-patches: texture sliced-patches @pebbles @leaves --size 80x64 --tile --steps 6 --seed 2 --out run
sliced-guide: texture sliced-patches @pebbles --guide @guide --exemplar-guide @guide --steps 4
vary-sliced: vary sliced-patches @china --size 112x64 --steps 6
vary-sliced-keep: vary sliced-patches @china --mask @hole --mask-use keep --mix @flower --steps 5
style-sliced: style sliced-patches @china @swirls @glass --steps 6 --style-size 64
train-texture: train texture-network @pebbles --steps 6 --side 64 --widths 4,6,8 --out net
train-style: train style-network @swirls --photos @photos/ --steps 4 --side 64 --style-size 64 --widths 4,6,8 --out net
sample: sample ../train-texture/net --count 3 --tile --seed 8 --size 96x64 -o out.png
network: style network ../train-style/net @chelsea @china -o painted/
network-clip: style network ../train-style/net @clip.gif --keep-color luminance -o out.gif
export: export ../train-style/net --onnx out.onnx
repeat: runs repeat ../gatys/out.jpg --no-record -o out.png
measure-texture: measure texture ../gram/out.png ../kwatra/out.png @pebbles --json
measure-positions: measure positions ../texture-patches/out.png @pebbles -o out.png
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    orders = parser.add_subparsers(dest="order", required=True)
    making = orders.add_parser("make", help="run the commands")
    making.add_argument("folder", type=Path)
    making.add_argument("--source", type=Path, required=True, help="the folder that holds the package impasto")
    making.add_argument("--inputs", type=Path, help="folder of the inputs (default: inputs, beside FOLDER)")
    comparing = orders.add_parser("compare", help="hash what two folders hold")
    comparing.add_argument("folders", type=Path, nargs=2)
    for each in (making, comparing):
        each.add_argument("--only", nargs="+", default=[""], help="commands with one of these words in their line")
    given = parser.parse_args()
    commands = [line for line in COMMANDS.strip().splitlines() if any(word in line for word in given.only)]
    if given.order == "compare":
        return compare([line.partition(":")[0] for line in commands], *given.folders)
    if not (given.source / "impasto" / "__main__.py").is_file():
        parser.error(f"{given.source}: holds no package impasto")
    inputs = given.inputs or given.folder / ".." / "inputs"
    return make(given.folder.resolve(), given.source.resolve(), inputs.resolve(), commands)


def make(folder: Path, source: Path, inputs: Path, commands: Sequence[str]) -> int:
    """Run the commands one after another; prints each one's seconds. Returns 1 if one of them fails."""
    for name in [name for name in os.environ if name.startswith("IMPASTO_")]:
        del os.environ[name]
    # What is compiled is kept outside the source, which may be somebody else's.
    os.environ |= {"PYTHONPATH": str(source), "IMPASTO_THREADS": "2", "NUMBA_CACHE_DIR": str(inputs / "compiled")}
    os.environ["GOMP_SPINCOUNT"] = "2000"  # before torch is loaded, as `impasto` does: no waiting at full power
    if not (inputs / "clip.gif").is_file():
        write_inputs(inputs)
    started, failed = time.monotonic(), list[str]()
    list(map(__import__, LOADED))
    for command in commands:
        name, _, line = command.partition(": ")
        place, began = folder / name, time.monotonic()
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        words = shlex.split(re.sub(r"@([\w-]+)(?![\w./-])", r"@\1.png", line).replace("@", f"{inputs}/"))
        if words[0] in ("texture", "vary", "style", "reconstruct", "sample") and "--out" not in words:
            words.append("--no-record")
        status = run(words, place, source)
        print(f"{time.monotonic() - began:6.1f} s  {name}" + (f"  FAILED ({status})" if status else ""), flush=True)
        failed += [f"{name}: {(place / 'stderr.txt').read_text().strip()[-500:]}"] if status else []
    used = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    print(f"{time.monotonic() - started:.1f} s, {used:.1f} s of processors; {len(failed)} failed", *failed, sep="\n")
    return 1 if failed else 0


def run(words: Sequence[str], place: Path, source: Path) -> int:
    """`python -m impasto` in the folder `place`, with what it says in stdout.txt and stderr.txt; the exit status."""
    status, child = 1, os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        os.chdir(place)
        for descriptor, name in ((1, "stdout.txt"), (2, "stderr.txt")):
            os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT), descriptor)
        sys.pycache_prefix, sys.dont_write_bytecode = os.environ["NUMBA_CACHE_DIR"], False
        sys.path[0], sys.argv = str(source), ["impasto", *words]
        runpy.run_module("impasto", run_name="__main__", alter_sys=True)  # ends with sys.exit
    except SystemExit as end:
        status = int(end.code or 0)
    except BaseException as error:
        os.write(2, repr(error).encode())
    finally:
        sys.stdout.flush()
        os._exit(status)


def write_inputs(inputs: Path) -> None:
    """Small pictures from those of `impasto samples`, masks, maps, and at last a clip."""
    samples, photos, size = inputs / "samples", inputs / "photos", (96, 64)
    photos.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, "-m", "impasto", "samples", str(samples)], check=True, stdout=subprocess.DEVNULL)

    def sample(name: str) -> Image.Image:
        return Image.open(samples / f"{name}.png").convert("RGB")

    def keep(picture: Image.Image, name: str) -> Image.Image:
        picture.save(inputs / f"{name}.png")
        return picture

    for name, side in (("pebbles", 96), ("leaves", 96), ("weave", 64), ("wood", 80)):
        keep(sample(name).crop((0, 0, side, side)), name)
    for name in ("swirls", "woodblock", "stained-glass"):
        keep(sample(name).resize((96, 96)), name.removeprefix("stained-"))
    for name in ("china", "chelsea", "flower"):
        keep(ImageOps.fit(sample(name), size), name)
        keep(ImageOps.fit(sample(name), (120, 88)), f"photos/{name}")
    grey = keep(sample("brick").resize((160, 160)).crop((0, 0, 64, 64)).convert("L"), "grey")
    keep(Image.fromarray(np.asarray(grey).astype(np.uint16) * 257 + 31), "grey16")
    across = keep(Image.linear_gradient("L").rotate(90).resize((96, 96)), "guide")
    keep(across.resize(size), "map")
    clear = sample("leaves").crop((96, 96, 192, 160))
    clear.putalpha(across.resize(size))
    keep(clear, "alpha")
    for name, box, soft in (("left", (0, 0, 40, 64), 3), ("right", (56, 8, 95, 60), 3), ("hole", (36, 20, 64, 44), 0)):
        mask = Image.new("L", size)
        ImageDraw.Draw(mask).rectangle(box, fill="white")
        keep(mask.filter(ImageFilter.GaussianBlur(soft)), name)
    frames = ImageSequence.all_frames(Image.open(samples / "rolling-ball.gif"))[0:12:3]
    first, *others = (frame.convert("RGB").resize((72, 48)) for frame in frames)
    first.save(inputs / "clip.gif", save_all=True, append_images=others, duration=100, loop=0)


def compare(names: Sequence[str], before: Path, after: Path) -> int:
    """Print a line for each thing made in either folder. Returns 1 if one differs, or if a command made nothing."""
    rows = []
    for name in names:
        old, new = ({str(path.relative_to(each)): path for path in made(each / name)} for each in (before, after))
        for file in sorted(old.keys() | new.keys()) or [name]:
            rows.append((file, *(digest(there[file]) if file in there else "-" for there in (old, new))))
    differing = [file for file, first, second in rows if not first == second != "-"]
    for file, first, second in rows:
        print(f"{file:58} {first[:12]:13}{second[:12]:13}{'DIFFERS' if file in differing else 'same'}")
    print(f"{len(names)} commands made {len(rows)} things, of which {len(differing)} differ", *differing, sep="\n")
    return 1 if differing else 0


def made(place: Path) -> Iterator[Path]:
    """The files of a command that are compared; what was said only if it is a measure, for the rest says seconds."""
    for path in place.rglob("*"):
        known = path.suffix in (*PICTURES, *CLIPS, MODEL, *PLAIN) or path.name == "config.json"
        said = path.name == "stdout.txt" and place.name.startswith("measure")
        if (known or said) and "inputs" not in path.relative_to(place).parts:
            yield path


def digest(path: Path) -> str:
    """The SHA-256 of what a file holds once it is decoded."""
    arrays: Iterable[tuple[str, Any]]
    if path.suffix in PICTURES:
        arrays = [("", cv2.imread(str(path), cv2.IMREAD_UNCHANGED))]  # 16 bits stay 16
    elif path.suffix in CLIPS:
        with av.open(str(path)) as clip:
            arrays = [(str(frame.time), frame.to_ndarray(format="rgb24")) for frame in clip.decode(video=0)]
    elif path.suffix == MODEL:
        arrays = sorted(load_file(path).items())
    elif path.suffix == ".onnx":
        model = onnx.load(path)
        for part in (model, model.graph, *model.graph.node, *model.graph.value_info):
            part.ClearField("metadata_props")  # the lines of the source that each node comes from
        arrays = [("", np.frombuffer(model.SerializeToString(deterministic=True), np.uint8))]
    else:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    found = hashlib.sha256()
    for name, array in arrays:
        found.update(f"{name} {array.dtype} {array.shape}".encode())
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()


if __name__ == "__main__":
    sys.exit(main())
