"""Compiled PatchMatch for the k nearest patches; see `kernels` for what the arrays are.

A field is int32 (h, w, k, 2) and its scores float32 (h, w, k), nearest first.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from impasto.compilation import parallel
from impasto.patches.kernels import _GOLDEN, BAND, FAST, U, _distance, _mix


@njit(fastmath=FAST)
def _offer(q, k, at, y, x, places, scores, allowed, steps, patch, run, channels, k_width):  # type: ignore[no-untyped-def]
    """Put a key patch among the nearest of one query patch, if it belongs there."""
    if y < 0 or x < 0 or y >= allowed.shape[0] or x >= allowed.shape[1] or not allowed[y, x]:
        return
    count = len(scores)
    for n in range(count):
        if places[n, 0] == y and places[n, 1] == x:
            return
    d = _distance(q, k, at, (y * k_width + x) * channels, steps[0], steps[1], patch, run, scores[count - 1])
    if d >= scores[count - 1]:
        return
    n = count - 1
    while n > 0 and scores[n - 1] > d:
        scores[n] = scores[n - 1]
        places[n, 0] = places[n - 1, 0]
        places[n, 1] = places[n - 1, 1]
        n -= 1
    scores[n] = d
    places[n, 0] = y
    places[n, 1] = x


@parallel(fastmath=FAST)
def improve_k_nearest(  # type: ignore[no-untyped-def]
    q,
    k,
    rows,
    columns,
    counted,
    allowed,
    similar,
    before,
    field,
    score,
    patch,
    channels,
    q_width,
    k_width,
    height,
    width,
    wrap,
    backward,
    seed,
):
    """One round: propagation of all that the neighbours have and what is like it (k-coherence), then random search.

    `similar` (hk, wk, m, 2) are the key patches that are like each key patch; m may be 0.
    """
    h, w, count = score.shape
    kh, kw = allowed.shape
    run = patch * channels
    steps = (q_width * channels, k_width * channels)
    step = 1 if backward else -1
    for band in prange((h + BAND - 1) // BAND):
        first = band * BAND
        last = min(h, first + BAND)
        for turn in range(last - first):
            i = last - 1 - turn if backward else first + turn
            for place in range(w):
                j = w - 1 - place if backward else place
                if not counted[i, j]:
                    continue
                places, scores = field[i, j], score[i, j]
                at = (rows[i] * q_width + columns[j]) * channels
                for way in range(2):
                    n, m = (i + step, j) if way == 0 else (i, j + step)
                    if not wrap and (n < 0 or n >= h or m < 0 or m >= w):
                        continue
                    dy = height if n < 0 else (-height if n >= h else 0)
                    dx = width if m < 0 else (-width if m >= w else 0)
                    n, m = n % h, m % w
                    dy += rows[i] - rows[n]
                    dx += columns[j] - columns[m]
                    theirs = field[n, m] if first <= n < last else before[n, m]
                    for c in range(count):
                        y, x = theirs[c, 0] + dy, theirs[c, 1] + dx
                        _offer(q, k, at, y, x, places, scores, allowed, steps, patch, run, channels, k_width)
                        if 0 <= y < kh and 0 <= x < kw:
                            for s in range(similar.shape[2]):
                                sy, sx = similar[y, x, s, 0], similar[y, x, s, 1]
                                _offer(q, k, at, sy, sx, places, scores, allowed, steps, patch, run, channels, k_width)
                state = _mix(U(seed) + U(i * w + j) * _GOLDEN)
                for c in range(count):
                    reach = max(kh, kw)
                    while reach >= 1:
                        state = _mix(state + _GOLDEN)
                        y, x = places[c, 0], places[c, 1]
                        low_y, high_y = max(0, y - reach), min(kh - 1, y + reach)
                        low_x, high_x = max(0, x - reach), min(kw - 1, x + reach)
                        y = low_y + np.int64(((state >> U(32)) * U(high_y - low_y + 1)) >> U(32))
                        x = low_x + np.int64(((state & U(0xFFFFFFFF)) * U(high_x - low_x + 1)) >> U(32))
                        _offer(q, k, at, y, x, places, scores, allowed, steps, patch, run, channels, k_width)
                        reach //= 2
