"""Grids of pictures that more than one experiment draws."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from impasto.images import contact_sheet

Captioned = tuple[torch.Tensor, str]
"""A picture (3, H, W) in [0, 1], and what stands below it."""


def paired(
    upper: Sequence[Captioned], lower: Sequence[Captioned], *, across: int, cell: tuple[int, int]
) -> torch.Tensor:
    """Lay pictures out in pairs, one above the other, so many pairs in a row and then the next below; (3, H, W).

    cell: (width, height) of a picture's place in pixels.
    """
    across = min(across, len(upper))
    grid: list[Captioned] = []
    for begin in range(0, len(upper), across):
        for row in (upper, lower):
            part = list(row[begin : begin + across])
            grid += part + [(torch.ones(3, cell[1], cell[0]), "")] * (across - len(part))
    pictures, captions = zip(*grid, strict=True)
    return contact_sheet(pictures, captions, across, cell=cell)
