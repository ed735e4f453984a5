"""A sea in flat colours with dark outlines, like a print from carved blocks: swells, curling waves, fingers of foam."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from impasto.samples.drawings.fields import Array, Color, grid, mix, noise, smoothstep, streaks, to_tensor

if TYPE_CHECKING:
    import torch

INK: Color = (0.07, 0.12, 0.25)
PRUSSIAN: Color = (0.11, 0.24, 0.45)
BLUE: Color = (0.24, 0.44, 0.63)
PALE: Color = (0.56, 0.72, 0.78)
FOAM: Color = (0.96, 0.93, 0.85)
PAPER: Color = (0.93, 0.86, 0.71)
SUN: Color = (0.83, 0.33, 0.20)
BANDS = (PRUSSIAN, BLUE, PRUSSIAN, PALE, BLUE, PRUSSIAN, FOAM, BLUE, PRUSSIAN, PALE, PRUSSIAN)
STRIPES = ((FOAM, BLUE, PRUSSIAN, PALE, PRUSSIAN, BLUE), (FOAM, PALE, BLUE, PRUSSIAN, BLUE, PRUSSIAN))

# A curling wave, from its back over the crest to the tip, and from the trough up its face to the same tip.
TIP = (1.02, -0.42)
BACK = ((-2.1, 0.45), (-1.45, 0.10), (-0.85, -0.42), (-0.30, -0.88), (0.30, -1.08), (0.82, -0.98), (1.08, -0.66), TIP)
FACE = ((0.95, 0.45), (0.42, 0.22), (0.10, -0.10), (0.06, -0.42), (0.26, -0.66), (0.55, -0.74), (0.82, -0.66), TIP)

# x and y of the foot, size, sense (1 breaks to the right, -1 to the left), back to front; all in units of the side.
WAVES = (
    (0.86, 0.60, 0.10, -1),
    (0.54, 0.63, 0.09, 1),
    (0.80, 0.71, 0.20, -1),
    (0.26, 0.72, 0.37, 1),
    (0.70, 0.88, 0.17, 1),
    (0.98, 0.97, 0.20, -1),
    (0.20, 1.00, 0.19, 1),
)
SWELLS = (0.60, 0.66, 0.72, 0.80, 0.89, 0.97)  # y of each swell's crest, drawn between the waves

Picture = np.ndarray[Any, np.dtype[np.uint8]]


def woodblock(size: int = 512, seed: int = 0) -> torch.Tensor:
    """A print of waves (3, size, size) in [0, 1]: flat blues and cream, dark outlines."""
    random = np.random.default_rng(seed)
    side = 2 * size
    sheet = _sky(side, random)
    waves = list(WAVES)
    for number, crest in enumerate(SWELLS):
        while waves and waves[0][1] <= crest:
            _wave(sheet, *waves.pop(0), random)
        _swell(sheet, crest, number, random)
    for wave in waves:
        _wave(sheet, *wave, random)
    return to_tensor(_printed(sheet, random), size)


def _sky(side: int, random: np.random.Generator) -> Picture:
    """Paper, a dark band that fades downwards from the top, a sun, a mountain."""
    import cv2

    _, y = grid(side)
    colors = mix(PAPER, (0.88, 0.70, 0.50), smoothstep(0.30, 0.62, y) * 0.75)
    colors = mix(colors, (0.20, 0.34, 0.52), smoothstep(0.20, 0.0, y + 0.012 * noise(side, 4, random)) * 0.9)
    sheet: Picture = (255 * colors).astype(np.uint8)
    cv2.circle(sheet, _at((0.68, 0.27), side), round(0.115 * side), _paint(SUN), -1, cv2.LINE_AA)
    for height, thickness in ((0.235, 0.008), (0.275, 0.011), (0.325, 0.007)):  # mist across the sun
        left, right = 0.56 + random.uniform(-0.05, 0.03), 0.83 + random.uniform(-0.04, 0.06)
        bar = [(left, height), (right, height + 0.006)]
        cv2.line(sheet, _at(bar[0], side), _at(bar[1], side), _paint(PAPER), round(2 * thickness * side), cv2.LINE_AA)
    slope = _spline([(0.36, 0.62), (0.46, 0.55), (0.525, 0.465), (0.545, 0.465), (0.61, 0.55), (0.72, 0.62)], 40)
    _shape(sheet, slope, (0.36, 0.47, 0.60), outline=0.0035)
    snow = [(0.487, 0.517), (0.525, 0.466), (0.545, 0.466), (0.584, 0.520), (0.565, 0.508), (0.552, 0.528)]
    _shape(sheet, np.array([*snow, (0.537, 0.506), (0.522, 0.533), (0.508, 0.508)]), FOAM, outline=0.002)
    return sheet


def _swell(sheet: Picture, crest: float, number: int, random: np.random.Generator) -> None:
    """One low wave across the sheet, in stripes that follow its crest."""
    line = np.linspace(-0.02, 1.02, 140)
    phase, waves = random.uniform(0, 6), random.uniform(1.3, 2.1)
    lift = (0.012 + 0.007 * number) * np.abs(np.sin(np.pi * waves * line + phase)) ** 1.6
    depth = 0.012 + 0.004 * number
    for stripe, color in enumerate(STRIPES[number % 2]):
        y = crest + depth * stripe * (1 - 0.10 * stripe) - lift * (1 - 0.12 * stripe)
        top = np.stack([line, y], axis=1)
        body = np.concatenate([top, [(1.02, 1.1), (-0.02, 1.1)]])
        _shape(sheet, body, color, outline=0.0045 if stripe == 0 else 0.0016)


def _wave(sheet: Picture, x: float, y: float, scale: float, sense: int, random: np.random.Generator) -> None:
    """A curling wave: bands between its back and its face, an outline, and foam along the crest."""

    def placed(points: Array) -> Array:
        return np.asarray(points * (sense * scale, scale) + (x, y), np.float32)

    back, face = placed(_spline(BACK, 90)), placed(_spline(FACE, 90))
    body = np.concatenate([back, face[::-1]])
    _shape(sheet, body, PRUSSIAN, outline=0.010)
    shares = np.linspace(0, 1, len(BANDS) + 1) ** 0.92
    for color, near, far in zip(BANDS, shares, shares[1:], strict=False):
        edges = [back * (1 - share) + face * share for share in (near, far)]
        _shape(sheet, np.concatenate([edges[0], edges[1][::-1]]), color, outline=0.0016)
    _lines(sheet, body, INK, 0.0045)
    _foam(sheet, back, scale, sense, random)


def _foam(sheet: Picture, back: Array, scale: float, sense: int, random: np.random.Generator) -> None:
    """Fingers of foam from the crest, each a row of drops that hooks downwards; and spray."""
    drops: list[tuple[float, float, float]] = []
    first = round(0.42 * len(back))
    for index in np.linspace(first, len(back) - 1, 26).astype(int):
        t = (index - first) / (len(back) - 1 - first)
        along = back[min(index + 2, len(back) - 1)] - back[max(index - 2, 0)]
        along = along / (np.linalg.norm(along) + 1e-9)
        out = np.array([along[1], -along[0]]) * sense
        heading = out * (0.35 + 0.5 * t) + along * 0.8
        angle = float(np.arctan2(heading[1], heading[0])) + random.normal(0, 0.25)
        place, radius = back[index] - 0.03 * scale * out, scale * (0.032 + 0.020 * t) * random.uniform(0.8, 1.2)
        for _ in range(4 + round(5 * t)):
            drops.append((*place, radius))
            place = place + 1.15 * radius * np.array([np.cos(angle), np.sin(angle)])
            angle += sense * random.uniform(0.15, 0.42)
            radius *= 0.86
        for turn in (-0.9, 0.0, 0.9):  # the claws at a finger's end
            claw = place + 1.5 * radius * np.array([np.cos(angle + turn), np.sin(angle + turn)])
            drops.append((*claw, 0.8 * radius))
    for _ in range(round(110 * scale)):
        corner = back[random.integers(round(0.7 * len(back)), len(back))]
        drift = random.normal(0, 0.13 * scale, 2) + np.array((0.16 * scale * sense, 0.02 * scale))
        drops.append((*(corner + drift), scale * random.uniform(0.005, 0.013)))
    for grow, color in ((0.0042, INK), (0.0, FOAM)):
        for dx, dy, radius in drops:
            _dot(sheet, (dx, dy), radius + grow, color)
    for dx, dy, radius in drops[::3]:
        if radius > 0.006:
            _dot(sheet, (dx - 0.2 * radius * sense, dy + 0.35 * radius), 0.42 * radius, PALE)


def _printed(sheet: Picture, random: np.random.Generator) -> Array:
    """The sheet as printed: the wood's grain in the ink, the paper's fibres, slightly uneven pressure."""
    side = sheet.shape[0]
    colors = sheet.astype(np.float32) / 255
    darkness = 1 - colors.mean(axis=-1)
    grain = streaks(side, (5, side / 5), random) + 0.6 * streaks(side, (9, side / 2.4), random)
    pressure = noise(side, 6, random, octaves=4)
    fibres = noise(side, side / 5, random)
    shade = 1 + (0.030 * grain + 0.035 * pressure) * (0.35 + darkness) + 0.014 * fibres
    return np.clip(mix(colors * shade[..., None], PAPER, 0.06), 0, 1).astype(np.float32)


def _spline(points: Any, count: int) -> Array:
    """A smooth curve (count, 2) through points, by cubic interpolation over their distances."""
    from scipy.interpolate import PchipInterpolator

    knots = np.asarray(points, np.float64)
    way = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(knots, axis=0), axis=1))])
    return np.asarray(PchipInterpolator(way, knots)(np.linspace(0, way[-1], count)), np.float32)


def _shape(sheet: Picture, points: Array, color: Color, outline: float) -> None:
    import cv2

    corners = np.round(points * sheet.shape[0] * 16).astype(np.int32)
    cv2.fillPoly(sheet, [corners], _paint(color), cv2.LINE_AA, 4)
    _lines(sheet, points, INK, outline, closed=True)


def _lines(sheet: Picture, points: Array, color: Color, width: float, closed: bool = True) -> None:
    import cv2

    corners = np.round(points * sheet.shape[0] * 16).astype(np.int32)
    cv2.polylines(sheet, [corners], closed, _paint(color), max(1, round(width * sheet.shape[0])), cv2.LINE_AA, 4)


def _dot(sheet: Picture, middle: tuple[float, float], radius: float, color: Color) -> None:
    import cv2

    side = sheet.shape[0]
    point = round(middle[0] * side * 16), round(middle[1] * side * 16)
    cv2.circle(sheet, point, max(1, round(radius * side * 16)), _paint(color), -1, cv2.LINE_AA, 4)


def _at(point: tuple[float, float], side: int) -> tuple[int, int]:
    return round(point[0] * side), round(point[1] * side)


def _paint(color: Color) -> tuple[float, ...]:
    return tuple(255 * part for part in color)
