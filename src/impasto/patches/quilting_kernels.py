"""The compiled loop of image quilting."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def cheapest_path(errors):  # type: ignore[no-untyped-def]
    """The columns (n,) of the cheapest path from the first to the last row of `errors` (n, k), by dynamic programming.

    From row to row a path goes straight on or to a neighbouring column; of equal columns the left one is taken.
    """
    rows, columns = errors.shape
    cost = np.empty((rows, columns), np.float64)
    cost[0] = errors[0]
    for i in range(1, rows):
        for j in range(columns):
            least = cost[i - 1, j]
            if j > 0 and cost[i - 1, j - 1] < least:
                least = cost[i - 1, j - 1]
            if j + 1 < columns and cost[i - 1, j + 1] < least:
                least = cost[i - 1, j + 1]
            cost[i, j] = least + errors[i, j]
    path = np.empty(rows, np.int64)
    path[-1] = np.argmin(cost[-1])
    for i in range(rows - 2, -1, -1):
        low = max(0, path[i + 1] - 1)
        path[i] = low + np.argmin(cost[i, low : path[i + 1] + 2])
    return path
