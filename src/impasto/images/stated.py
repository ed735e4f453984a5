"""Colours that a file states by numbers, its gamma and where its primaries lie, followed into sRGB."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image

from impasto.images.spaces import LEVELS, SRGB_POINTS, Floats, Space, light_to_srgb, srgb_to_light

WHITE_POINT, CHROMATICITIES, TRANSFER = 318, 319, 301
"""The tags of TIFF (6.0, section 20)."""

_NEAR = 0.002  # coordinates that differ by no more are sRGB's, rounded
_LIKE = 0.01  # light that differs by no more is sRGB's: a gamma of 2.2 is what files say of sRGB
_GREY = ("1", "L", "LA", "La", "I", "F")


def stated(picture: Image.Image) -> Space | None:
    """The space of a PNG or TIFF as Pillow has it; None if that is sRGB, or said by a profile, or not at all.

    Of a PNG a chunk sRGB goes before gAMA and cHRM (third edition, 4.3).
    """
    info, grey = picture.info, picture.mode in _GREY or picture.mode.startswith("I;16")
    if "icc_profile" in info or (not grey and picture.mode not in ("P", "PA", "RGB", "RGBA", "RGBX", "RGBa")):
        return None
    if picture.format == "TIFF":
        return of_tags(getattr(picture, "tag_v2", {}), grey=grey)
    if picture.format != "PNG" or "srgb" in info:
        return None
    gamma = info.get("gamma", 0.0)
    curves = np.linspace(0, 1, LEVELS)[None] ** (1 / gamma) if 0.05 <= gamma <= 20 else None
    return _space(curves, info.get("chromaticity", SRGB_POINTS.ravel()), grey=grey)


def of_tags(tags: Mapping[int, Any], *, grey: bool) -> Space | None:
    """The space that the tags of a TIFF state: where white and the primaries lie, and the light of each value.

    Coordinates are numbers, or pairs of numerator and denominator. Tags that make no sense say nothing.
    """
    try:
        white, others = _numbers(tags.get(WHITE_POINT), 2), _numbers(tags.get(CHROMATICITIES), 6)
        curves, table = None, tags.get(TRANSFER)
        if table is not None:
            values = np.asarray(table, np.float64).reshape(1 if len(table) % 3 else 3, -1) / 65535
            places = np.linspace(0, 1, values.shape[1])
            curves = np.stack([np.interp(np.linspace(0, 1, LEVELS), places, row) for row in values])
    except (ValueError, TypeError, ZeroDivisionError):
        return None
    return _space(curves, [*(white or SRGB_POINTS[0]), *(others or SRGB_POINTS[1:].ravel())], grey=grey)


def _numbers(values: Sequence[Any] | None, count: int) -> list[float]:
    if values is None or len(values) != 2 * count:
        return [float(value) for value in values or ()]
    return [top / bottom for top, bottom in zip(values[::2], values[1::2], strict=True)]


def _space(curves: Floats | None, chromaticities: Sequence[Any], *, grey: bool) -> Space | None:
    """The space of curves, (1 or 3, LEVELS), and chromaticities; what cannot be is taken for sRGB's."""
    own = srgb_to_light(np.linspace(0, 1, LEVELS))[None]
    matrix = None if grey else _matrix(chromaticities)
    if matrix is None and (curves is None or np.abs(curves - own).max() < _LIKE):
        return None
    found = np.broadcast_to(own if curves is None else curves, (3, LEVELS)).astype(np.float32)
    return Space(found, (np.eye(3) if matrix is None else matrix).astype(np.float32))


def _matrix(chromaticities: Sequence[Any]) -> Floats | None:
    """From linear light of these primaries to that of sRGB, white to white; None if they are the same, or cannot be."""
    try:
        points = np.array([float(value) for value in chromaticities]).reshape(4, 2)
        if np.abs(points - SRGB_POINTS).max() <= _NEAR or not (points[:, 1] > 0).all():
            return None
        found = light_to_srgb(points)
    except (ValueError, TypeError, ZeroDivisionError, np.linalg.LinAlgError):
        return None
    return found if bool(np.isfinite(found).all() and np.abs(found).max() < 100) else None
