"""Rounded stones, tightly packed, shaded from the upper left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from impasto.samples.drawings.fields import (
    Array,
    Color,
    blurred,
    grid,
    lit,
    noise,
    smoothstep,
    spread,
    streaks,
    to_tensor,
)

if TYPE_CHECKING:
    import torch

STONES: tuple[Color, ...] = (
    (0.55, 0.53, 0.50),
    (0.72, 0.68, 0.60),
    (0.36, 0.40, 0.46),
    (0.62, 0.42, 0.32),
    (0.80, 0.74, 0.62),
    (0.30, 0.29, 0.30),
    (0.48, 0.52, 0.50),
    (0.66, 0.54, 0.40),
    (0.52, 0.36, 0.34),
    (0.84, 0.82, 0.78),
)


def pebbles(size: int = 384, seed: int = 0) -> torch.Tensor:
    """A bed of pebbles (3, size, size) in [0, 1], about 90 of them."""
    from scipy.spatial import cKDTree

    random = np.random.default_rng(seed)
    side = 2 * size
    x, y = grid(side)
    places = spread(side, 95, random, rounds=3) / side
    wobble = 0.010 * np.stack([noise(side, 10, random), noise(side, 10, random)], axis=-1)
    points = np.stack([x, y], axis=-1) + wobble
    distances, owners = cKDTree(places).query(points.reshape(-1, 2), k=3)
    owners, distances = owners.reshape(side, side, 3), distances.reshape(side, side, 3)
    stone = owners[..., 0]
    edge = _rounded_edge(places, owners, distances)
    width = np.full(len(places), 1e-6)
    np.maximum.at(width, stone.ravel(), edge.ravel())  # each stone's inner radius
    dome = np.clip((edge - 0.0028) / width[stone], 0, 1).astype(np.float32)
    tall = random.uniform(0.75, 1.15, len(places))[stone]
    height = np.sqrt(np.clip(1 - (1 - dome) ** 2.2, 0, 1)) * width[stone] * tall * side * 0.85
    height = blurred(height.astype(np.float32), side / 260) + 0.16 * noise(side, 90, random, octaves=2)
    diffuse, shine = lit(height.astype(np.float32))
    colors = _stone_colors(stone, np.asarray(points - places[stone], np.float32), side, random)
    hollow = smoothstep(0.0, 0.30, dome)
    shade = (0.24 + 0.68 * np.minimum(diffuse, 1.45)) * (0.28 + 0.72 * hollow)
    wet = random.uniform(0.03, 0.22, len(places))[stone] * shine
    gap = smoothstep(0.0, 0.05, dome)[..., None]
    sand = np.array((0.17, 0.145, 0.12)) * (1 + 0.25 * noise(side, side / 5, random)[..., None])
    picture = sand * (1 - gap) + (colors * shade[..., None] + wet[..., None]) * gap
    return to_tensor(np.asarray(picture, np.float32), size)


def _rounded_edge(places: Array, owners: Array, distances: Array) -> Array:
    """The distance to the edge of each cell, its corners rounded by a soft minimum over the two nearest neighbours."""
    index = owners.astype(int)
    own = places[index[..., 0]]
    gaps = []
    for other in (1, 2):
        apart = np.linalg.norm(own - places[index[..., other]], axis=-1) + 1e-6
        gaps.append((distances[..., other] ** 2 - distances[..., 0] ** 2) / (2 * apart))
    soft = 0.011
    return np.asarray(-soft * np.log(np.exp(-gaps[0] / soft) + np.exp(-gaps[1] / soft)) + 0.0, np.float32)


def _stone_colors(stone: Array, inside: Array, side: int, random: np.random.Generator) -> Array:
    """A colour for each stone, with mottling, speckles, and on some of them bands or a vein of quartz."""
    index = stone.astype(int)
    count = int(index.max()) + 1
    base = np.asarray(STONES)[random.integers(0, len(STONES), count)] + random.normal(0, 0.035, (count, 1))
    mottle = noise(side, 22, random, octaves=4)
    speckle = noise(side, side / 5, random)
    tone = 1 + 0.075 * mottle + random.uniform(0.01, 0.075, count)[index] * speckle
    angle = random.uniform(0, np.pi, count)[index]
    across = inside[..., 0] * np.cos(angle) + inside[..., 1] * np.sin(angle) + 0.006 * noise(side, 14, random)
    banded = (random.random(count) < 0.35)[index]
    tone = tone + banded * 0.10 * np.sin(across * 260 + 2 * streaks(side, (8, 8), random))
    colors = base[index] * tone[..., None]
    offset = random.uniform(-0.02, 0.02, count)[index]
    vein = (random.random(count) < 0.25)[index] * np.exp(-(((across - offset) / 0.0035) ** 2))
    return np.asarray(colors + vein[..., None] * (0.85 - colors) * 0.8, np.float32)
