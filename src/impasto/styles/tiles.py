"""Painting a photo that tiles, so that what comes of it is a tile."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch

from impasto.features.padding import pad

if TYPE_CHECKING:
    from torch import Tensor


def painted_tile(paint: Callable[[Tensor], Tensor], photo: Tensor, step: int) -> Tensor:
    """What `paint` makes of a tile (N, 3, H, W) or (3, H, W), whose edges meet.

    paint: looks at half of `step` pixels around each at the most, and at sides of multiples of `step`; its picture is
        as large as what it is given.
    """
    height, width = photo.shape[-2:]
    half = step // 2
    below, right = (step + (half - side) % step for side in (height, width))
    around = pad(photo.reshape(-1, *photo.shape[-3:]), (half, below), (half, right), "circular")
    picture = paint(around.reshape(*photo.shape[:-2], *around.shape[-2:]))
    return _closed(_closed(picture, -1, width, half), -2, height, half)


def _closed(picture: Tensor, dim: int, length: int, half: int) -> Tensor:
    """A picture's part of that `length` from `half` on: it begins with what was painted behind, and becomes its own."""
    part, over = picture.narrow(dim, half, length).clone(), min(length, half)
    own = torch.linspace(0, 1, over + 2, device=picture.device)[1:-1]
    behind = picture.narrow(dim, half + length, over)
    begun = part.narrow(dim, 0, over)
    begun.copy_(torch.lerp(behind, begun, own if dim == -1 else own[:, None]))
    return part
