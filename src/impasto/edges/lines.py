"""From soft edges to lines one pixel wide."""

from __future__ import annotations

import numpy as np

from impasto.edges.gradient import Array

SMOOTH = 2.0  # pixels of blur before the direction of an edge is measured
EQUAL = 1.01  # an edge counts as a ridge if no neighbour is stronger than so many times itself


def lines_of(strength: Array, *, threshold: float = 25 / 255, smallest: int = 5) -> Array:
    """Lines (H, W), bool, of soft edges (H, W) in [0, 1]: ridges above a threshold, thinned, without crumbs.

    smallest: pixels of the smallest piece of a line that is kept. These are the steps, and the numbers, by which Isola
    et al. (2017) made lines of the edges that a network had found.
    """
    from skimage.morphology import thin

    lines: Array = thin(ridges(strength) >= max(threshold, 1e-9))  # type: ignore[no-untyped-call]
    return without_crumbs(lines, smallest)


def ridges(strength: Array) -> Array:
    """The soft edges where they are strongest across their own direction; 0 elsewhere."""
    import cv2

    smooth = cv2.GaussianBlur(np.asarray(strength, np.float32), (0, 0), SMOOTH)
    xx, yy, xy = (cv2.Sobel(smooth, cv2.CV_32F, *order, ksize=5) for order in ((2, 0), (0, 2), (1, 1)))
    across = np.arctan2(2 * xy, xx - yy) / 2 + np.pi / 2  # the way in which the edge bends down most
    y, x = np.indices(strength.shape, np.float32)
    kept = np.asarray(strength, np.float32)
    for sign in (-1, 1):
        right = np.asarray(x + sign * np.cos(across), np.float32)
        down = np.asarray(y + sign * np.sin(across), np.float32)
        soft = np.asarray(strength, np.float32)
        beside = cv2.remap(soft, right, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        kept = np.where(EQUAL * strength >= beside, kept, 0)
    return np.asarray(kept)


def without_crumbs(lines: Array, smallest: int) -> Array:
    """The pieces of lines (H, W), bool, that have at least so many pixels, joined at sides or corners."""
    import cv2

    _, labels, counts, _ = cv2.connectedComponentsWithStats(lines.astype(np.uint8), connectivity=8)
    large = counts[:, cv2.CC_STAT_AREA] >= smallest
    large[0] = False  # the ground
    return np.asarray(large[labels])
