"""Make the pictures of the documentation again, by the commands that stand beside them.

    python docs/pictures/make.py WORK [NAME ...]

Writes the inputs into the folder WORK, runs there each command of the pages whose picture is shown, unless that picture
is there already, and lays the pictures out as JPEGs beside this file; with names (`palace` for palace.jpg), only those.
WORK/costs.csv gets each command's seconds, its processor time and its peak memory.
"""

from __future__ import annotations

import csv
import os
import re
import shlex
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import torch

from impasto.demo.stops import PICTURES, picture
from impasto.images import contact_sheet, encode, read, write
from impasto.samples.starters import starters, write_clips

HERE = Path(__file__).parent
PAGES = (
    "README.md",
    "docs/texture-gram.md",
    "docs/texture-pyramid.md",
    "docs/texture-quilt.md",
    "docs/texture-kwatra.md",
    "docs/texture-network.md",
    "docs/patches.md",
    "docs/sliced-patches.md",
    "docs/measures.md",
    "docs/style-gatys.md",
    "docs/style-neighbours.md",
    "docs/style-fast.md",
    "docs/style-network.md",
    "docs/style-losses.md",
    "docs/style-regions.md",
    "docs/style-strength.md",
    "docs/reconstruct.md",
    "docs/dcgan.md",
)
MOST = 60_000  # bytes of a JPEG


@dataclass(frozen=True)
class Sheet:
    """One JPEG: captions and the pictures that go with them (`x.png*2` is laid two by two)."""

    pictures: tuple[tuple[str, str], ...]
    columns: int = 0
    cell: tuple[int, int] = (288, 288)
    crop: bool = False  # to the shape of the cell, from the middle


