"""The levels and patch sizes of texture optimisation, coarse to fine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from impasto.errors import InputError
from impasto.patches import patch_positions

COARSEST = 48  # pixels of the exemplar's short side at the coarsest level, or more
LARGEST_SHARE = 3 / 8  # of the exemplar's short side that a patch may have: larger ones copy the whole of it
ROOM = 64  # pixels: textures that do not tile and are smaller are cut out of one of this size


@dataclass(frozen=True)
class Stage:
    """The steps of one patch size at one level."""

    exemplar: tuple[int, int]  # (height, width) of the exemplar at this level
    size: tuple[int, int]  # (height, width) of the texture
    patch: int
    steps: int

    @property
    def stride(self) -> int:
        """Pixels from patch to patch: a quarter of their side (Kwatra et al. 2005, section 3.2)."""
        return max(1, self.patch // 4)

    def positions(self, *, wrap: bool) -> tuple[torch.Tensor, torch.Tensor]:
        """The rows and columns where patches begin."""
        rows, columns = (patch_positions(side, self.patch, self.stride, wrap=wrap) for side in self.size)
        return rows, columns

    @property
    def queries(self) -> int:
        """How many patches the texture has, about."""
        return (self.size[0] // self.stride) * (self.size[1] // self.stride)

    @property
    def keys(self) -> int:
        """How many patches the exemplar has."""
        return (self.exemplar[0] - self.patch + 1) * (self.exemplar[1] - self.patch + 1)

    def __str__(self) -> str:
        return f"{self.size[1]}x{self.size[0]}, patches of {self.patch}, {self.steps} steps"


def stages(
    exemplar: tuple[int, int],
    size: tuple[int, int],
    patches: Sequence[int],
    steps: Sequence[int],
    *,
    levels: int = 0,
    tile: bool = False,
) -> list[Stage]:
    """Return what is to be done for an exemplar and a texture of these (width, height).

    At each level the patches go from large to small, none larger than `LARGEST_SHARE` of the exemplar there. At the
    finest of several levels the largest is left out: the level before has seen to what it can see. levels: 0 chooses as
    many as leave the exemplar's short side at `COARSEST` pixels or more. steps: at the coarsest level, the next, ...;
    the last stands for all finer ones.

    Raises InputError if the smallest patch is larger than the exemplar, or than a tile.
    """
    short, least = min(exemplar), min(patches)
    if least > short:
        given = f"{exemplar[0]}x{exemplar[1]} pixels"
        raise InputError(f"patches: the exemplar, {given}, is smaller than a patch of {least}; take a larger exemplar")
    if tile and least > min(size):
        raise InputError(f"size: a tile of {size[0]}x{size[1]} pixels is smaller than a patch of {least}")
    if not tile:
        room = min(ROOM, short)
        size = max(size[0], room), max(size[1], room)
    levels = levels or max(1, (short // COARSEST).bit_length())
    found: list[Stage] = []
    for level in range(levels):
        factor = 0.5 ** (levels - 1 - level)
        width, height = (max(1, round(side * factor)) for side in size)
        across, down = (max(1, round(side * factor)) for side in exemplar)
        limit = int(LARGEST_SHARE * min(across, down)) // 4 * 4
        sides = sorted({min(patch, limit) for patch in patches}, reverse=True)
        sides = [side for side in sides if least <= side <= min(width, height)]
        finest = level == levels - 1
        if finest and found and len(sides) > 1:
            sides = [side for side in sides if side < max(patches)]
        if finest and not (sides or found):
            sides = [least]
        count = steps[min(level, len(steps) - 1)]
        found += [Stage((down, across), (height, width), side, count) for side in sides]
    return found
