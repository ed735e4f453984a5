"""Edges where colours change fastest (Canny 1986), whatever the order of the channels."""

from __future__ import annotations

import numpy as np

from impasto.edges.gradient import Array, colour_gradient

SCALE = 16000  # of gradients as 16-bit numbers


def canny(pixels: Array, *, sigma: float = 2.0, low: float = 0.02, high: float = 0.05) -> Array:
    """Lines (H, W), bool, of pixels (H, W, 3) in [0, 1].

    sigma: the blur before, in pixels. low, high: changes of colour per pixel; a line is followed as long as it is above
    the one, if it is somewhere above the other.
    """
    import cv2

    strength, direction = colour_gradient(pixels, sigma)
    right, down = (np.rint(SCALE * strength * way(direction)).astype(np.int16) for way in (np.cos, np.sin))
    return np.asarray(cv2.Canny(right, down, SCALE * low, SCALE * high, L2gradient=True) > 0)
