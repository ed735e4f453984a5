"""A basket's weave: flat strands over two and under two, dyed in a pattern."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from impasto.samples.drawings.fields import Array, Color, grid, lit, noise, smoothstep, streaks, to_tensor

if TYPE_CHECKING:
    import torch

STRANDS = 14  # along a side
NATURAL: tuple[Color, ...] = ((0.80, 0.62, 0.36), (0.74, 0.54, 0.29), (0.85, 0.69, 0.44), (0.70, 0.50, 0.27))
DYED: tuple[Color, ...] = ((0.50, 0.17, 0.12), (0.16, 0.26, 0.30), (0.46, 0.15, 0.11), (0.14, 0.23, 0.28))


def weave(size: int = 384, seed: int = 0) -> torch.Tensor:
    """A woven surface (3, size, size) in [0, 1]: honey-coloured strands with a few dyed ones."""
    random = np.random.default_rng(seed)
    side = 2 * size
    x, y = grid(side)
    x = (x + 0.0022 * noise(side, 7, random)) * STRANDS
    y = (y + 0.0022 * noise(side, 7, random)) * STRANDS
    column, row = np.floor(x), np.floor(y)
    weft_over = np.mod(column + row, 4) < 2  # a twill: each row is shifted by one
    weft = _strand(along=x, across=y - row, number=row, phase=row, side=side, random=random)
    warp = _strand(along=y, across=x - column, number=column, phase=column + 2, side=side, random=random, upright=True)
    height = np.where(weft_over, weft[0], warp[0])
    colors = np.where(weft_over[..., None], weft[1], warp[1])
    other = np.where(weft_over, warp[0], weft[0])
    shown = height > 0.02
    below = np.where(weft_over[..., None], warp[1], weft[1])
    height, colors = np.where(shown, height, 0.4 * other), np.where(shown[..., None], colors, below)
    diffuse, shine = lit((height * side / STRANDS * 0.40).astype(np.float32))
    depth = 0.22 + 0.78 * smoothstep(0.05, 0.62, height.astype(np.float32))
    shade = (0.22 + 0.78 * diffuse) * depth
    picture = colors * shade[..., None] + 0.13 * (shine * depth)[..., None] * np.array((1.0, 0.95, 0.82))
    return to_tensor(np.asarray(picture, np.float32), size)


def _strand(
    *,
    along: Array,
    across: Array,
    number: Array,
    phase: Array,
    side: int,
    random: np.random.Generator,
    upright: bool = False,
) -> tuple[Array, Array]:
    """The height in [0, 1] and the colour of the strands of one direction; they dip under every other pair."""
    index = number.astype(int) + 1
    count = int(index.max()) + 1
    swell = np.cos(np.pi / 2 * (along + phase - 1))  # highest in the middle of two cells
    body = np.clip(1 - np.abs(2 * across - 1) ** 2.6 / 0.88, 0, 1) ** 0.5
    size = (side / 2.2, STRANDS * 5) if upright else (STRANDS * 5, side / 2.2)
    fibre = streaks(side, size, random) + 0.7 * streaks(side, (size[0] / 3, size[1] / 3), random)
    height = body * (0.52 + 0.46 * swell) + 0.014 * fibre * (body > 0)
    natural, dyed = np.asarray(NATURAL), np.asarray(DYED)
    order = np.arange(count)
    base = np.where((order % 7 == 3)[:, None], dyed[order % 4], natural[random.integers(0, 4, count)])
    base = base * (1 + random.normal(0, 0.05, (count, 1)))
    tone = 1 + 0.075 * fibre + 0.07 * noise(side, 20, random, octaves=3)
    tone = tone * (0.74 + 0.30 * swell)
    return np.asarray(height, np.float32), np.asarray(base[index] * tone[..., None], np.float32)
