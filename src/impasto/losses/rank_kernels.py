"""Compiled ranking of long rows of numbers by counting. The results do not depend on the number of threads."""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from impasto.compilation import is_compiled


@njit(parallel=True, cache=True)
def move_to_ranks(rows, integral, bins):  # type: ignore[no-untyped-def]
    """Put into each value of `rows` (n, P) float32, which are changed, how far it is above the value of its rank.

    `integral` (n, R + 1) float64 are running sums of sorted references, `bins` how finely values are told apart.
    """
    total, values = rows.shape[1], integral.shape[1] - 1
    scale = values / total
    for r in prange(rows.shape[0]):
        row, sums = rows[r], integral[r]
        low, high = row[0], row[0]
        for i in range(total):
            low, high = min(low, row[i]), max(high, row[i])
        per_value = np.float32((bins - 1) / max(high - low, np.float32(1e-30)))
        counts = np.zeros(bins, np.int32)
        for i in range(total):
            counts[np.int32((row[i] - low) * per_value + np.float32(0.5))] += 1
        means = np.empty(bins, np.float32)
        ranked, before = 0, 0.0
        for b in range(bins):
            if counts[b]:
                ranked += counts[b]
                place = ranked * scale
                below = min(np.int64(place), values - 1)
                after = sums[below] + (sums[below + 1] - sums[below]) * (place - below)
                means[b] = (after - before) / (counts[b] * scale)
                before = after
        for i in range(total):
            row[i] -= means[np.int32((row[i] - low) * per_value + np.float32(0.5))]


def is_cached() -> bool:
    """Tell whether the compiled kernel is on the disk (or in this process already)."""
    return is_compiled(move_to_ranks)
