"""Fallen leaves, layer over layer, each with veins, its own colours and a soft shadow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from impasto.samples.drawings.fields import Array, Color, blurred, mix, noise, ramp, smoothstep, spread, to_tensor

if TYPE_CHECKING:
    import torch

# From the leaf's midrib to its rim.
AUTUMN: tuple[list[Color], ...] = (
    [(0.93, 0.62, 0.16), (0.85, 0.36, 0.10), (0.58, 0.16, 0.08)],
    [(0.96, 0.80, 0.30), (0.93, 0.66, 0.16), (0.76, 0.42, 0.12)],
    [(0.78, 0.22, 0.12), (0.66, 0.12, 0.11), (0.38, 0.07, 0.10)],
    [(0.66, 0.68, 0.22), (0.48, 0.56, 0.18), (0.72, 0.60, 0.20)],
    [(0.72, 0.48, 0.26), (0.58, 0.34, 0.17), (0.38, 0.21, 0.12)],
    [(0.98, 0.84, 0.36), (0.95, 0.72, 0.20), (0.84, 0.50, 0.12)],
    [(0.90, 0.48, 0.20), (0.74, 0.24, 0.12), (0.45, 0.12, 0.16)],
)
EARTH = (34, 25, 20)
STEM: Color = (0.45, 0.28, 0.14)


def leaves(size: int = 384, seed: int = 0) -> torch.Tensor:
    """A floor of autumn leaves (3, size, size) in [0, 1]."""
    random = np.random.default_rng(seed)
    side = size * 5 // 4
    picture = np.empty((side, side, 3), np.float32)
    picture[:] = np.asarray(EARTH, np.float32) / 255
    for layer, length in enumerate((0.30, 0.27, 0.24, 0.21)):
        places = random.permutation(spread(side, 60 if layer < 3 else 26, random, rounds=2))
        for place in places:
            leaf, cover = _leaf(max(12, round(length * side * random.uniform(0.8, 1.2))), random)
            _lay(picture, leaf, cover, place)
        if layer < 2:
            picture *= 0.72  # what lies deeper gets less light
    return to_tensor(picture, size)


def _leaf(length: int, random: np.random.Generator) -> tuple[Array, Array]:
    """One leaf, turned at random: its colours (n, n, 3), and how far it covers what is below (n, n)."""
    half = length * 0.62
    line = np.arange(-round(half), round(half) + 1, dtype=np.float32) / (length / 2)
    x, y = np.meshgrid(line, line)
    turn = random.uniform(0, 2 * np.pi)
    u, v = x * np.cos(turn) + y * np.sin(turn), -x * np.sin(turn) + y * np.cos(turn)
    v = v - random.normal(0, 0.16) * (u**2 - 0.4)  # a bent midrib
    outline = _ovate if random.random() < 0.62 else _lobed
    inside, vein = outline(u, v, random)
    rim = np.clip(1 - inside, 0, 1)
    colors = ramp(AUTUMN[random.integers(len(AUTUMN))], np.clip(rim**1.5 + 0.16 * noise(len(line), 4, random), 0, 1))
    colors = mix(colors, np.clip(colors * 1.25 + 0.16, 0, 1), 0.75 * vein)
    curl = random.normal(0, 0.30) * v * 2 + random.normal(0, 0.16) * u
    folds = 0.05 * noise(len(line), 9, random, octaves=3)
    folds -= 0.13 * smoothstep(0.35, 0.0, vein) * smoothstep(0.0, 0.9, rim)
    spots = 0.55 * smoothstep(1.9, 2.5, noise(len(line), 11, random))
    light = np.clip(1.06 + curl + folds, 0.5, 1.45) * (1 - spots)
    light = light * (0.90 + 0.24 * smoothstep(0.0, 0.12, v) - 0.10 * smoothstep(0.0, -0.12, v))
    stem = smoothstep(0.032, 0.018, np.abs(v)) * (u < -0.85) * (u > -1.2)
    cover = np.maximum(smoothstep(0.0, 5.0 / length, inside), stem)
    colors = colors * light[..., None]
    on_stem = ((stem > 0.5) & (inside < 0))[..., None]
    return np.where(on_stem, np.array(STEM), colors).astype(np.float32), cover


def _ovate(u: Array, v: Array, random: np.random.Generator) -> tuple[Array, Array]:
    """A pointed oval leaf along u: how far inside (1 at the midrib, 0 at the rim), and its veins in [0, 1]."""
    fat = random.uniform(0.36, 0.50)
    t = np.clip((u + 0.9) / 1.9, 1e-4, 1 - 1e-4)
    half = fat * 2.1 * t**0.62 * (1 - t) ** 0.86
    half = half * (1 + 0.035 * np.abs(np.sin(40 * u)))
    inside = np.where((u > -0.9) & (u < 1.0), 1 - np.abs(v) / np.maximum(half, 1e-4), -1)
    sides = np.mod((u - 0.75 * np.abs(v)) * 5.5, 1)
    thin = smoothstep(0.10, 0.02, np.abs(sides - 0.5)) * 0.6
    return inside.astype(np.float32), np.maximum(smoothstep(0.032, 0.008, np.abs(v)), thin * (inside > 0))


def _lobed(u: Array, v: Array, random: np.random.Generator) -> tuple[Array, Array]:
    """A leaf of five pointed lobes, as `_ovate`."""
    shift = u + random.uniform(0.50, 0.60)
    r, angle = np.hypot(shift, v) + 1e-5, np.arctan2(v, shift)
    reach: Array = 0.22 + 0.10 * np.cos(angle)
    vein = np.zeros_like(r)
    for direction, length in ((0.0, 1.42), (0.72, 1.16), (-0.72, 1.16), (1.55, 0.72), (-1.55, 0.72)):
        away = np.abs(np.angle(np.exp(1j * (angle - direction)))).astype(np.float32)
        lobe = length * np.clip(1 - (away / 0.52) ** 1.15, 0, 1) ** 0.85
        reach = np.maximum(reach, lobe)
        off, along = r * np.sin(np.minimum(away, np.pi / 2)), r * np.cos(away)
        vein = np.maximum(vein, smoothstep(0.030, 0.008, off) * (along > 0) * (along < length))
        twigs = np.mod((along - 0.9 * off) * 6, 1)
        vein = np.maximum(vein, 0.5 * smoothstep(0.09, 0.02, np.abs(twigs - 0.5)) * (away < 0.36))
    inside = 1 - r / (reach * (1 + 0.06 * np.sin(r * 34)))
    return np.asarray(inside * 0.9, np.float32), np.asarray(vein * (inside > 0), np.float32)


def _lay(picture: Array, leaf: Array, cover: Array, place: Array) -> None:
    """Put a leaf on the picture with its middle at `place` (x, y), its shadow first, in place."""
    extent = len(cover)
    shadow = blurred(cover.astype(np.float32), extent / 26)
    offset = max(1, extent // 28)
    for shift, alpha, color in ((offset, 0.62 * shadow, None), (0, cover, leaf)):
        left, top = round(float(place[0])) - extent // 2 + shift, round(float(place[1])) - extent // 2 + shift
        x0, y0 = max(left, 0), max(top, 0)
        x1, y1 = min(left + extent, picture.shape[1]), min(top + extent, picture.shape[0])
        if x0 >= x1 or y0 >= y1:
            continue
        part = np.s_[y0 - top : y1 - top, x0 - left : x1 - left]
        share = alpha[part][..., None]
        below = picture[y0:y1, x0:x1]
        below[:] = below * (1 - share) + (0 if color is None else color[part] * share)
