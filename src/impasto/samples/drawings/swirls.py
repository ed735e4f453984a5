"""A night over hills: thousands of short strokes along a wind with vortices, large to small."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from impasto.samples.drawings.brush import Brush, Painting
from impasto.samples.drawings.fields import Array, Color, grid, mix, noise, ramp, smoothstep, to_tensor

if TYPE_CHECKING:
    import torch

SKY: list[Color] = [
    (0.05, 0.10, 0.30),
    (0.09, 0.20, 0.48),
    (0.16, 0.36, 0.64),
    (0.30, 0.56, 0.74),
    (0.62, 0.78, 0.74),
    (0.93, 0.88, 0.60),
]
LAND: list[Color] = [(0.05, 0.13, 0.24), (0.08, 0.28, 0.32), (0.20, 0.45, 0.33), (0.50, 0.60, 0.28), (0.90, 0.76, 0.30)]
TREE: list[Color] = [(0.03, 0.07, 0.10), (0.06, 0.20, 0.17), (0.16, 0.38, 0.20), (0.50, 0.56, 0.20), (0.86, 0.62, 0.22)]
GLOW: list[Color] = [(1.0, 0.97, 0.80), (1.0, 0.86, 0.36), (0.97, 0.66, 0.16), (0.62, 0.74, 0.52), (0.26, 0.50, 0.66)]

VORTICES = ((0.40, 0.34, 0.17, 1), (0.66, 0.46, 0.12, -1), (0.10, 0.52, 0.10, 1))  # x, y, radius, sense
STARS = (
    (0.84, 0.15, 0.115),  # x, y, radius; the first is the moon
    (0.12, 0.12, 0.062),
    (0.30, 0.08, 0.040),
    (0.52, 0.12, 0.055),
    (0.66, 0.24, 0.036),
    (0.17, 0.32, 0.044),
    (0.90, 0.42, 0.050),
    (0.40, 0.57, 0.032),
    (0.68, 0.06, 0.030),
)
TREES = ((0.86, 1.10, 0.66, 0.105), (0.74, 1.08, 0.36, 0.066))  # x, y of the foot, height, half width


def swirls(size: int = 512, seed: int = 0) -> torch.Tensor:
    """A painted night sky (3, size, size) in [0, 1], thick strokes in blues, yellows and greens."""
    random = np.random.default_rng(seed)
    side = 2 * size
    x, y = grid(side)
    hills = 0.74 + 0.06 * np.sin(2.2 * x + 0.6) - 0.10 * x + 0.012 * noise(side, 5, random)
    depth = y - hills  # positive on land
    colors, flow = _sky(x, y, side, random)
    land_colors, land_flow = _land(x, depth, side, random)
    land = depth > 0
    colors = np.where(land[..., None], land_colors, colors)
    flow = np.where(land[..., None], land_flow, flow)
    _plant(colors, flow, x, y, random)
    painting = Painting(side, ground=(24, 36, 70))
    unit = side / 1024
    painting.stroke_along(flow, colors, Brush(34 * unit, 150 * unit), random)
    painting.stroke_along(flow, colors, Brush(20 * unit, 96 * unit, hue=0.045), random)
    fine = np.clip(_detail(x, y) + 0.25 * land, 0.12, 0.95)
    painting.stroke_along(flow, colors, Brush(11 * unit, 58 * unit, hue=0.06), random, where=fine)
    return to_tensor(painting.seen(), size)


def _sky(x: Array, y: Array, side: int, random: np.random.Generator) -> tuple[Array, Array]:
    """Colours and flow of the sky: wind, vortices with bright arms, stars with rings."""
    bend = noise(side, 3, random)
    flow = np.stack([np.ones_like(x), 0.45 * np.sin(7 * x + 2.5 * bend + 3 * y)], axis=-1)
    light = 0.22 + 0.26 * smoothstep(0.25, 0.75, y) + 0.10 * noise(side, 4, random, octaves=2)
    light += 0.13 * np.sin(46 * (y + 0.035 * np.sin(7 * x + 2.5 * bend)) + 1.5 * bend)
    for cx, cy, radius, sense in VORTICES:
        dx, dy = x - cx, (y - cy) * 1.15
        r, angle = np.hypot(dx, dy) + 1e-6, np.arctan2(dy, dx)
        near = np.exp(-((r / radius) ** 2) * 0.9)
        arms = np.cos(2 * angle - sense * 11 * np.sqrt(r / radius))
        light = light * (1 - near) + near * (0.48 + 0.32 * arms + 0.22 * np.exp(-((r / (0.35 * radius)) ** 2)))
        around = np.stack([-dy * sense - 0.28 * dx, dx * sense - 0.28 * dy], axis=-1) / r[..., None]
        flow = mix(flow, around, np.clip(1.7 * near, 0, 1))
    colors = ramp(SKY, np.clip(light, 0, 1))
    for cx, cy, radius in STARS:
        dx, dy = x - cx, y - cy
        r = np.hypot(dx, dy) + 1e-6
        rings = r / radius + 0.06 * np.sin(9 * np.arctan2(dy, dx))
        colors = mix(colors, ramp(GLOW, np.clip(rings / 1.25, 0, 1)), smoothstep(1.6, 0.9, rings) * 0.95)
        around = np.stack([-dy, dx], axis=-1) / r[..., None]
        flow = mix(flow, around, smoothstep(2.0, 1.2, rings))
    return colors, flow


def _land(x: Array, depth: Array, side: int, random: np.random.Generator) -> tuple[Array, Array]:
    """Colours and flow of the hills: strokes roll with the ridges, lighter towards each crest."""
    roll = depth * 9 + 0.55 * np.sin(9 * x + 4 * depth) + 0.2 * noise(side, 4, random)
    crest = (roll % 1.0).astype(np.float32)
    tone = 0.12 + 0.62 * (1 - crest) ** 1.4 + 0.10 * noise(side, 7, random, octaves=2) + 0.12 * np.exp(-depth * 22)
    slope = 0.55 * np.cos(9 * x + 4 * depth)
    return ramp(LAND, np.clip(tone, 0, 1)), np.stack([np.ones_like(x), -0.55 * slope], axis=-1)


def _plant(colors: Array, flow: Array, x: Array, y: Array, random: np.random.Generator) -> None:
    """Dark trees like flames, drawn into colours and flow in place."""
    for cx, foot, height, width in TREES:
        t = (foot - y) / height  # 0 at the foot, 1 at the tip
        sway = 0.014 * np.sin(13 * t + 30 * cx)
        half = width * np.clip(1.05 - t, 0, 1) ** 0.8 * (1 + 0.16 * np.sin(30 * t + 2 * np.sign(x - cx)))
        offset = (x - cx - sway) / np.maximum(half, 1e-4)
        inside = (np.abs(offset) < 1) & (t < 1)
        flame = np.sin(5 * offset - 3 * np.abs(offset) + 17 * t + random.uniform(0, 6))
        tone = 0.16 + 0.15 * flame + 0.26 * smoothstep(0.2, 1.0, -offset)
        colors[inside] = ramp(TREE, np.clip(tone, 0, 1))[inside]
        rising = np.stack([0.42 * np.sin(17 * t + 2.5 * offset) - 0.4 * offset, -np.ones_like(x)], axis=-1)
        flow[inside] = rising[inside].astype(np.float32)


def _detail(x: Array, y: Array) -> Array:
    """Where small strokes are laid: at the stars and in the vortices."""
    near = np.zeros_like(x)
    for cx, cy, radius in STARS:
        near = np.maximum(near, smoothstep(2.0, 0.8, np.hypot(x - cx, y - cy) / radius))
    for cx, cy, radius, _ in VORTICES:
        near = np.maximum(near, 0.75 * smoothstep(1.5, 0.6, np.hypot(x - cx, y - cy) / radius))
    for cx, foot, height, width in TREES:
        t = np.clip((foot - y) / height, 0, 1)
        near = np.maximum(near, smoothstep(1.5, 1.0, np.abs(x - cx) / (width * (1.1 - t))) * (t < 1))
    return near
