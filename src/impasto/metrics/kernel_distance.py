"""The kernel distance between two sets of vectors, KID (Bińkowski et al. 2018)."""

from __future__ import annotations

import torch

from impasto.errors import InputError

BLOCK = 1024  # vectors that are compared with all others at a time


def kernel_distance(
    first: torch.Tensor,
    second: torch.Tensor,
    weights1: torch.Tensor | None = None,
    weights2: torch.Tensor | None = None,
) -> torch.Tensor:
    """The unbiased squared maximum mean discrepancy of vectors (n, D) and (m, D), with k(x, y) = (x y / D + 1)^3.

    Over all pairs, and not the mean over drawn subsets that packages give, of which it is the expectation. It does not
    grow for small sets, and is negative as often as positive where both are drawn from one.

    weights1, weights2: (B, n) and (B, m), how often each vector counts; pairs of a vector with itself never do. Gives
    (B,), float64; without weights (1,). Raises InputError for fewer than two vectors.
    """
    if min(len(first), len(second)) < 2:
        raise InputError("a kernel distance needs 2 vectors or more in each set")
    one, two = (
        torch.ones(1, len(vectors), dtype=torch.float64) if weights is None else weights.double()
        for vectors, weights in ((first, weights1), (second, weights2))
    )
    first, second = first.double(), second.double()
    within = _mean(first, first, one, one, same=True) + _mean(second, second, two, two, same=True)
    return within - 2 * _mean(first, second, one, two, same=False)


def _mean(x: torch.Tensor, y: torch.Tensor, v: torch.Tensor, w: torch.Tensor, *, same: bool) -> torch.Tensor:
    """The mean kernel of the pairs of two sets, or of one with itself, as often as both count; (B,)."""
    total, pairs = torch.zeros(len(v), dtype=torch.float64), v.sum(1) * w.sum(1)
    for start in range(0, len(x), BLOCK):
        rows = slice(start, start + BLOCK)
        kernel = (x[rows] @ y.T / x.shape[1] + 1) ** 3
        if same:
            here = torch.arange(len(kernel))
            kernel[here, here + start] = 0
        total += ((v[:, rows] @ kernel) * w).sum(1)
    return total / (pairs - (v * v).sum(1) if same else pairs)
