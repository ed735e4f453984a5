"""Position maps as pictures: each place of the exemplar has a colour of its own."""

from __future__ import annotations

from typing import Literal

import torch

from impasto.images import oklab_to_rgb
from impasto.metrics.positions import PositionMap

PositionColors = Literal["perceptual", "red-green"]

# OKLab: from left to right from blue to yellow, from top to bottom from green to red and darker. Equal distances in the
# exemplar look about equally different; all colours are within sRGB.
_LIGHT, _DARK = 0.80, 0.55
_GREEN_RED, _BLUE_YELLOW = 0.11, 0.10


def color_positions(
    positions: PositionMap, size: tuple[int, int], *, colors: PositionColors = "perceptual"
) -> torch.Tensor:
    """Return the map as a picture (3, H, W) of `size` = (H, W), that of the output.

    Each pixel has the colour of the patch around it (the nearest one at the edges). See `place_colors`.
    """
    height, width = (side - positions.patch for side in positions.exemplar)
    rows = positions.places[..., 0] / max(1, height)
    columns = positions.places[..., 1] / max(1, width)
    colored = place_colors(rows, columns, colors)
    middle = positions.patch // 2
    return colored[
        :,
        _nearest(positions.starts[:, 0, 0] + middle, size[0])[:, None],
        _nearest(positions.starts[0, :, 1] + middle, size[1])[None],
    ]


def position_key(size: tuple[int, int], *, colors: PositionColors = "perceptual") -> torch.Tensor:
    """Return the colours of the places of an exemplar of `size` = (H, W), as a picture (3, H, W)."""
    rows, columns = torch.meshgrid(torch.linspace(0, 1, size[0]), torch.linspace(0, 1, size[1]), indexing="ij")
    return place_colors(rows, columns, colors)


def place_colors(rows: torch.Tensor, columns: torch.Tensor, colors: PositionColors = "perceptual") -> torch.Tensor:
    """Return the colours (3, h, w) of places with coordinates in [0, 1] (h, w), counted from the upper left corner.

    "red-green": red is the column, green the row. "perceptual": two axes of OKLab, which are easier to tell apart.
    """
    if colors == "red-green":
        return torch.stack([columns, rows, torch.zeros_like(rows)])
    lightness = _LIGHT + (_DARK - _LIGHT) * rows
    lab = torch.stack([lightness, _GREEN_RED * (2 * rows - 1), _BLUE_YELLOW * (2 * columns - 1)])
    return oklab_to_rgb(lab).clamp(0, 1)


def _nearest(middles: torch.Tensor, side: int) -> torch.Tensor:
    """For each of `side` pixels, which of the sorted `middles` is the nearest."""
    pixels = torch.arange(side)
    between = (middles[1:] + middles[:-1]) / 2
    return torch.searchsorted(between, pixels.to(between))
