"""What the tour shows: each stop is one picture, its inputs, and the command that makes it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from impasto.images import fit_long_side, read, resize, write
from impasto.preparation.drawn import drawn_portrait
from impasto.registry import method as find_method
from impasto.runs.configure import as_flags
from impasto.samples.drawings import drawing
from impasto.samples.photos import sample
from impasto.synthesis import SynthesisConfig
from impasto.training.sheets import grid

QUICK = 64  # pixels of the longer side of everything in quick mode, and pictures of a training
FEW, SHOWN = 32, 49  # pictures of a set in quick mode; of a set on its sheet


@dataclass(frozen=True)
class Stop:
    """One picture of the tour.

    inputs: names in PICTURES or SETS by the method's names of its inputs, in the method's order.
    flags: fields of the method's config. tiled: whether the page shows the picture repeated 2 x 2.
    """

    name: str  # of the file, without its ending
    title: str
    text: str
    method: str
    inputs: Mapping[str, tuple[str, ...]]
    flags: Mapping[str, Any]
    tiled: bool = False

    def command(self, folder: Path) -> str:
        """The command line that makes this picture from the inputs in `folder`/inputs."""
        words = ["impasto", *self.method.split()]
        words += [str(place_of(name, folder)) for names in self.inputs.values() for name in names]
        return shlex.join([*words, *as_flags(self.flags), "-o", str(folder / f"{self.name}.png")])


@dataclass(frozen=True)
class Given:
    """An input of the tour: its (width, height) in pixels, and how it is got at that or another size."""

    size: tuple[int, int]
    get: Callable[[tuple[int, int]], torch.Tensor]


@dataclass(frozen=True)
class Portraits:
    """A folder of portraits drawn by code: how many, and their side in pixels."""

    count: int
    side: int


def _drawn(name: str, side: int) -> Given:
    return Given((side, side), lambda size: drawing(name, size[0]))


def _photo(name: str, size: tuple[int, int]) -> Given:
    return Given(size, lambda wanted: sample(name) if wanted == size else resize(sample(name), wanted))


PICTURES: dict[str, Given] = {
    "pebbles": _drawn("pebbles", 256),
    "leaves": _drawn("leaves", 320),
    "weave": _drawn("weave", 256),
    "mosaic": _drawn("mosaic", 256),
    "swirls": _drawn("swirls", 512),
    "woodblock": _drawn("woodblock", 512),
    "stained-glass": _drawn("stained_glass", 512),
    "china": _photo("china", (640, 427)),
    "chelsea": _photo("chelsea", (451, 300)),
}
"""The tour's inputs: drawings by code, and photographs that come with libraries."""

SETS: dict[str, Portraits] = {"portraits": Portraits(600, 32)}
"""The tour's sets of pictures."""

STOPS: tuple[Stop, ...] = (
    Stop(
        name="pebbles-tile",
        title="Pebbles that tile",
        text="A texture like the exemplar that repeats without a seam; here it is laid two by two.",
        method="texture gram",
        inputs={"exemplar": ("pebbles",)},
        flags={"tile": True},
        tiled=True,
    ),
    Stop(
        name="more-leaves",
        title="More leaves",
        text="A texture larger than its exemplar: new leaves, none of them copied.",
        method="texture gram",
        inputs={"exemplar": ("leaves",)},
        flags={"size": "448x320"},
    ),
    Stop(
        name="longer-palace",
        title="A longer palace",
        text="Another version of a photograph, half as wide again: its patches put together anew, nothing stretched.",
        method="vary patches",
        inputs={"image": ("china",)},
        flags={"size": "960x427"},
    ),
    Stop(
        name="pebbles-from-patches",
        title="Pebbles from patches",
        text="The same kind of texture in seconds and without a network.",
        method="texture patches",
        inputs={"exemplar": ("pebbles",)},
        flags={"size": "384x288"},
    ),
    Stop(
        name="weave-quilted",
        title="A woven mat, quilted",
        text="Blocks of the exemplar, joined along the cuts that show least.",
        method="texture quilt",
        inputs={"exemplar": ("weave",)},
        flags={"size": "384x288"},
    ),
    Stop(
        name="mosaic-optimised",
        title="A mosaic, optimised",
        text="Overlapping patches, moved until they agree.",
        method="texture kwatra",
        inputs={"exemplar": ("mosaic",)},
        flags={"size": "384x288"},
    ),
    Stop(
        name="palace-at-night",
        title="A palace in thick paint",
        text="A photograph in the manner of a painting: its content, the other's strokes and colours.",
        method="style gatys",
        inputs={"content": ("china",), "style": ("swirls",)},
        flags={"size": "512"},
    ),
    Stop(
        name="cat-in-print",
        title="A cat in print, in its own colours",
        text="Only lightness takes part, and the photograph's colours are put back.",
        method="style gatys",
        inputs={"content": ("chelsea",), "style": ("woodblock",)},
        flags={"size": "512", "keep_color": "luminance"},
    ),
    Stop(
        name="glass-remembered",
        title="What a network knows of stained glass",
        text="Pictures found from noise with the statistics of one layer, then two, then more.",
        method="reconstruct style",
        inputs={"image": ("stained-glass",)},
        flags={"size": "128"},
    ),
    Stop(
        name="people-nobody-drew",
        title="People whom nobody drew",
        text=f"{SETS['portraits'].count} portraits drawn by code, and what a generator draws that learned from them "
        "for a minute.",
        method="train dcgan",
        inputs={"data": ("portraits",)},
        flags={
            "side": 32,
            "width": 32,
            "batch": 32,
            "pictures": 50_000,
            "average": 2000,
            "learning_rate": 5e-4,
            "fade": 0.5,
            "measure_every": 0,
        },
    ),
)


def place_of(name: str, folder: Path) -> Path:
    """Where the input called `name` is in the tour's folder."""
    return folder / "inputs" / (name if name in SETS else f"{name}.png")


def size(name: str, *, quick: bool = False) -> tuple[int, int]:
    """(width, height) of the input called `name`, small in quick mode; a set has none."""
    if name in SETS:
        return (0, 0)
    return fit_long_side(PICTURES[name].size, QUICK) if quick else PICTURES[name].size


def picture(name: str, *, quick: bool = False) -> torch.Tensor:
    """The picture called `name`, (3, H, W) in [0, 1]; small in quick mode."""
    return PICTURES[name].get(size(name, quick=quick))


def draw(name: str, path: Path, *, quick: bool = False) -> None:
    """Write the input called `name`, a picture or the folder of a set."""
    if name not in SETS:
        write(picture(name, quick=quick), path)
        return
    count = FEW if quick else SETS[name].count
    path.mkdir(parents=True, exist_ok=True)
    for number in range(1, count + 1):
        write(drawn_portrait(0, number, SETS[name].side), path / f"{number:03d}.png")


def shown_input(path: Path) -> torch.Tensor:
    """The input at that place as it is shown, (3, H, W) in [0, 1]; of a set the first that are in it."""
    return grid(torch.stack([*map(read, sorted(path.iterdir())[:SHOWN])])) if path.is_dir() else read(path)


def quickened(stop: Stop) -> Stop:
    """The same stop at a size and with steps that take a moment, to try that everything works."""
    method = find_method(stop.method)
    if method.makes == "model":
        return replace(stop, flags={**stop.flags, "pictures": QUICK, "width": 4})
    fewer = {"scales": 1, "iterations": (2,)} if issubclass(method.Config, SynthesisConfig) else {}
    return replace(stop, flags={**stop.flags, "size": str(QUICK), **fewer})
