"""Colour profiles followed in floating point, so that deep pictures keep all their levels on the way to sRGB."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from PIL import Image

from impasto.images.arrays import Pixels
from impasto.images.icc import grey_curve, transform_to_srgb

if TYPE_CHECKING:
    from PIL import ImageCms

Floats: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"

LEVELS = 65536  # of a curve's table, and of that of sRGB's own
SPAN = 1 << 17  # pixels that are converted at a time
_PARAMETERS = (1, 3, 4, 5, 7)  # of each kind of parametric curve


@dataclass(frozen=True)
class Space:
    """A colour space by its curves, linear light for `LEVELS` values (3, LEVELS), and its way to linear sRGB (3, 3)."""

    curves: Pixels
    matrix: Pixels
    shown: Callable[[Pixels], Pixels] | None = None  # what a display makes of linear light (H, W, 3), in [0, 1]

    def to_srgb(self, pixels: Pixels) -> Pixels:
        """Pixels (H, W, 3) in [0, 1] in sRGB; what it cannot show is cut off, as relative colorimetric intent does."""
        import cv2

        index = _places(pixels)
        if (self.curves == self.curves[:1]).all():
            linear = self.curves[0][index]
        else:
            linear = np.stack([curve[index[..., k]] for k, curve in enumerate(self.curves)], -1)
        linear = cv2.transform(linear, self.matrix).reshape(pixels.shape).astype(np.float32, copy=False)
        linear = linear if self.shown is None else self.shown(linear)
        found: Pixels = _srgb_of_roots()[_places(np.sqrt(np.clip(linear, 0, 1, out=linear), out=linear))]
        return found


def _places(values: Pixels) -> np.ndarray[Any, np.dtype[np.uint16]]:
    """The nearest of `LEVELS` places in a table for values in [0, 1]."""
    return (values * np.float32(LEVELS - 1) + np.float32(0.5)).astype(np.uint16)


@cache
def _srgb_of_roots() -> Pixels:
    """Values in sRGB (IEC 61966-2-1) by the square root of linear light, so that dark ones are as fine as the rest."""
    linear = np.linspace(0, 1, LEVELS) ** 2
    bright = 1.055 * linear ** (1 / 2.4) - 0.055
    return np.where(linear <= 0.0031308, 12.92 * linear, bright).astype(np.float32)


def profile_to_srgb(pixels: Pixels, profile: bytes | None) -> Pixels:
    """Pixels (H, W, 1 to 4) in [0, 1] in the space of an ICC profile, in sRGB; changed in place, alpha left alone.

    A profile of curves and primaries (ICC.1:2022, 8.3.4) is followed exactly, any other between
    what it gives the nearest colours of 8 bits. Profiles that `icc.to_srgb` passes over are passed over here.
    """
    curve = grey_curve(profile)
    if curve is not None:
        colors = pixels[..., : 1 if pixels.shape[2] < 3 else 3]
        colors[...] = np.interp(colors, np.linspace(0, 1, len(curve)), curve)
        return pixels
    transform, _ = transform_to_srgb("RGB", profile)
    if profile is None or transform is None or pixels.shape[2] < 3:
        return pixels
    space = matrix_space(profile)
    return in_parts(pixels, (lambda part: _followed(part, transform)) if space is None else space.to_srgb)


def in_parts(pixels: Pixels, convert: Callable[[Pixels], Pixels]) -> Pixels:
    """Pixels (H, W, 1 to 4) with their colours converted, some rows at a time; changed in place, alpha left alone."""
    rows, grey = max(1, SPAN // pixels.shape[1]), pixels.shape[2] < 3
    for first in range(0, len(pixels), rows):
        part = pixels[first : first + rows, :, : 1 if grey else 3]
        part[...] = convert(np.repeat(part, 3, axis=2))[..., :1] if grey else convert(part)
    return pixels


def srgb_to_light(values: Floats) -> Floats:
    """Linear light of sRGB (IEC 61966-2-1)."""
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


D65 = (0.3127, 0.3290)
SRGB_POINTS = np.array([D65, (0.64, 0.33), (0.30, 0.60), (0.15, 0.06)])
"""White, red, green and blue of sRGB in CIE 1931 (x, y)."""
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def light_to_srgb(points: Floats) -> Floats:
    """From linear light of primaries to that of sRGB, white to white (Bradford's transform: ICC.1:2022, annex E).

    points: white, red, green and blue in CIE 1931 (x, y), (4, 2). Raises LinAlgError for those that span no colours.
    """
    theirs, ours = primaries_to_xyz(points), primaries_to_xyz(SRGB_POINTS)
    cones = [_BRADFORD @ each.sum(1) for each in (theirs, ours)]
    adapted = np.linalg.solve(_BRADFORD, np.diag(cones[1] / cones[0]) @ _BRADFORD)
    return np.linalg.solve(ours, adapted @ theirs).astype(np.float64)


def primaries_to_xyz(points: Floats) -> Floats:
    """XYZ of linear red, green and blue, one in each column, which are white together, whose Y is 1.

    points: white, red, green and blue in CIE 1931 (x, y), (4, 2).
    """
    x, y = points.T
    white, *columns = np.stack([x / y, np.ones(4), (1 - x - y) / y], axis=1)
    xyz = np.stack(columns, axis=1)
    return xyz * np.linalg.solve(xyz, white)


def matrix_space(profile: bytes) -> Space | None:
    """The space of a profile that has curves and primaries and nothing else to follow; None for any other."""
    try:
        tags = _tags(profile)
        if not {"rXYZ", "gXYZ", "bXYZ", "rTRC", "gTRC", "bTRC"} <= set(tags) or {"A2B0", "A2B1"} & set(tags):
            return None
        primaries = _primaries(tags)
        curves = np.stack([_curve(tags[f"{color}TRC"]) for color in "rgb"])
    except (struct.error, ValueError, IndexError, ZeroDivisionError):
        return None
    matrix = np.linalg.inv(_srgb_primaries()) @ primaries
    return Space(curves.astype(np.float32), matrix.astype(np.float32))


def _tags(profile: bytes) -> dict[str, bytes]:
    """The tagged elements of a profile, by name (ICC.1:2022, 7.3)."""
    (count,) = struct.unpack(">I", profile[128:132])
    entries = [struct.unpack(">4sII", profile[132 + 12 * k : 144 + 12 * k]) for k in range(min(count, 100))]
    return {name.decode("latin-1"): profile[start : start + size] for name, start, size in entries}


def _primaries(tags: Mapping[str, bytes]) -> Floats:
    """XYZ under D50 of linear red, green and blue, one in each column."""
    return np.array([struct.unpack(">3i", tags[f"{color}XYZ"][8:20]) for color in "rgb"]).T / 65536


@cache
def _srgb_primaries() -> Floats:
    from PIL import ImageCms

    return _primaries(_tags(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()))


def _curve(data: bytes) -> Floats:
    """Linear light for `LEVELS` values in [0, 1], of a curve of one of both types (ICC.1:2022, 10.6 and 10.18)."""
    x = np.linspace(0, 1, LEVELS)
    if data[:4] == b"curv":
        (count,) = struct.unpack(">I", data[8:12])
        if count == 0:
            return x
        values = np.frombuffer(data, dtype=">u2", count=count, offset=12).astype(np.float64)
        return x ** (values[0] / 256) if count == 1 else np.interp(x, np.linspace(0, 1, count), values / 65535)
    if data[:4] != b"para":
        raise ValueError("no curve")
    (kind,) = struct.unpack(">H", data[8:10])
    g, *rest = (value / 65536 for value in struct.unpack_from(f">{_PARAMETERS[kind]}i", data, 12))
    a, b = rest[:2] if rest else (1.0, 0.0)
    c = d = e = f = 0.0
    if kind in (1, 2):
        d = -b / a
        e = f = rest[2] if kind == 2 else 0.0
    elif kind in (3, 4):
        c, d, e, f = (*rest[2:], 0.0, 0.0)[:4]
    curved: Floats = np.where(x >= d, np.maximum(a * x + b, 0) ** g + e, c * x + f)
    return curved.clip(0, 1)


def _followed(pixels: Pixels, transform: ImageCms.ImageCmsTransform) -> Pixels:
    """Pixels (H, W, 3) in [0, 1] in sRGB, between those that a transform gives the colours of 8 bits around each."""
    below = np.clip(np.floor(pixels * 255), 0, 254).astype(np.uint8)
    rest = pixels * np.float32(255) - below

    def found(colors: np.ndarray[Any, np.dtype[np.uint8]]) -> Pixels:
        return np.asarray(transform.apply(Image.fromarray(colors))).astype(np.float32)

    start = found(below)
    result = start.copy()
    for k, step in enumerate(np.eye(3, dtype=np.uint8)):
        result += rest[..., k : k + 1] * (found(below + step) - start)
    return np.clip(result / 255, 0, 1)
