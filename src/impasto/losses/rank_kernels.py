"""Compiled ranking of long rows of numbers by counting. The results do not depend on the number of threads."""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from impasto.compilation import is_compiled, parallel


@parallel()
def move_to_ranks(rows, integral, bins):  # type: ignore[no-untyped-def]
    """Put into each value of `rows` (n, P) float32, which are changed, how far it is above the value of its rank.

    `integral` (n, R + 1) float64 are running sums of sorted references, `bins` how finely values are told apart.
    """
    for r in prange(rows.shape[0]):
        row = rows[r]
        low, per_value = _scale(row, bins)
        counts = np.zeros(bins, np.int32)
        for i in range(len(row)):
            counts[np.int32((row[i] - low) * per_value + np.float32(0.5))] += 1
        means = _means(counts, len(row), integral[r])
        for i in range(len(row)):
            row[i] -= means[np.int32((row[i] - low) * per_value + np.float32(0.5))]


@parallel()
def move_to_weighted_ranks(rows, weights, integral, bins):  # type: ignore[no-untyped-def]
    """The same where the value at place i counts `weights[i]` times, (P,) float64, not all 0."""
    for r in prange(rows.shape[0]):
        row = rows[r]
        low, per_value = _scale(row, bins)
        counts = np.zeros(bins)
        for i in range(len(row)):
            counts[np.int32((row[i] - low) * per_value + np.float32(0.5))] += weights[i]
        means = _means(counts, counts.sum(), integral[r])
        for i in range(len(row)):
            row[i] -= means[np.int32((row[i] - low) * per_value + np.float32(0.5))]


@njit(cache=True)
def _scale(row, bins):  # type: ignore[no-untyped-def]
    """The lowest value of a row, and how many bins there are in 1."""
    low, high = row[0], row[0]
    for i in range(len(row)):
        low, high = min(low, row[i]), max(high, row[i])
    return low, np.float32((bins - 1) / max(high - low, np.float32(1e-30)))


@njit(cache=True)
def _means(counts, total, sums):  # type: ignore[no-untyped-def]
    """The mean of the references that share the ranks of each bin; `counts` add up to `total`."""
    values = sums.shape[0] - 1
    scale = values / total
    means = np.zeros(len(counts), np.float32)
    ranked, before = 0 * counts[0], 0.0
    for b in range(len(counts)):
        if counts[b]:
            ranked += counts[b]
            place = ranked * scale
            below = min(np.int64(place), values - 1)
            after = sums[below] + (sums[below + 1] - sums[below]) * (place - below)
            means[b] = (after - before) / (counts[b] * scale)
            before = after
    return means


def is_cached() -> bool:
    """Tell whether the compiled kernel is on the disk (or in this process already)."""
    return is_compiled(move_to_ranks)