SHEETS = {
    "strip": Sheet(
        (("", "more-leaves.png"), ("", "pebbles-tile.png"), ("", "palace.png"), ("", "cat-in-print.png")),
        cell=(240, 180),
        crop=True,
    ),
    "more-leaves": Sheet(
        (("exemplar", "demo/inputs/leaves.png"), ("larger texture", "more-leaves.png")), cell=(400, 288)
    ),
    "pebbles-tile": Sheet((("exemplar", "demo/inputs/pebbles.png"), ("tile, 2 x 2", "pebbles-tile.png*2"))),
    "longer-palace": Sheet(
        (("photo", "demo/inputs/china.png"), ("another version", "longer-palace.png")), cell=(480, 216)
    ),
    "palace": Sheet(
        (("photo", "demo/inputs/china.png"), ("painting", "demo/inputs/swirls.png"), ("result", "palace.png")),
        cell=(320, 220),
    ),
    "colors-and-blend": Sheet(
        (
            ("photo", "demo/inputs/chelsea.png"),
            ("painting", "demo/inputs/woodblock.png"),
            ("in the photo's colours", "cat-in-print.png"),
            ("painting", "demo/inputs/swirls.png"),
            ("painting", "demo/inputs/stained-glass.png"),
            ("between the two", "blended.png"),
        ),
        columns=3,
        cell=(270, 180),
    ),
    "glass-layers": Sheet((("", "glass-layers.png"),)),
    "astronaut-layers": Sheet((("", "astronaut-layers.png"),)),
    "texture-gram": Sheet(
        (
            ("exemplar", "pictures/pebbles.png"),
            ("texture", "more-pebbles.png"),
            ("exemplar", "pictures/weave.png"),
            ("texture", "more-weave.png"),
        ),
        columns=4,
        cell=(200, 200),
    ),
    "texture-gram-settings": Sheet(
        (
            ("as it comes", "more-pebbles.png"),
            ("--scales 1", "pebbles-one-scale.png"),
            ("--patch-weight 0", "pebbles-no-patches.png"),
            ("--iterations 20 20 10", "pebbles-quick.png"),
        ),
        columns=4,
        cell=(192, 192),
    ),
    "texture-gram-paper": Sheet(
        (("exemplar", "pictures/pebbles.png"), ("--preset paper, stand-in", "pebbles-paper.png")), cell=(192, 192)
    ),
    "texture-pyramid": Sheet(
        (
            ("exemplar", "pictures/wood.png"),
            ("texture", "more-wood.png"),
            ("--orientations 1", "wood-one-direction.png"),
            ("exemplar", "pictures/leaves.png"),
            ("texture", "leaves-pyramid.png"),
        ),
        columns=5,
        cell=(160, 160),
    ),
    "texture-quilt": Sheet(
        (
            ("exemplar", "pictures/leaves.png"),
            ("texture", "quilt-leaves.png"),
            ("exemplar", "pictures/weave.png"),
            ("texture", "quilt-weave.png"),
            ("exemplar", "pictures/mosaic.png"),
            ("tile, 2 x 2", "quilt-tile.png*2"),
        ),
        columns=6,
        cell=(160, 160),
    ),
    "texture-quilt-guide": Sheet(
        (
            ("guide", "pictures/flower.png"),
            ("leaves", "leaves-as-flower.png"),
            ("guide", "pictures/coffee.png"),
            ("wood", "wood-as-coffee.png"),
        ),
        columns=4,
        cell=(240, 160),
    ),
    "texture-kwatra": Sheet(
        (
            ("exemplar", "pictures/pebbles.png"),
            ("texture", "kwatra-pebbles.png"),
            ("exemplar", "pictures/mosaic.png"),
            ("texture", "kwatra-mosaic.png"),
            ("exemplar", "pictures/leaves.png"),
            ("tile, 2 x 2", "kwatra-tile.png*2"),
        ),
        columns=6,
        cell=(160, 160),
    ),
    "texture-kwatra-settings": Sheet(
        (
            ("as it comes", "kwatra-weave.png"),
            ("--start random", "weave-random.png"),
            ("--sharpness 0", "weave-mean.png"),
        ),
        columns=3,
        cell=(256, 256),
    ),
    "texture-network": Sheet(
        (("exemplar", "pictures/pebbles.png"), ("512x256", "many-pebbles.png"), ("tile, 2 x 2", "small-tile.png*2")),
        cell=(330, 200),
    ),
    "style-gatys": Sheet(
        (("photo", "pictures/coffee.png"), ("painting", "pictures/swirls.png"), ("result", "coffee.png")),
        cell=(288, 200),
    ),
    "style-gatys-content": Sheet(
        (
            ("--content-weight 1", "coffee-content-1.png"),
            ("5, as it comes", "coffee.png"),
            ("--content-weight 25", "coffee-content-25.png"),
        ),
        columns=3,
        cell=(256, 180),
    ),
    "style-gatys-strokes": Sheet(
        (("--style-size match", "coffee.png"), ("--style-size 25%", "coffee-small-strokes.png")), cell=(256, 180)
    ),
    "style-neighbours": Sheet(
        (("photo", "pictures/coffee.png"), ("painting", "pictures/swirls.png"), ("result", "coffee-neighbours.png")),
        cell=(288, 200),
    ),
    "style-fast": Sheet(
        (("photo", "pictures/coffee.png"), ("painting", "pictures/swirls.png"), ("result", "coffee-fast.png")),
        cell=(288, 200),
    ),
    "style-fast-settings": Sheet(
        (
            ("as it comes", "palace-fast.png"),
            ("--strength 0.6", "palace-weaker.png"),
            ("--detail 0.3", "palace-detail.png"),
            ("--patches 0", "palace-statistics.png"),
            ("--coarsest 128", "palace-coarse.png"),
            ("--keep-color linear", "palace-colors.png"),
        ),
        columns=3,
        cell=(256, 171),
    ),
    "style-network": Sheet(
        (
            ("painting", "pictures/swirls.png"),
            ("photo", "pictures/coffee.png"),
            ("painted", "coffee-swirls.png"),
            ("--keep-color luminance", "coffee-kept.png"),
            ("another photo", "palace-swirls.png"),
        ),
        columns=5,
        cell=(256, 180),
    ),
    "style-losses": Sheet(
        (
            ("exemplar", "pictures/pebbles.png"),
            ("texture histogram", "pebbles-histogram.png"),
            ("texture sliced-features", "pebbles-sliced.png"),
            ("painting", "pictures/swirls.png"),
            ("style histogram", "coffee-histogram.png"),
            ("style sliced-features", "coffee-sliced.png"),
        ),
        columns=3,
        cell=(240, 180),
    ),
    "style-regions": Sheet(
        (
            ("photo", "pictures/china.png"),
            ("mask", "pictures/china-sky.png"),
            ("style neighbours", "night-sky.png"),
            ("style gatys", "night-sky-gatys.png"),
            ("style fast, --style-map", "sky-alone.png"),
        ),
        columns=5,
        cell=(256, 171),
    ),
    "style-sliced-patches": Sheet(
        (
            ("painting", "pictures/woodblock.png"),
            ("as it comes", "sliced-woodblock.png"),
            ("painting", "pictures/swirls.png"),
            ("--variety 0.5", "sliced-swirls.png"),
        ),
        columns=4,
        cell=(256, 171),
    ),
    "style-strength": Sheet(
        (
            ("--strength 0.3", "coffee-30.png"),
            ("--strength 0.6", "coffee-60.png"),
            ("1: coffee.png", "coffee.png"),
            ("--strength 1 --colors 0", "coffee-strokes.png"),
        ),
        columns=4,
        cell=(240, 160),
    ),
    "style-gatys-colors": Sheet(
        (
            ("--keep-color off", "cat.png"),
            ("--keep-color linear", "cat-linear.png"),
            ("--keep-color luminance", "cat-luminance.png"),
        ),
        columns=3,
        cell=(256, 180),
    ),
    "patches-vary": Sheet(
        (
            ("photo", "pictures/china.png"),
            ("other version", "china-1.png"),
            ("--seed 1", "china-2.png"),
            ("--size 340x133", "china-wide.png"),
        ),
        columns=2,
        cell=(400, 171),
    ),
    "patches-texture": Sheet(
        (
            ("pebbles", "patched-pebbles.png"),
            ("tile, 2 x 2", "patched-tile.png*2"),
            ("pebbles and leaves", "patched-collage.png"),
            ("wood", "patched-wood.png"),
        ),
        columns=4,
        cell=(200, 200),
    ),
    "patches-style": Sheet(
        (("woodblock", "china-woodblock.png"), ("mosaic", "cat-mosaic.png"), ("pebbles", "coffee-pebbles.png")),
        columns=3,
        cell=(280, 200),
    ),
    "sliced-patches": Sheet(
        (
            ("photo", "pictures/china.png"),
            ("other version", "other-china.png"),
            ("--seed 1", "another-china.png"),
            ("--size 340x133", "wide-china.png"),
        ),
        columns=2,
        cell=(400, 171),
    ),
    "sliced-patches-texture": Sheet(
        (
            ("exemplar", "pictures/pebbles.png"),
            ("texture", "sliced-pebbles.png"),
            ("tile, 2 x 2", "sliced-tile.png*2"),
            ("with leaves", "sliced-collage.png"),
        ),
        columns=4,
        cell=(200, 200),
    ),
    "sliced-patches-variety": Sheet(
        (
            ("--variety 0.2", "china-faithful.png"),
            ("as it comes", "other-china.png"),
            ("--variety 1 --layout 0", "china-free.png"),
        ),
        columns=3,
        cell=(256, 171),
    ),
    "positions": Sheet((("", "positions.png"),)),
    "digits": Sheet(
        (("MNIST", "real-digits.png"), ("perceptron", "numbers.png"), ("dcgan", "digits.png")), cell=(238, 238)
    ),
    "people": Sheet((("drawn by code", "portraits.png"), ("drawn by the generator", "people.png")), cell=(394, 394)),
    "inputs": Sheet(tuple((name, f"pictures/{name}.png") for name in sorted(starters())), columns=6, cell=(108, 108)),
}


