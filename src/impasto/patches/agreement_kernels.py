"""The compiled loop of voting by agreement."""

from __future__ import annotations

import numpy as np
from numba import prange

from impasto.compilation import parallel


@parallel()
def agreeing_votes(field, values, weights, row_of, column_of, patch, sharpness, wrap, into):  # type: ignore[no-untyped-def]
    """Fill `into` (H, W, C): each pixel a mean of the pixels that patches propose, by how far the patches agree.

    `row_of` (H,) and `column_of` (W,) say which row and column of the field begins there, or -1.
    """
    height, width, channels = into.shape
    most = patch * patch  # patches over a pixel, at the most
    for y in prange(height):
        places = np.empty((most, 2), np.int64)
        shares = np.empty(most, np.float32)
        total = np.empty(channels, np.float32)
        for x in range(width):
            count = 0  # of different exemplar pixels that are proposed
            for dy in range(patch):
                top = y - dy
                if top < 0:
                    if not wrap:
                        break
                    top += height
                i = row_of[top]
                if i < 0:
                    continue
                for dx in range(patch):
                    left = x - dx
                    if left < 0:
                        if not wrap:
                            break
                        left += width
                    j = column_of[left]
                    if j < 0:
                        continue
                    ky, kx = field[i, j, 0] + dy, field[i, j, 1] + dx
                    known = 0
                    while known < count and (places[known, 0] != ky or places[known, 1] != kx):
                        known += 1
                    if known == count:
                        places[known, 0] = ky
                        places[known, 1] = kx
                        shares[known] = 0
                        count += 1
                    shares[known] += weights[i, j]
            largest = np.float32(0)
            for n in range(count):
                largest = max(largest, shares[n])
            total[:] = 0
            weight = np.float32(0)
            for n in range(count):
                share = (shares[n] / largest) ** sharpness
                weight += share
                for c in range(channels):
                    total[c] += share * values[places[n, 0], places[n, 1], c]
            for c in range(channels):
                into[y, x, c] = total[c] / weight
