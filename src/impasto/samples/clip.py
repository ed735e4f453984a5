"""A clip to begin with: the camera glides over a cup of coffee, and a tiled ball rolls by."""

from __future__ import annotations

from collections.abc import Iterator
from math import sin
from typing import TYPE_CHECKING

import torch

from impasto.images import resize
from impasto.samples.drawings import drawing
from impasto.samples.photos import sample

if TYPE_CHECKING:
    from torch import Tensor

WIDTH, HEIGHT, FRAMES = 192, 128, 16
SECONDS = 0.1  # of each frame
RADIUS = 20.0  # of the ball, in pixels


def rolling_ball() -> Iterator[Tensor]:
    """The frames, each (3, 128, 192) in [0, 1]: a pan and a slow zoom, with something that hides and uncovers."""
    table, tiles = sample("coffee"), resize(drawing("mosaic", 128), (56, 56))
    y, x = torch.meshgrid(torch.arange(HEIGHT) + 0.5, torch.arange(WIDTH) + 0.5, indexing="ij")
    for number in range(FRAMES):
        t = number / (FRAMES - 1)
        zoom = 1.7 - 0.3 * t
        ground = _looked_up(table, 240 + 70 * t + zoom * (x - WIDTH / 2), 190 + 12 * t + zoom * (y - HEIGHT / 2))
        u, v = x - (24 + 144 * t), y - (38 + 24 * sin(3 * t))
        ball = _looked_up(tiles, 28 + 1.2 * u, 28 + 1.2 * v)
        yield torch.lerp(ground, ball, (RADIUS + 0.5 - torch.hypot(u, v)).clamp(0, 1))


def _looked_up(picture: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """The picture (3, H, W) at places (x, y) in its pixels."""
    height, width = picture.shape[-2:]
    grid = torch.stack([2 * x / width - 1, 2 * y / height - 1], dim=-1)[None]
    found = torch.nn.functional.grid_sample(
        picture[None], grid, mode="bicubic", padding_mode="border", align_corners=False
    )
    return found[0].clamp(0, 1)
