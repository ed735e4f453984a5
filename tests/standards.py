"""Colours by the formulas of their standards, in double precision, from sRGB to what a file holds."""

from __future__ import annotations

import numpy as np

PQ, HLG = 16, 18  # code points of ITU-T H.273
WHITE = 203  # cd/m2, ITU-R BT.2408
COLORS = ((200, 60, 40), (128, 128, 128), (20, 90, 200), (12, 14, 10), (240, 230, 235), (60, 200, 90))
TO_2020 = ((0.6274, 0.3293, 0.0433), (0.0691, 0.9195, 0.0114), (0.0164, 0.0880, 0.8956))  # ITU-R BT.2087
TO_P3 = ((0.82246, 0.17754, 0.0), (0.03319, 0.96681, 0.0), (0.01708, 0.07240, 0.91052))


def light(color) -> np.ndarray:
    """Linear light of sRGB."""
    values = np.array(color, np.float64) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def srgb(values: np.ndarray) -> np.ndarray:
    return np.where(values <= 0.0031308, 12.92 * values, 1.055 * np.maximum(values, 0) ** (1 / 2.4) - 0.055)


def pq(nits: np.ndarray) -> np.ndarray:
    """SMPTE ST 2084, the inverse of its EOTF."""
    power = (np.array(nits, np.float64) / 10000) ** (2610 / 16384)
    return ((3424 / 4096 + 2413 / 128 * power) / (1 + 2392 / 128 * power)) ** (2523 / 32)


def hlg(nits: np.ndarray) -> np.ndarray:
    """ITU-R BT.2100: the inverse of the OOTF for a display of 1000 cd/m2, and the OETF."""
    shown = np.array(nits, np.float64) / 1000
    luminance = float(shown @ (0.2627, 0.6780, 0.0593))
    scene = shown * luminance ** ((1 - 1.2) / 1.2) if luminance else shown
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), a * np.log(np.maximum(12 * scene - b, 1e-9)) + c)


CURVES = {PQ: pq, HLG: hlg}
