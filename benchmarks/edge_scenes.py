"""Scenes drawn by code whose true edges are known: shapes with colours, shading, textures, shadows and noise."""

from __future__ import annotations

import cv2
import numpy as np

from impasto.edges.gradient import Array
from impasto.samples.drawings import DRAWINGS, drawing
from impasto.samples.portraits.canvas import curve

SIDE = 256


def textures() -> list[Array]:
    """The project's drawings, (512, 512, 3)."""
    return [drawing(name, 512).permute(1, 2, 0).numpy() for name in DRAWINGS]


def scene(seed: int, woven: list[Array]) -> tuple[Array, Array]:
    """A picture (SIDE, SIDE, 3), float32 in steps of 1/255, and where its shapes end (SIDE, SIDE), bool.

    Edges of textures, of shadows and of shades are none.
    """
    random = np.random.default_rng(seed)
    white = random.random() < 0.4
    picture = np.full((SIDE, SIDE, 3), random.uniform(0.93, 1)) if white else surface(random, woven)
    owner = np.zeros((SIDE, SIDE), np.int32)
    for number in range(1, random.integers(3, 8)):
        cover = shape(random)
        if random.random() < 0.4:
            cast = np.roll(cover, (random.integers(2, 9), random.integers(-6, 7)), (0, 1))
            shadow = cv2.GaussianBlur(cast, (0, 0), random.uniform(2, 7))
            picture = picture * (1 - random.uniform(0.2, 0.5) * shadow[..., None])
        picture = picture * (1 - cover[..., None]) + surface(random, woven) * cover[..., None]
        owner[cover > 0.5] = number
    seen = cv2.GaussianBlur(picture, (0, 0), random.uniform(0.3, 1.0))
    seen = np.clip(seen + random.normal(0, random.uniform(0, 0.02), seen.shape), 0, 1)
    stored = (255 * seen).astype(np.uint8)
    if random.random() < 0.5:
        coded = cv2.imencode(".jpg", stored, [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(60, 95))])[1]
        stored = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR))
    edges = np.zeros(owner.shape, bool)
    edges[:, 1:] |= owner[:, 1:] != owner[:, :-1]
    edges[1:] |= owner[1:] != owner[:-1]
    return stored.astype(np.float32) / 255, edges


def surface(random: np.random.Generator, woven: list[Array]) -> Array:
    """What a shape is made of: a colour with shades and perhaps a highlight and grain, or a texture."""
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32) / SIDE
    angle, base = random.uniform(0, 2 * np.pi), random.uniform(0.05, 0.95, 3)
    slope = random.uniform(-0.5, 0.5) * (np.cos(angle) * x + np.sin(angle) * y)
    picture = base + slope[..., None]
    if random.random() < 0.45:
        side = int(512 * random.uniform(0.25, 0.8))
        texture = cv2.resize(woven[random.integers(len(woven))], (side, side), interpolation=cv2.INTER_AREA)
        tiled = np.tile(texture, (-(-SIDE // side), -(-SIDE // side), 1))[:SIDE, :SIDE]
        picture = picture + random.uniform(0.2, 0.9) * (tiled - tiled.mean((0, 1)))
    else:
        if random.random() < 0.4:
            (right, down), wide = random.random(2), random.uniform(0.05, 0.2)
            light = np.exp(-((x - right) ** 2 + (y - down) ** 2) / (2 * wide * wide))
            picture = picture + random.uniform(-0.4, 0.5) * light[..., None]
        if random.random() < 0.5:
            grain = cv2.GaussianBlur(random.normal(0, 1, (SIDE, SIDE)), (0, 0), random.uniform(0.7, 3))
            picture = picture + random.uniform(0, 0.1) * grain[..., None]
    return np.clip(picture, 0, 1)


def shape(random: np.random.Generator) -> Array:
    """How much of each pixel a blob or a polygon covers (SIDE, SIDE)."""
    middle, radius, corners = random.uniform(0.2, 0.8, 2), random.uniform(0.1, 0.42), random.integers(4, 10)
    angles = np.sort(random.uniform(0, 2 * np.pi, corners))
    reach = radius * random.uniform(0.55, 1.15, corners)
    points = middle + reach[:, None] * np.stack([np.cos(angles), np.sin(angles)], -1)
    if random.random() < 0.7:
        points = curve([(float(x), float(y)) for x, y in points], closed=True)
    large = np.zeros((2 * SIDE, 2 * SIDE), np.uint8)
    cv2.fillPoly(large, [np.rint(points * 2 * SIDE * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return cv2.resize(large, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
