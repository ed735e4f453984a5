"""How far each of many numbers is above the number of its rank among others: what optimal transport on a line asks."""

from __future__ import annotations

import torch

from impasto.losses.sliced_patches import transport

FINEST_BINS = 1 << 12  # in which values are told apart: a fortieth of what a step of the picture changes
APART = 32  # bins a value, from which on sorting costs nothing


def responses(
    places: torch.Tensor, directions: torch.Tensor | None = None, tags: torch.Tensor | None = None
) -> torch.Tensor:
    """Return what the features at places (P, C) measure along directions (n, C), tags (P,) added: new rows (n, P)."""
    rows = places.T.clone(memory_format=torch.contiguous_format) if directions is None else directions @ places.T
    return rows if tags is None else rows + tags


def above_ranks(
    rows: torch.Tensor, integral: torch.Tensor, *, bins: int = FINEST_BINS, weights: torch.Tensor | None = None
) -> torch.Tensor:
    """Return x - T(x) for each value of `rows` (n, P), which are used up, T(x) being the reference of the same rank.

    `integral` (n, R + 1) is `quantile_integral` of sorted references. Values of one of `bins` bins share the mean of
    their references; 0 sorts instead. `weights` (P,), not all 0, are how often each column counts.
    Few values are sorted in any case: where two of a dozen share a bin, that is seen. On the CPU by a compiled kernel,
    unless it sorts.
    """
    exact = rows.shape[1] * APART <= bins or not bins
    if rows.device.type != "cpu" or exact:
        moved = transport(rows, integral, exact=exact, integral=integral, bins=bins, weights=weights)
        return rows - moved
    from impasto.losses.rank_kernels import move_to_ranks, move_to_weighted_ranks  # numba is imported where it is used

    found = rows.float().contiguous()
    if weights is None:
        move_to_ranks(found.numpy(), integral.numpy(), bins)
    else:
        move_to_weighted_ranks(found.numpy(), weights.double().numpy(), integral.numpy(), bins)
    return found
