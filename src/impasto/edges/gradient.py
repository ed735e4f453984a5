"""How fast the colours of a picture change, and which way: one gradient for all channels (Di Zenzo 1986)."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
SOBEL = 8  # the sum of a Sobel kernel's positive weights, in pixels


def colour_gradient(pixels: Array, sigma: float) -> tuple[Array, Array]:
    """The change of colour per pixel (H, W), and its direction in radians, of pixels (H, W, 3) in [0, 1].

    It is that of the largest eigenvalue of the summed structure tensors. The sums do not depend on the channels' order,
    to the last bit. Where two colours of equal grey meet, it sees the edge. `sigma` is the blur before, in pixels.
    """
    import cv2

    smooth = cv2.GaussianBlur(np.asarray(pixels, np.float32), (0, 0), sigma) if sigma > 0 else pixels
    right, down = (cv2.Sobel(smooth, cv2.CV_32F, *order, ksize=3) / SOBEL for order in ((1, 0), (0, 1)))
    xx, yy, xy = _sum(right * right), _sum(down * down), _sum(right * down)
    spread = np.sqrt(((xx - yy) / 2) ** 2 + xy * xy)
    return np.sqrt((xx + yy) / 2 + spread), np.arctan2(2 * xy, xx - yy) / 2


def _sum(channels: Array) -> Array:
    """The sum over the last axis, smallest first."""
    low, middle, high = np.moveaxis(np.sort(channels, axis=-1), -1, 0)
    return np.asarray(low + middle + high)
