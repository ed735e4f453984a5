"""Colours by code points (ITU-T H.273), as films, PNG (cICP) and AVIF (nclx) name them: HDR and wide gamuts into sRGB.

Linear light is relative to diffuse white, which of HDR is 203 cd/m2 (ITU-R BT.2408). Up to `KNEE` it stays as it is;
brighter light is rolled off, and never reaches 1.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from impasto.images.arrays import Pixels
from impasto.images.spaces import (
    D65,
    LEVELS,
    SRGB_POINTS,
    Floats,
    Space,
    light_to_srgb,
    primaries_to_xyz,
    srgb_to_light,
)

WHITE = 203.0  # cd/m2
DISPLAY = 1000.0  # cd/m2 at most of the display that HLG is made for
SYSTEM_GAMMA = 1.2  # of HLG on that display
KNEE = 0.93  # level 247 of 255; diffuse white comes to 251
PRIMARIES = {
    1: ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060)),  # BT.709, sRGB
    5: ((0.640, 0.330), (0.290, 0.600), (0.150, 0.060)),  # BT.601, 625 lines
    6: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070)),  # BT.601, 525 lines
    7: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070)),  # SMPTE ST 240
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),  # BT.2020, BT.2100
    11: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),  # DCI-P3, whose white is shown as white
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),  # Display P3
}
"""Where red, green and blue lie in CIE 1931 (x, y); the white is D65."""
LUMA = {
    1: (0.2126, 0.0722),
    4: (0.3, 0.11),
    5: (0.299, 0.114),
    6: (0.299, 0.114),
    7: (0.212, 0.087),
    9: (0.2627, 0.0593),
}
"""The weights of red and blue in Y', by the code of the matrix."""
BT709, BT2020, LINEAR, PQ, HLG = 1, 9, 8, 16, 18


@cache
def space(primaries: int, transfer: int) -> Space | None:
    """The way to sRGB; None for what is taken as it is, such as sRGB, BT.709 and all that says nothing.

    The curves of films that are no HDR are taken for that of sRGB, as the values of BT.709's are.
    """
    known = primaries if primaries in PRIMARIES else BT2020 if transfer in (PQ, HLG) else BT709
    if known == BT709 and transfer not in (LINEAR, PQ, HLG):
        return None
    signal = np.linspace(0, 1, LEVELS)
    curve, shown = _TRANSFERS.get(transfer, (srgb_to_light, None))
    matrix = light_to_srgb(np.array([D65, *PRIMARIES[known]])).astype(np.float32)
    return Space(np.tile(curve(signal), (3, 1)).astype(np.float32), matrix, shown)


def yuv_to_rgb(values: np.ndarray[Any, np.dtype[np.uint16]], matrix: int, *, bits: int, full: bool) -> Pixels:
    """R'G'B' in [0, 1] of Y'CbCr (H, W, 3) of 16 bits, of which `bits` count; of full range, or of video's."""
    import cv2

    red, blue = LUMA[matrix]
    step = 1 << (16 - bits)
    black, luma, chroma = (0, 65536 - step, 65536 - step) if full else (16 << 8, 219 << 8, 224 << 8)
    colors = np.array([[1, 0, 2 - 2 * red], [1, 0, 0], [1, 2 - 2 * blue, 0]])
    colors[1, 1:] = -(colors[2, 1] * blue) / (1 - red - blue), -(colors[0, 2] * red) / (1 - red - blue)
    colors /= (luma, chroma, chroma)
    offset = colors @ (-black, -32768, -32768)
    rgb = cv2.transform(values.astype(np.float32), np.column_stack([colors, offset]))
    return rgb.clip(0, 1).astype(np.float32, copy=False)


def named(head: bytes) -> tuple[int, int] | None:
    """The code points of primaries and transfer in the first bytes of a PNG or AVIF."""
    if head.startswith(b"\x89PNG"):
        _, mark, rest = head.partition(b"IDAT")[0].partition(b"\0\0\0\4cICP")
        return (rest[0], rest[1]) if mark and len(rest) >= 4 else None
    _, mark, rest = head.partition(b"\0\0\0\x13colrnclx")
    return (int.from_bytes(rest[:2], "big"), int.from_bytes(rest[2:4], "big")) if mark and len(rest) >= 4 else None


def pq_to_light(signal: Floats) -> Floats:
    """Linear light of the perceptual quantizer (SMPTE ST 2084), up to 10,000 cd/m2."""
    root = signal ** (32 / 2523)
    light: Floats = (np.maximum(root - 107 / 128, 0) / (2413 / 128 - 2392 / 128 * root)) ** (8192 / 1305)
    return light * (10_000 / WHITE)


def hlg_to_scene(signal: Floats) -> Floats:
    """The scene's linear light in [0, 1] of hybrid log-gamma (ARIB STD-B67, ITU-R BT.2100)."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)


def _hlg_shown(scene: Pixels) -> Pixels:
    """Light (H, W, 3) of BT.709's primaries on the display, from the scene's: the system gamma goes by luminance."""
    luminance = np.maximum(scene @ primaries_to_xyz(SRGB_POINTS)[1].astype(np.float32), 0)[..., None]
    return rolled_off(scene * (luminance ** np.float32(SYSTEM_GAMMA - 1) * np.float32(DISPLAY / WHITE)))


def rolled_off(light: Pixels) -> Pixels:
    """Linear light (H, W, 3) brought below 1, by one factor for the three colours of a pixel, so that hues stay."""
    most = np.maximum(np.maximum(light[..., 0], light[..., 1]), light[..., 2])[..., None]
    over = np.maximum(most - np.float32(KNEE), 0) / np.float32(1 - KNEE)
    held = np.minimum(most, np.float32(KNEE)) + np.float32(1 - KNEE) * over / (1 + over)
    return np.where(over > 0, light * (held / np.maximum(most, np.float32(KNEE))), light)


_TRANSFERS: dict[int, tuple[Callable[[Floats], Floats], Callable[[Pixels], Pixels] | None]] = {
    LINEAR: (lambda signal: signal, None),
    PQ: (pq_to_light, rolled_off),
    HLG: (hlg_to_scene, _hlg_shown),
}
