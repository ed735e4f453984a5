"""Portraits drawn by code: friendly faces with known traits, the same bytes for the same seed and number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impasto.samples.portraits import features, hair
from impasto.samples.portraits.canvas import Array, Canvas, Nowhere, Surface, curve, ellipse, mixed, moved, shade
from impasto.samples.portraits.head import Head
from impasto.samples.portraits.traits import Traits, traits

Box = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels; right and bottom are the first that are outside."""


@dataclass(frozen=True)
class Portrait:
    """A portrait: its picture, uint8 (size, size, 3), its traits, and the boxes of what not everybody has."""

    picture: Array
    traits: Traits
    boxes: dict[str, Box]


def portrait(seed: int, number: int, size: int = 64) -> Portrait:
    """Draw portrait `number` of a seed, `size` pixels a side.

    >>> drawn = portrait(0, 2)
    >>> drawn.picture.shape, sorted(drawn.boxes) == [name for name in ("glasses", "hat") if getattr(drawn.traits, name)]
    ((64, 64, 3), True)
    """
    of = traits(seed, number)
    head = Head.of(of)
    canvas = Canvas(size, mixed(of.ground, (1.0, 1.0, 1.0), 0.25), shade(of.ground, 0.90))
    canvas.fill(ellipse(0.5, 0.46, 0.44, 0.44), mixed(of.ground, (1.0, 1.0, 1.0), 0.38))
    hair.behind(canvas, of, head)
    _shoulders(canvas, of, head)
    features.ear(canvas, of, head)
    features.skin(canvas, of, head)
    features.eyes(canvas, of, head)
    features.nose(canvas, of, head)
    features.mouth(canvas, of, head)
    hair.before(canvas, of, head)
    boxes = _extras(canvas, of, head, size)
    return Portrait(canvas.picture(), of, boxes)


def boxes_of(seed: int, number: int, size: int = 64) -> dict[str, Box]:
    """Where glasses and hat of a portrait are, without drawing it."""
    of = traits(seed, number)
    return _extras(Nowhere(), of, Head.of(of), size)


def _extras(canvas: Surface, of: Traits, head: Head, size: int) -> dict[str, Box]:
    """Draw what not everybody has; returns where it is."""
    boxes = {}
    if of.glasses:
        boxes["glasses"] = _box(features.glasses(canvas, of, head), size)
    if of.hat:
        boxes["hat"] = _box(hair.hat(canvas, of, head), size)
    return boxes


def _shoulders(canvas: Surface, of: Traits, head: Head) -> None:
    """Neck and clothes."""
    wide = 0.46 * head.width
    chin = head.y + 0.9 * head.height
    jaw = np.array([(head.x - wide, chin - 0.12), (head.x + wide, chin - 0.12)])
    middle = 0.5 + 0.5 * (head.x - 0.5)
    top = 0.855
    left = [(-0.40, 1.06), (-0.37, 0.945), (-0.22, 0.885), (-0.11, top)]
    body = [*left, (0.0, top + 0.03), *((-x, y) for x, y in reversed(left))]
    clothes = canvas.fill(moved(curve(body), middle, 0), of.clothes)
    if of.striped:
        for y in (0.915, 0.965):
            band = curve([(middle - 0.42, y + 0.03), (middle, y), (middle + 0.42, y + 0.03)])
            canvas.glaze(np.concatenate([band, moved(band[::-1], 0, 0.024)]), of.trim, 1.0, within=clothes)
    collar = curve([(head.x + 1.12 * wide, top + 0.005), (head.x, top + 0.075), (head.x - 1.12 * wide, top + 0.005)])
    neck = canvas.fill(np.concatenate([jaw, collar]), shade(of.skin, 0.92))
    shadow = ellipse(head.x + 0.01, chin + 0.035, 1.15 * wide, 0.055)
    canvas.glaze(shadow, shade(of.skin, 0.62), 0.5, blur=0.012, within=neck)
    canvas.line(collar, of.trim if not of.striped else shade(of.clothes, 0.8), 0.022)


def _box(points: Array, size: int) -> Box:
    """The pixels that points in sides of the picture are in."""
    left, top = np.clip(np.floor(points.min(0) * size), 0, size - 1).astype(int)
    right, bottom = np.clip(np.ceil(points.max(0) * size), 1, size).astype(int)
    return int(left), int(top), int(right), int(bottom)
