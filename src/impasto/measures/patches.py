"""What measures that compare patches of pictures share."""

from __future__ import annotations

import math
from typing import ClassVar, TypeVar

import torch
from pydantic import Field

from impasto.errors import InputError
from impasto.inputs import Inputs, Sizes, given_names, given_pictures
from impasto.methods import Method, MethodConfig

FIXED_MEMORY = 350_000_000  # bytes: Python and torch
SECONDS_PER_VALUE = 1.2e-10  # for each value of each patch of one picture compared with each of another


class PatchMeasureConfig(MethodConfig):
    """The parameter of all such measures."""

    patch: int = Field(7, ge=1, le=63, description="side of the patches in pixels")

    hidden: ClassVar[frozenset[str]] = frozenset({"seed", "device"})


P = TypeVar("P", bound=PatchMeasureConfig)


class PatchMeasure(Method[P]):
    """A measure of pictures beside the exemplar that they were made from."""

    makes, records = "table", False

    def check(self, inputs: Inputs) -> None:
        """Raise InputError for a picture that is smaller than a patch."""
        patch = self.config.patch
        for item in (item for item in self.inputs if item.kind == "picture"):
            names = given_names(inputs, item.name, endings=True)
            for name, picture in zip(names, given_pictures(inputs, item.name), strict=True):
                height, width = picture.shape[1:]
                if min(height, width) < patch:
                    raise InputError(
                        f"{name}: {width}x{height} pixels are less than a patch of {patch}; "
                        "take a larger one, or a smaller --patch"
                    )

    def _memory(self, sizes: Sizes) -> int:
        """Bytes for the patches of the largest picture, and what a search among them does with them."""
        pixels = max(width * height for each in sizes.values() for width, height in each)
        return FIXED_MEMORY + 3 * 4 * 3 * self.config.patch**2 * pixels

    def _seconds(self, first: tuple[int, int], second: tuple[int, int], every: int) -> float:
        """To find the nearest patches of pictures of these sizes, for every so many of the first."""
        values = 3 * self.config.patch**2 * math.prod(first) * math.prod(second)
        return SECONDS_PER_VALUE * values / every**2 / torch.get_num_threads()
