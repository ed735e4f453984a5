"""Lines as a pen draws them: the extended difference of Gaussians (Winnemoller, Kyprianidis & Olsen 2012)."""

from __future__ import annotations

import numpy as np

from impasto.edges.gradient import Array

RATIO = 1.6  # of the two blurs, by which their difference is nearly a Laplacian


def xdog(
    light: Array, *, sigma: float = 1.0, sharpness: float = 20.0, level: float = 0.7, slope: float = 10.0
) -> Array:
    """How white the paper stays (H, W), in [0, 1], for luminance (H, W) in [0, 1].

    sigma: the finer blur, in pixels. sharpness: p, how much of the difference is added. level: epsilon, above which all
    is white; slope: phi, how fast it gets black below.
    """
    import cv2

    fine, coarse = (cv2.GaussianBlur(np.asarray(light, np.float32), (0, 0), it) for it in (sigma, RATIO * sigma))
    sharpened = (1 + sharpness) * fine - sharpness * coarse
    return np.where(sharpened >= level, 1.0, 1 + np.tanh(slope * (sharpened - level))).clip(0, 1).astype(np.float32)
