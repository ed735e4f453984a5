"""Fans of small stones in mortar: overlapping scallops, each of concentric arcs (opus circumactum)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from impasto.samples.drawings.fields import Array, Color, blurred, grid, lit, noise, smoothstep, to_tensor

if TYPE_CHECKING:
    import torch

FANS = 2  # across the picture
ARCS = 7  # in a fan
IVORY: Color = (0.93, 0.88, 0.76)
MORTAR: Color = (0.40, 0.36, 0.31)
# The colours of a fan's arcs, from the middle to the rim.
SCHEMES: tuple[tuple[Color, ...], ...] = (
    ((0.93, 0.72, 0.25), (0.86, 0.48, 0.16), (0.72, 0.24, 0.15), IVORY, (0.15, 0.45, 0.52), (0.10, 0.29, 0.42), IVORY),
    (IVORY, (0.55, 0.77, 0.74), (0.15, 0.52, 0.56), (0.09, 0.33, 0.45), IVORY, (0.80, 0.42, 0.20), IVORY),
)


def mosaic(size: int = 384, seed: int = 0) -> torch.Tensor:
    """A floor of small coloured stones (3, size, size) in [0, 1]."""
    random = np.random.default_rng(seed)
    side = 2 * size
    x, y = grid(side)
    x = x * FANS + 0.016 * noise(side, 8, random)
    y = y * FANS + 0.016 * noise(side, 8, random)
    fan, radius, angle = _fans(x, y)
    ring = np.minimum(np.floor(radius * ARCS), ARCS - 1)
    counts = np.maximum(3, np.round(np.pi * (ring + 0.55) * 1.02))  # stones in a half turn, about as long as wide
    shift = _lottery(fan, ring, 3 * np.ones_like(ring))
    along = angle / np.pi * counts + shift
    stone = np.floor(along)
    width, height = np.pi * (ring + 0.5) / counts, 1.0
    to_side = np.minimum(along - stone, 1 + stone - along) * width
    to_rim = np.minimum(radius * ARCS - ring, ring + 1 - radius * ARCS) * height
    luck = [_lottery(fan, ring, stone + 100 * k) for k in range(5)]
    gap = 0.075 + 0.03 * luck[0]
    soft = 0.07
    edge = -soft * np.log(np.exp(-(to_side - gap) / soft) + np.exp(-(to_rim - gap) / soft))
    edge = edge + 0.018 * noise(side, 60, random)
    dome = smoothstep(-0.01, 0.20, edge.astype(np.float32))
    pixels = side / FANS / ARCS
    tilt = (luck[1] - 0.5) * (along - stone - 0.5) + (luck[2] - 0.5) * (radius * ARCS - ring - 0.5)
    relief = pixels * (0.16 * dome + 0.16 * tilt * dome) + 0.10 * noise(side, 110, random, octaves=2)
    diffuse, shine = lit(blurred(relief.astype(np.float32), side / 700))
    colors = _colors(fan, ring, luck, side, random)
    cover = smoothstep(0.0, 0.035, edge.astype(np.float32))[..., None]
    sand = np.asarray(MORTAR) * (1 + 0.13 * noise(side, side / 4, random) + 0.10 * noise(side, 30, random))[..., None]
    depth = 0.62 + 0.38 * smoothstep(-0.16, 0.0, edge.astype(np.float32))
    picture = (sand * depth[..., None]) * (1 - cover) + cover * (
        colors * (0.30 + 0.75 * diffuse)[..., None] + 0.16 * shine[..., None] * luck[3][..., None]
    )
    return to_tensor(np.asarray(picture, np.float32), size)


def _fans(x: Array, y: Array) -> tuple[Array, Array, Array]:
    """Which fan covers each place (a number), and where in it: radius in [0, 1], angle in [0, pi].

    Fans are circles in rows half a radius apart, each row shifted by half a fan and laid over the row above.
    """
    fan, radius, angle = np.zeros_like(x), np.full_like(x, 2), np.zeros_like(x)
    for row in range(-1, 4 * FANS + 4):
        middle_y = (row + 2) * 0.25  # rows further down are laid later
        nearest = np.round(x - 0.5 * (row % 2)) + 0.5 * (row % 2)
        dx, dy = x - nearest, y - middle_y
        r = np.hypot(dx, dy) * 2
        inside = r < 1
        fan = np.where(inside, row * 64 + nearest * 2, fan)
        radius = np.where(inside, r, radius)
        angle = np.where(inside, np.arctan2(np.abs(dy), dx), angle)
    return fan, np.minimum(radius, 0.9999), angle


def _colors(fan: Array, ring: Array, luck: list[Array], side: int, random: np.random.Generator) -> Array:
    """Each stone's colour: its arc's, varied from stone to stone, with a fine grain."""
    schemes = np.asarray(SCHEMES, np.float32)
    scheme = (np.floor_divide(fan, 64) % 2).astype(int)
    base = schemes[scheme, ring.astype(int)]
    tone = 1 + 0.34 * (luck[4] - 0.5) + 0.05 * noise(side, side / 6, random) + 0.06 * noise(side, 40, random, octaves=2)
    tint = np.stack([luck[1], luck[2], luck[0]], axis=-1) - 0.5
    return np.asarray(base * tone[..., None] + 0.09 * tint, np.float32)


def _lottery(*keys: Array) -> Array:
    """A number in [0, 1) for each combination of whole numbers, always the same."""
    mixed = np.zeros(keys[0].shape, np.uint64)
    for key in keys:
        mixed ^= (np.round(key * 2).astype(np.int64) + 1_000_003).astype(np.uint64)
        mixed *= np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    return np.asarray((mixed >> np.uint64(40)).astype(np.float32) / 2**24)