def main() -> None:
    """Make what the command line names, or all."""
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    work, names = Path(sys.argv[1]), sys.argv[2:] or list(SHEETS)
    root = HERE.parents[1]
    commands = {output: words for page in PAGES for output, words in commands_of(root / page).items()}
    write_inputs(work)
    os.chdir(work)
    for name in names:
        for _, shown in SHEETS[name].pictures:
            path = shown.removesuffix("*2")
            if not Path(path).exists():
                for needed in commands[path]:  # a training's run, or another command's picture
                    if needed != path and needed in commands and not Path(needed).exists():
                        carry_out(commands[needed])
                carry_out(commands[path])
        lay_out(SHEETS[name], HERE / f"{name}.jpg")
        print(f"{name}.jpg", (HERE / f"{name}.jpg").stat().st_size, flush=True)


def commands_of(page: Path) -> dict[str, list[str]]:
    """The page's commands by the picture, or the run of a training, that each writes."""
    found = {}
    for block in re.findall(r"^```sh\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE):
        for line in re.sub(r"\\\n\s*", "", block).splitlines():
            words = shlex.split(line, comments=True)
            for flag in ("-o", "--out"):
                if words[:1] == ["impasto"] and flag in words:
                    found[words[words.index(flag) + 1]] = words
    return found


def write_inputs(work: Path) -> None:
    """The demo's inputs, the pictures of docs/index.md, and the models of the repository."""
    given = {f"demo/inputs/{name}.png": lambda name=name: picture(name) for name in PICTURES}
    given |= {f"pictures/{name}.png": make for name, make in starters().items()}
    for path, get in given.items():
        if not (work / path).exists():
            write(get(), work / path)
    list(write_clips(work / "pictures"))
    if not (work / "models").exists():
        (work / "models").symlink_to(HERE.parents[1] / "models")


def carry_out(words: list[str]) -> None:
    """Run a command in a process of its own, and note what it cost."""
    print("$", shlex.join(words), flush=True)
    started = time.monotonic()
    script = str(Path(sys.executable).with_name("impasto"))
    _, status, usage = os.wait4(os.spawnv(os.P_NOWAIT, script, words), 0)
    if status:
        sys.exit(f"failed: {shlex.join(words)}")
    row = {
        "command": shlex.join(words),
        "threads": torch.get_num_threads(),
        "seconds": round(time.monotonic() - started, 1),
        "processor seconds": round(usage.ru_utime + usage.ru_stime, 1),
        "peak GB": round(usage.ru_maxrss / 1e6, 2),  # Linux counts in kB
    }
    new = not Path("costs.csv").exists()
    with Path("costs.csv").open("a", newline="") as file:
        table = csv.DictWriter(file, list(row))
        if new:
            table.writeheader()
        table.writerow(row)


def lay_out(sheet: Sheet, path: Path) -> None:
    """Write a sheet as the best JPEG that is small enough."""
    images = []
    for _, shown in sheet.pictures:
        image = read(shown.removesuffix("*2"))
        image = image.repeat(1, 2, 2) if shown.endswith("*2") else image
        images.append(cropped(image, *sheet.cell) if sheet.crop else image)
    captions = [caption for caption, _ in sheet.pictures]
    captions_or_none = captions if any(captions) else None
    if len(images) == 1:
        page = images[0]  # a sheet already
    else:
        page = contact_sheet(images, captions_or_none, sheet.columns or len(images), cell=sheet.cell)
    for quality in range(92, 40, -4):
        data = encode(page, "jpeg", quality=quality)
        if len(data) <= MOST:
            break
    path.write_bytes(data)


def cropped(image: torch.Tensor, width: int, height: int) -> torch.Tensor:
    """The largest middle part of a picture (3, H, W) of the shape width : height."""
    rows = min(image.shape[1], round(image.shape[2] * height / width))
    columns = min(image.shape[2], round(image.shape[1] * width / height))
    above, left = (image.shape[1] - rows) // 2, (image.shape[2] - columns) // 2
    return image[:, above : above + rows, left : left + columns]


if __name__ == "__main__":
    main()
