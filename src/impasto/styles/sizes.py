"""How large a photo and its paintings are taken, and how much each painting counts."""

from __future__ import annotations

import math

from pydantic import Field

from impasto.errors import InputError
from impasto.images.sizes import parse_size, result_size
from impasto.methods import MethodConfig

LARGEST = 1024  # long side in pixels, unless --size says otherwise


class Proportions(MethodConfig):
    """Parameters of a style transfer from one or more paintings."""

    size: str = Field("", description=f"WIDTHxHEIGHT, long side, or 50% (default: the content's, at most {LARGEST})")
    blend: tuple[float, ...] = Field((), description="the share of each style, when there are several (default: equal)")
    style_size: str = Field(
        "match", description="match (the content's area), stretch (its exact size), or 50% of its own"
    )

    def photo_size(self, own: tuple[int, int]) -> tuple[int, int]:
        """The (width, height) of the result for a content of this size."""
        return result_size(self.size, own, LARGEST)

    def painting_size(self, own: tuple[int, int], photo: tuple[int, int]) -> tuple[int, int]:
        """The (width, height) that a painting is used at, beside a result of size `photo`."""
        if self.style_size == "stretch":
            return photo
        if self.style_size == "match":
            factor = math.sqrt(photo[0] * photo[1] / (own[0] * own[1]))
            return max(16, round(own[0] * factor)), max(16, round(own[1] * factor))
        return parse_size(self.style_size, of=own)

    @property
    def sizes_follow(self) -> bool:
        """Whether paintings are smaller for a smaller result."""
        return self.style_size in ("match", "stretch")

    def shares(self, count: int) -> list[float]:
        """The shares of `count` paintings, which add up to 1. Raises InputError for a `blend` that gives none."""
        blend = self.blend or (1.0,) * count
        if len(blend) != count:
            raise InputError(f"blend must have one share for each of the {count} styles, got {len(blend)}")
        if min(blend) < 0 or sum(blend) <= 0:
            raise InputError("blend must be shares of 0 or more, and not all 0")
        return [share / sum(blend) for share in blend]
