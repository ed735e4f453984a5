"""What the tour shows: each stop is one picture, its inputs, and the command that makes it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from impasto.images import fit_long_side, resize
from impasto.registry import method as find_method
from impasto.samples.drawings import drawing
from impasto.samples.photos import sample
from impasto.synthesis import SynthesisConfig

if TYPE_CHECKING:
    import torch

QUICK = 64  # pixels of the longer side of everything in quick mode


@dataclass(frozen=True)
class Stop:
    """One picture of the tour.

    inputs: the names of pictures in PICTURES by the method's names of its inputs, in the method's order.
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
        words += [str(folder / "inputs" / f"{name}.png") for names in self.inputs.values() for name in names]
        for field, value in self.flags.items():
            words.append("--" + field.replace("_", "-"))
            if value is not True:
                words.append(",".join(map(str, value)) if isinstance(value, tuple) else str(value))
        return shlex.join([*words, "-o", str(folder / f"{self.name}.png")])


@dataclass(frozen=True)
class Given:
    """An input of the tour: its (width, height) in pixels, and how it is got at that or another size."""

    size: tuple[int, int]
    get: Callable[[tuple[int, int]], torch.Tensor]


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
)


def size(name: str, *, quick: bool = False) -> tuple[int, int]:
    """(width, height) of the input called `name`; small in quick mode."""
    return fit_long_side(PICTURES[name].size, QUICK) if quick else PICTURES[name].size


def picture(name: str, *, quick: bool = False) -> torch.Tensor:
    """The input called `name`, (3, H, W) in [0, 1]; small in quick mode."""
    return PICTURES[name].get(size(name, quick=quick))


def quickened(stop: Stop) -> Stop:
    """The same stop at a size and with steps that take a moment, to try that everything works."""
    fewer = {"scales": 1, "iterations": (2,)} if issubclass(find_method(stop.method).Config, SynthesisConfig) else {}
    return replace(stop, flags={**stop.flags, "size": str(QUICK), **fewer})
