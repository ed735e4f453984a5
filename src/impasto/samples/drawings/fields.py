"""Smooth random fields, cells and light: what several drawings are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import torch

Array = np.ndarray[Any, Any]
"""Numbers, float32 unless the text says otherwise."""

Color = tuple[float, float, float]
"""sRGB in [0, 1]."""


def grid(size: int) -> tuple[Array, Array]:
    """Give x and y of every pixel's middle, each (size, size), in units of the side: [0, 1]."""
    line = (np.arange(size, dtype=np.float32) + 0.5) / size
    x, y = np.meshgrid(line, line)
    return x, y


def noise(size: int, cells: float, random: np.random.Generator, octaves: int = 1) -> Array:
    """A smooth random field (size, size), mean about 0, standard deviation about 1.

    `cells` bumps fit along a side; each further octave is twice as fine and half as strong.
    """
    import cv2

    field = np.zeros((size, size), np.float32)
    for octave in range(octaves):
        count = max(2, round(cells * 2**octave)) + 3
        values = random.standard_normal((count, count)).astype(np.float32)
        shown = size * count // (count - 3) + 1
        field += 0.5**octave * cv2.resize(values, (shown, shown), interpolation=cv2.INTER_CUBIC)[:size, :size]
    return _standard(field)


def streaks(size: int, cells: tuple[float, float], random: np.random.Generator) -> Array:
    """Smooth noise (size, size) stretched along one axis: `cells` bumps along x and along y; mean 0, deviation 1."""
    import cv2

    counts = [max(2, round(count)) for count in cells]
    values = random.standard_normal((counts[1], counts[0])).astype(np.float32)
    field = cv2.resize(values, (size, size), interpolation=cv2.INTER_CUBIC)
    return _standard(field)


def mix(first: Array | Color, second: Array | Color, share: Array | float) -> Array:
    """`first` where `share` is 0, `second` where it is 1; colours along the last axis, shares clipped to [0, 1]."""
    weight = np.clip(np.asarray(share, np.float32), 0, 1)[..., None]
    mixed: Array = np.asarray(first, np.float32) * (1 - weight) + np.asarray(second, np.float32) * weight
    return mixed


def ramp(colors: list[Color], position: Array) -> Array:
    """Colours (..., 3) along a gradient through `colors`, by position in [0, 1]."""
    stops = np.linspace(0, 1, len(colors))
    table = np.asarray(colors, np.float32)
    channels = [np.interp(position, stops, table[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1).astype(np.float32)


def smoothstep(low: float, high: float, value: Array) -> Array:
    """0 below `low`, 1 above `high`, a smooth rise between."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return (t * t * (3 - 2 * t)).astype(np.float32)


def blurred(field: Array, sigma: float) -> Array:
    """A field after a Gaussian blur of `sigma` pixels."""
    import cv2

    return np.asarray(cv2.GaussianBlur(field, (0, 0), max(sigma, 1e-3)), np.float32)


def lit(height: Array, light: Color = (-0.5, -0.6, 0.62)) -> tuple[Array, Array]:
    """Diffuse light and gloss, each (H, W), on a relief whose height is in pixels.

    Diffuse light is 1 where the relief is level. `light` points from the picture to the lamp, (x, y, z) with y down.
    """
    slope_y, slope_x = np.gradient(height)
    lamp = np.asarray(light, np.float32) / np.linalg.norm(light)
    length = np.sqrt(slope_x**2 + slope_y**2 + 1)
    diffuse = (-slope_x * lamp[0] - slope_y * lamp[1] + lamp[2]) / length
    half = lamp + np.array((0, 0, 1))  # halfway between lamp and eye (Blinn 1977)
    half = half / np.linalg.norm(half)
    gloss = np.clip((-slope_x * half[0] - slope_y * half[1] + half[2]) / length, 0, 1) ** 40
    return (np.clip(diffuse, 0, None) / lamp[2]).astype(np.float32), gloss.astype(np.float32)


def spread(size: int, count: int, random: np.random.Generator, rounds: int = 4) -> Array:
    """About `count` points (n, 2), as (x, y) in pixels, evenly but irregularly spread over a square and its border.

    Each round moves every point to the middle of its cell (Lloyd 1982), on a coarse grid.
    """
    from scipy.spatial import cKDTree

    border = size / np.sqrt(count)
    points = random.uniform(-border, size + border, (round(count * (1 + 2 * border / size) ** 2), 2))
    line = np.linspace(-border, size + border, 200)
    samples = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    for _ in range(rounds):
        owner = cKDTree(points).query(samples)[1]
        weight = np.maximum(np.bincount(owner, minlength=len(points)), 1)
        middles = [np.bincount(owner, samples[:, axis], minlength=len(points)) / weight for axis in (0, 1)]
        seen = np.bincount(owner, minlength=len(points))[:, None] > 0
        points = np.where(seen, np.stack(middles, axis=-1), points)
    return np.asarray(points, np.float32)


def _standard(field: Array) -> Array:
    standard: Array = (field - field.mean()) / max(float(field.std()), 1e-6)
    return standard


def to_tensor(picture: Array, size: int) -> torch.Tensor:
    """A picture (H, W, 3), drawn at any size, as a float32 tensor (3, size, size) in [0, 1]."""
    import cv2
    import torch

    if picture.shape[0] != size:
        picture = cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA)
    clipped = np.clip(picture, 0, 1).astype(np.float32)
    return torch.from_numpy(np.ascontiguousarray(clipped.transpose(2, 0, 1)))
