"""A lake at sunset in dots of unmixed colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from impasto.samples.drawings.fields import Array, Color, grid, mix, noise, ramp, smoothstep, streaks, to_tensor

if TYPE_CHECKING:
    import torch

SKY: list[Color] = [(0.24, 0.30, 0.60), (0.52, 0.45, 0.68), (0.93, 0.60, 0.56), (0.99, 0.79, 0.45), (1.0, 0.92, 0.62)]
GRASS: list[Color] = [(0.16, 0.36, 0.20), (0.44, 0.62, 0.22), (0.86, 0.78, 0.30)]
TREE: list[Color] = [(0.10, 0.22, 0.34), (0.14, 0.42, 0.28), (0.56, 0.66, 0.20), (0.98, 0.76, 0.28)]
PAPER = (226, 214, 190)


def pointillist(size: int = 512, seed: int = 0) -> torch.Tensor:
    """A landscape (3, size, size) in [0, 1], in small dots whose colours mix in the eye only."""
    import cv2

    random = np.random.default_rng(seed)
    side = 2 * size
    scene = _scene(side, random)
    sheet = np.zeros((side, side, 3), np.uint8)
    sheet[:] = PAPER
    unit = side / 1024
    for radius, overlap in ((8.5, 1.25), (6.0, 1.5), (4.2, 2.2)):
        count = round(side * side / (np.pi * (radius * unit) ** 2) * 2.2 / overlap)
        places = random.uniform(0, side, (count, 2))
        x, y = places.astype(int).T
        for place, color in zip(places, _unmixed(scene[y, x], random), strict=True):
            middle = round(place[0] * 16), round(place[1] * 16)
            reach = max(1, round(radius * unit * 16 * random.uniform(0.75, 1.15)))
            cv2.circle(sheet, middle, reach, color.tolist(), -1, cv2.LINE_AA, 4)
    return to_tensor(sheet.astype(np.float32) / 255, size)


def _unmixed(colors: Array, random: np.random.Generator) -> Array:
    """Colours (n, 3) in 0 ... 255, pulled apart: stronger hues, and now and then the complement."""
    grey = colors.mean(axis=1, keepdims=True)
    strong = grey + (colors - grey) * random.uniform(1.0, 1.9, (len(colors), 1)) + random.normal(0, 0.065, colors.shape)
    opposite = grey - 0.9 * (colors - grey) + 0.06
    chosen = np.where(random.random((len(colors), 1)) < 0.10, opposite, strong)
    return np.asarray(255 * np.clip(chosen, 0, 1), np.float32)


def _scene(side: int, random: np.random.Generator) -> Array:
    """What the dots show: sky, sun, hills, their reflection in a lake, a shore with trees."""
    x, y = grid(side)
    shore = 0.52
    mirrored = np.where(y > shore, shore - (y - shore) * 0.9 + 0.012 * streaks(side, (8, 60), random), y)
    sky = ramp(SKY, np.clip(mirrored / 0.52 + 0.05 * noise(side, 4, random, octaves=2), 0, 1))
    clouds = smoothstep(0.5, 1.6, streaks(side, (5, 18), random)) * smoothstep(0.5, 0.2, mirrored)
    scene = mix(sky, (0.98, 0.76, 0.66), 0.7 * clouds)
    sun = np.hypot(x - 0.36, mirrored - 0.40)
    scene = mix(scene, (1.0, 0.93, 0.66), smoothstep(0.20, 0.05, sun) * 0.6)
    scene = mix(scene, (1.0, 0.98, 0.84), smoothstep(0.060, 0.050, sun))
    for base, lift, color in ((0.47, 0.055, (0.46, 0.40, 0.66)), (0.50, 0.040, (0.22, 0.36, 0.52))):
        ridge = base - lift * (0.6 + np.sin(5.2 * x + 40 * base) * 0.5 + 0.4 * np.sin(11 * x + 9 * base))
        scene = mix(scene, color, smoothstep(0.0, 0.012, mirrored - ridge))
    water = (y > shore).astype(np.float32)
    glitter = water * smoothstep(0.9, 2.0, streaks(side, (26, 110), random))
    glitter = 0.65 * glitter * smoothstep(0.30, 0.0, np.abs(x - 0.36))
    scene = mix(scene * np.array((0.90, 0.94, 1.0)), (1.0, 0.88, 0.62), glitter)
    bank = 0.80 - 0.10 * np.sin(2.4 * x + 0.2) + 0.012 * noise(side, 12, random)
    grass = ramp(GRASS, np.clip(0.45 + 0.25 * noise(side, 10, random, octaves=3), 0, 1))
    scene = mix(scene, grass, smoothstep(0.0, 0.01, y - bank))
    for cx, top, width in ((0.82, 0.13, 0.17), (0.97, 0.24, 0.14)):
        trunk = smoothstep(0.018, 0.012, np.abs(x - cx - 0.02 * np.sin(8 * y))) * (y > top + 0.2) * (y < 0.86)
        scene = mix(scene, (0.30, 0.18, 0.26), trunk)
        crown = np.hypot((x - cx) / width, (y - top - 0.20) / 0.21) + 0.16 * noise(side, 9, random, octaves=2)
        lit = np.clip(0.5 - 1.6 * (x - cx) / width * 0.4 - 1.4 * (y - top - 0.2) + 0.16 * noise(side, 16, random), 0, 1)
        scene = mix(scene, ramp(TREE, lit), smoothstep(1.0, 0.94, crown))
    return scene
