"""The parameters and the sizes of a picture that is made by matching patch distributions, coarse to fine."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from pydantic import Field

from impasto.devices import pick_device
from impasto.errors import InputError
from impasto.images import reduced, result_size
from impasto.patchwork.settings import GuidedConfig

Size = tuple[int, int]  # (width, height)

PAPER: dict[str, Any] = {
    "steps": 300,
    "form": "absolute",
    "ratio": 0.85,
    "learning_rate": 0.005,  # .01 for values from -1 to 1
    "decay": False,
    "fine": 0.0,
    "projection_sets": 0,
    "patch_stride": 1,
}


class PatchDistributionConfig(GuidedConfig):
    """What can be chosen. The paper's own values are those of preset `paper`."""

    size: str = Field(
        "", description="WIDTHxHEIGHT, long side, or 150% (default: the exemplar's, at most --exemplar-size)"
    )
    exemplar_size: int = Field(1024, ge=16, le=8192, description="long side that larger exemplars are reduced to")
    tile: bool = Field(False, description="make the picture tile without a seam")
    steps: int = Field(300, ge=1, le=100_000, description="steps at each size")
    patch: int = Field(7, ge=2, le=31, description="side of the patches in pixels")
    projections: int = Field(64, ge=1, le=4096, description="random directions that a step looks along")
    fine: float = Field(
        0.3, ge=0, le=1, description="share of the directions that look at fine detail: whitened ones; 0 leaves grain"
    )
    projection_sets: int = Field(
        48,
        ge=0,
        le=1024,
        description="sets of directions at each size, taken in turn; 0 draws fresh ones for each step",
    )
    ratio: float = Field(0.75, ge=0.3, le=0.95, description="each size over the next larger one")
    form: Literal["absolute", "squared"] | None = Field(
        None, description="distance of responses: |x - T|, (x - T)^2 (default: squared, in holes absolute)"
    )
    learning_rate: float = Field(0.03, gt=0, le=1, description="what a step changes at the most, in the value range")
    decay: bool = Field(True, description="let steps shrink along a cosine at each size")
    patch_stride: int = Field(
        2, ge=1, le=8, description="look at every second (third ...) patch of larger pictures, in turn"
    )


@dataclass(frozen=True)
class Level:
    """One size of the coarse-to-fine schedule."""

    index: int
    factor: float  # of the final size
    size: Size  # of the picture
    first: int  # step of the run at which it begins


def prepared(config: PatchDistributionConfig, exemplars: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """The exemplars (3, H, W) as they are used."""
    device = pick_device(config.device)
    return [reduced(exemplar.to(device), config.exemplar_size) for exemplar in exemplars]


def picture_size(config: PatchDistributionConfig, own: Size, exemplars: Sequence[Size]) -> Size:
    """(width, height) of the picture, for a first exemplar of `own`, and exemplars as they are used.

    Raises InputError for a size that is not understood, and for exemplars and sizes smaller than a patch.
    """
    size = result_size(config.size, own, max(config.exemplar_size, *exemplars[0]))  # one with a mask is not reduced
    check_sizes(config.patch, size, exemplars, "exemplar")
    return size


def check_sizes(patch: int, size: Size, exemplars: Sequence[Size], name: str) -> None:
    """Raise InputError if the picture or an exemplar, called `name`, is smaller than a patch."""
    for which, (width, height) in [*((name, exemplar) for exemplar in exemplars), ("size", size)]:
        if min(width, height) < patch:
            raise InputError(
                f"{which}: {width}x{height} pixels are less than a patch of {patch}; "
                "take a larger one, or a smaller --patch"
            )


def patch_levels(config: PatchDistributionConfig, exemplars: Sequence[Size], size: Size, coarsest: int) -> list[Level]:
    """The sizes of a run, the smallest first: the shortest exemplar's short side goes from `coarsest` to its own."""
    shortest = min(min(exemplar) for exemplar in exemplars)
    smallest = max(min(coarsest, shortest), config.patch)
    count = max(0, round(math.log(smallest / shortest) / math.log(config.ratio)))
    ratio = (smallest / shortest) ** (1 / count) if count else 1.0
    factors = [ratio**k for k in range(count, -1, -1)]
    return [
        Level(index, factor, scaled(size, factor, config.patch), index * config.steps)
        for index, factor in enumerate(factors)
    ]


def scaled(size: Size, factor: float, least: int) -> Size:
    """(width, height) times a factor, each side at least `least`."""
    return max(least, round(size[0] * factor)), max(least, round(size[1] * factor))
