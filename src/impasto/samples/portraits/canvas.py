"""Antialiased shapes on a square canvas, in units of its side: x to the right, y downwards."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Color = tuple[float, float, float]
"""Red, green and blue, in [0, 1]."""

LEAST = 192  # pixels of a canvas's side: smaller pictures are drawn larger, and reduced
BITS = 4  # of a pixel's fraction in a point
TURN = np.linspace(0, 2 * np.pi, 48, endpoint=False)
COSINE, SINE = np.cos(TURN), np.sin(TURN)
_T = np.linspace(0, 1, 8, endpoint=False)[:, None]  # from one of a curve's points to the next
BASIS = 0.5 * np.concatenate(
    [2 * _T**2 - _T - _T**3, 2 - 5 * _T**2 + 3 * _T**3, _T + 4 * _T**2 - 3 * _T**3, _T**3 - _T**2], 1
)
"""Weights (8, 4) of four points in a row for the places between the middle two (Catmull & Rom 1974)."""


class Surface(Protocol):
    """What shapes are drawn on."""

    def fill(self, points: Array, color: Color) -> Array:
        """Fill a polygon (N, 2), and return its points."""

    def line(self, points: Array, color: Color, width: float, *, closed: bool = False) -> None:
        """Draw a line with round ends through points (N, 2)."""

    def glaze(
        self, points: Array, color: Color, share: float, *, blur: float = 0.0, within: Array | None = None
    ) -> None:
        """Let a polygon's colour cover what is there by a share; `blur` softens its edge, `within` cuts it."""


class Nowhere:
    """A surface that keeps nothing: to know where something would be."""

    def fill(self, points: Array, color: Color) -> Array:  # noqa: ARG002 - a surface's
        """The points alone."""
        return points

    def line(self, points: Array, color: Color, width: float, *, closed: bool = False) -> None:
        """Nothing."""

    def glaze(
        self, points: Array, color: Color, share: float, *, blur: float = 0.0, within: Array | None = None
    ) -> None:
        """Nothing."""


class Canvas:
    """A picture that is being drawn, several times as large as it will be."""

    def __init__(self, size: int, top: Color, bottom: Color) -> None:
        """`size` is the side of the picture in pixels; its ground goes from one colour to the other."""
        self.size = size
        self.side = size * max(2, -(-LEAST // size))
        share = np.linspace(0, 1, self.side, dtype=np.float32)[:, None, None]
        ground = (1 - share) * np.asarray(top, np.float32) + share * np.asarray(bottom, np.float32)
        self.pixels: Array = np.empty((self.side, self.side, 3), np.uint8)
        self.pixels[:] = np.rint(255 * ground)

    def fill(self, points: Array, color: Color) -> Array:
        """Fill a polygon (N, 2), and return its points."""
        import cv2

        cv2.fillPoly(self.pixels, [self._fixed(points)], _bytes(color), cv2.LINE_AA, BITS)
        return points

    def line(self, points: Array, color: Color, width: float, *, closed: bool = False) -> None:
        """Draw a line with round ends through points (N, 2)."""
        import cv2

        thick = max(1, round(width * self.side))
        cv2.polylines(self.pixels, [self._fixed(points)], closed, _bytes(color), thick, cv2.LINE_AA, BITS)

    def glaze(
        self, points: Array, color: Color, share: float, *, blur: float = 0.0, within: Array | None = None
    ) -> None:
        """Let a polygon's colour cover what is there by a share; `blur` softens its edge, `within` cuts it."""
        import cv2

        low = np.clip(np.floor((points.min(0) - 3 * blur) * self.side).astype(int) - 1, 0, self.side)
        high = np.clip(np.ceil((points.max(0) + 3 * blur) * self.side).astype(int) + 2, 0, self.side)
        if (high <= low).any():
            return
        mask = np.zeros((high[1] - low[1], high[0] - low[0]), np.uint8)
        cv2.fillPoly(mask, [self._fixed(points, low)], 255, cv2.LINE_AA, BITS)
        if blur:
            mask = cv2.GaussianBlur(mask, (0, 0), blur * self.side)
        if within is not None:
            inside = np.zeros_like(mask)
            cv2.fillPoly(inside, [self._fixed(within, low)], 255, cv2.LINE_AA, BITS)
            mask = np.minimum(mask, inside)
        part = self.pixels[low[1] : high[1], low[0] : high[0]]
        cover = cv2.merge([cv2.convertScaleAbs(mask, alpha=share)] * 3)
        paint = np.full_like(cover, _bytes(color))
        part[:] = cv2.add(cv2.multiply(part, 255 - cover, scale=1 / 255), cv2.multiply(paint, cover, scale=1 / 255))

    def picture(self) -> Array:
        """The picture, uint8 (size, size, 3): each pixel is the mean of what was drawn there."""
        import cv2

        return np.asarray(cv2.resize(self.pixels, (self.size, self.size), interpolation=cv2.INTER_AREA))

    def _fixed(self, points: Array, corner: Array | None = None) -> Array:
        """Points as whole numbers of 1/16 pixel, from a corner in pixels; the middle of the first pixel is (0, 0)."""
        pixels = points * self.side - 0.5 - (0 if corner is None else corner)
        return np.rint(pixels * (1 << BITS)).astype(np.int32)


def ellipse(x: float, y: float, width: float, height: float, *, angle: float = 0.0) -> Array:
    """The outline of an ellipse around (x, y), given by its half axes, turned by an angle in radians."""
    cosine, sine = np.cos(angle), np.sin(angle)
    outline = np.empty((len(TURN), 2))
    outline[:, 0] = x + (cosine * width) * COSINE - (sine * height) * SINE
    outline[:, 1] = y + (sine * width) * COSINE + (cosine * height) * SINE
    return outline


def rounded(x: float, y: float, width: float, height: float, power: float = 4.0) -> Array:
    """The outline of a rectangle with round corners, a superellipse, given by its half sides."""
    along, across = (np.sign(it) * np.abs(it) ** (2 / power) for it in (COSINE, SINE))
    return np.stack([x + width * along, y + height * across], -1)


def curve(points: list[tuple[float, float]], *, closed: bool = False) -> Array:
    """A smooth line through points (Catmull & Rom 1974), (N, 2)."""
    given = np.asarray(points, np.float64)
    if closed:
        padded = np.concatenate([given[-1:], given, given[:2]])
    else:
        padded = np.concatenate([2 * given[:1] - given[1:2], given, 2 * given[-1:] - given[-2:-1]])
    spans = BASIS @ np.stack([padded[k : len(padded) - 3 + k] for k in range(4)], 1)
    line = spans.reshape(-1, 2)
    return line if closed else np.concatenate([line, given[-1:]])


def moved(points: Array, right: float, down: float) -> Array:
    """Points (N, 2), moved."""
    return np.asarray(points + np.array((right, down)))


def shade(color: Color, factor: float) -> Color:
    """A darker colour (factor below 1), or a lighter one: then it goes towards white by what is above 1."""
    if factor <= 1:
        return (color[0] * factor, color[1] * factor, color[2] * factor)
    return mixed(color, (1.0, 1.0, 1.0), factor - 1)


def mixed(one: Color, other: Color, share: float) -> Color:
    """A colour between two; `share` is that of the other."""
    red, green, blue = ((1 - share) * a + share * b for a, b in zip(one, other, strict=True))
    return (red, green, blue)


def _bytes(color: Color) -> tuple[int, int, int]:
    red, green, blue = (min(255, max(0, round(255 * it))) for it in color)
    return (red, green, blue)
