"""Compiled loops over patches. The results do not depend on the number of threads.

Pictures are flat float32 arrays of rows of interleaved channels (H, W * C). A field is int32 (h, w, 2).
Work is shared out in bands of rows whose height is fixed; a band sees the others as they were before the round.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from impasto.compilation import is_compiled, parallel

BAND = 16  # rows that are worked on in order
U = np.uint64
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
FAST = {"reassoc", "nsz", "arcp", "contract"}


@njit(inline="always")
def _mix(x):  # type: ignore[no-untyped-def]
    """The output function of SplitMix64 (Steele, Lea & Flood 2014): a hash of a whole number."""
    x = (x ^ (x >> U(30))) * _FIRST
    x = (x ^ (x >> U(27))) * _SECOND
    return x ^ (x >> U(31))


@njit(fastmath=FAST, inline="always")
def _distance(q, k, row, at, row_step, at_step, patch, run, limit):  # type: ignore[no-untyped-def]
    """The sum of squared differences of two patches, or something above `limit`."""
    total = np.float32(0)
    for _ in range(patch):
        a = q[row : row + run]
        b = k[at : at + run]
        part = np.float32(0)
        for i in range(run):
            difference = a[U(i)] - b[U(i)]
            part += difference * difference
        total += part
        if total > limit:
            break
        row += row_step
        at += at_step
    return total


@parallel(fastmath=FAST)
def measure(q, k, rows, columns, counted, field, score, norm, patch, channels, q_width, k_width):  # type: ignore[no-untyped-def]
    """Fill `score` with the distances of a field, divided by the weight `norm` of the key."""
    run = patch * channels
    for i in prange(field.shape[0]):
        for j in range(field.shape[1]):
            if counted[i, j]:
                y, x = field[i, j, 0], field[i, j, 1]
                d = _distance(
                    q,
                    k,
                    (rows[i] * q_width + columns[j]) * channels,
                    (y * k_width + x) * channels,
                    q_width * channels,
                    k_width * channels,
                    patch,
                    run,
                    np.float32(np.inf),
                )
                score[i, j] = d / norm[y, x]
            else:
                score[i, j] = np.float32(0)


@parallel(fastmath=FAST)
def improve(  # type: ignore[no-untyped-def]
    q,
    k,
    rows,
    columns,
    counted,
    allowed,
    before,
    field,
    score,
    norm,
    patch,
    channels,
    q_width,
    k_width,
    height,
    width,
    wrap,
    backward,
    radius,
    seed,
):
    """One round of PatchMatch (Barnes et al. 2009): propagation along the rows and columns, then random search.

    `field` and `score` are improved in place; `before` is a copy of the field. height, width: the period of a wrapped
    picture. radius: the first distance of the random search, which is halved until it is below 1.
    """
    h, w = field.shape[:2]
    kh, kw = allowed.shape
    run = patch * channels
    step = 1 if backward else -1
    bands = (h + BAND - 1) // BAND
    for band in prange(bands):
        first = band * BAND
        last = min(h, first + BAND)
        for turn in range(last - first):
            i = last - 1 - turn if backward else first + turn
            for place in range(w):
                j = w - 1 - place if backward else place
                if not counted[i, j]:
                    continue
                y, x = field[i, j, 0], field[i, j, 1]
                best = score[i, j]
                at = (rows[i] * q_width + columns[j]) * channels
                for way in range(2):
                    if way == 0:
                        n, m = i + step, j
                    else:
                        n, m = i, j + step
                    dy = dx = 0
                    if n < 0 or n >= h or m < 0 or m >= w:
                        if not wrap:
                            continue
                        if n < 0:
                            n += h
                            dy = height
                        elif n >= h:
                            n -= h
                            dy = -height
                        elif m < 0:
                            m += w
                            dx = width
                        else:
                            m -= w
                            dx = -width
                    dy += rows[i] - rows[n]
                    dx += columns[j] - columns[m]
                    if first <= n < last:
                        cy, cx = field[n, m, 0] + dy, field[n, m, 1] + dx
                    else:
                        cy, cx = before[n, m, 0] + dy, before[n, m, 1] + dx
                    if cy < 0 or cx < 0 or cy >= kh or cx >= kw or (cy == y and cx == x) or not allowed[cy, cx]:
                        continue
                    weight = norm[cy, cx]
                    d = _distance(
                        q,
                        k,
                        at,
                        (cy * k_width + cx) * channels,
                        q_width * channels,
                        k_width * channels,
                        patch,
                        run,
                        best * weight,
                    )
                    if d < best * weight:
                        best = d / weight
                        y, x = cy, cx
                state = _mix(U(seed) + U(i * w + j) * _GOLDEN)
                reach = radius
                while reach >= 1:
                    state = _mix(state + _GOLDEN)
                    low_y, high_y = max(0, y - reach), min(kh - 1, y + reach)
                    low_x, high_x = max(0, x - reach), min(kw - 1, x + reach)
                    cy = low_y + np.int64(((state >> U(32)) * U(high_y - low_y + 1)) >> U(32))
                    cx = low_x + np.int64(((state & U(0xFFFFFFFF)) * U(high_x - low_x + 1)) >> U(32))
                    reach //= 2
                    if (cy == y and cx == x) or not allowed[cy, cx]:
                        continue
                    weight = norm[cy, cx]
                    d = _distance(
                        q,
                        k,
                        at,
                        (cy * k_width + cx) * channels,
                        q_width * channels,
                        k_width * channels,
                        patch,
                        run,
                        best * weight,
                    )
                    if d < best * weight:
                        best = d / weight
                        y, x = cy, cx
                field[i, j, 0] = y
                field[i, j, 1] = x
                score[i, j] = best


@njit(cache=True)
def turn_round(field, score, counted, reverse, reverse_score):  # type: ignore[no-untyped-def]
    """Where a query is nearer to its key than the key's own nearest query, make it that."""
    for i in range(field.shape[0]):
        for j in range(field.shape[1]):
            if counted[i, j]:
                y, x = field[i, j, 0], field[i, j, 1]
                if score[i, j] < reverse_score[y, x]:
                    reverse_score[y, x] = score[i, j]
                    reverse[y, x, 0] = i
                    reverse[y, x, 1] = j


@parallel(fastmath=FAST)
def gather_votes(field, values, weights, row_of, column_of, patch, channels, wrap, into):  # type: ignore[no-untyped-def]
    """Give each pixel of `into` (H, W, C) the weighted mean of the patches that cover it; leave it where none does.

    `row_of` (H,) and `column_of` (W,) say which row of the field begins there, or -1.
    """
    height, width = into.shape[:2]
    for y in prange(height):
        total = np.empty(channels, np.float32)
        for x in range(width):
            total[:] = 0
            weight = np.float32(0)
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
                    share = weights[i, j]
                    if share > 0:
                        ky, kx = field[i, j, 0] + dy, field[i, j, 1] + dx
                        weight += share
                        for c in range(channels):
                            total[c] += share * values[ky, kx, c]
            if weight > 0:
                for c in range(channels):
                    into[y, x, c] = total[c] / weight


def are_cached() -> bool:
    """Tell whether the compiled kernels are on the disk (or in this process already)."""
    return all(map(is_compiled, (measure, improve, gather_votes)))
