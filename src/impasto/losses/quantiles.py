"""How the values of features are distributed, channel by channel or along directions, and how far that is from a goal.

On a line, optimal transport is sorting: the value of rank k among P moves to the goal's value of rank k. So a goal is
the quantile function of each channel or direction, kept as its running integral, and the distance is the mean of
(x - T(x))^2, the squared 2-Wasserstein distance, as a share of the goal's variance.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch

from impasto.losses.ranks import FINEST_BINS, responses
from impasto.losses.sliced_patches import quantile_integral, quantiles_at, sorted_rows

KNOTS = 1 << 10  # values that a quantile function is given by, each the mean of as many neighbours


class Quantiles(NamedTuple):
    """How features are distributed along n directions (or in n channels)."""

    integral: torch.Tensor  # (n, K + 1) float64: running sums of K values in order
    variance: torch.Tensor  # scalar: of a channel, on the mean

    def values(self) -> torch.Tensor:
        """The values in order, (n, K)."""
        return self.integral.diff(dim=1)


def quantiles(
    features: torch.Tensor,
    directions: torch.Tensor | None = None,
    *,
    mask: torch.Tensor | None = None,
    tags: torch.Tensor | None = None,
    knots: int = KNOTS,
) -> Quantiles:
    """Return how `features` (N, C, H, W) are distributed along `directions` (n, C); in each channel if there are none.

    mask: (N, 1, H, W), 0 or more, weighs the places.
    tags: (N, 1, H, W), a further channel that every direction sees whole (see `sliced_feature_loss`).
    knots: in how many values each quantile function is given; 0 takes one for each place, if there is no mask.
    """
    with torch.no_grad():
        places = features.permute(0, 2, 3, 1).flatten(0, 2).float()  # (P, C)
        weights = None if mask is None else mask.flatten()
        rows = responses(places, directions, None if tags is None else tags.flatten())
        if weights is None:
            variance = places.var(0, correction=0).mean()
            exact = not knots or len(places) <= 4 * knots  # counting pays for long rows
            in_order, counts = sorted_rows(rows, exact=exact), None
        else:
            shares = (weights / weights.sum().clamp_min(1e-12)).float()
            variance = (shares @ (places - shares @ places).square()).mean()
            in_order, order = rows.sort(dim=1)
            counts = weights.double()[order]
        if knots or counts is not None:
            in_order = quantiles_at(in_order, knots or len(places), counts)
        integral = quantile_integral(in_order)
    return Quantiles(integral, variance)


def mean_quantiles(parts: Sequence[tuple[Quantiles, float]]) -> Quantiles:
    """Return what lies between several distributions by their shares: their barycentre (Rabin et al. 2011).

    All must have as many knots.
    """
    integral = torch.stack([share * part.integral for part, share in parts]).sum(0)
    return Quantiles(integral, torch.stack([share * part.variance for part, share in parts]).sum(0))


def fuse_quantile_distance(
    features: torch.Tensor,
    target: Quantiles,
    directions: torch.Tensor | None = None,
    *,
    bins: int = FINEST_BINS,
    stride: int = 1,
    offset: tuple[int, int] = (0, 0),
    mask: torch.Tensor | None = None,
    tags: torch.Tensor | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return `features` (N, C, H, W) and how far they are distributed from `target`, a scalar.

    bins: how finely values are told apart; 0 sorts.
    stride, offset: which places are looked at.
    mask, tags: (N, 1, H, W), as in `quantiles`.

    Where a network goes on from the features that are returned, the gradients of both meet in place; see
    `fuse_moments`. The gradient, 2 (x - T) through the directions, is exact; it cannot be differentiated.
    """
    from impasto.losses.fused_quantiles import TransportedFeatures

    same, distance = TransportedFeatures.apply(  # type: ignore[no-untyped-call]
        features, target.integral, directions, bins, stride, offset, mask, tags
    )
    return same, distance / target.variance.clamp_min(1e-12)
