"""The histograms of features, channel by channel (Risser, Wilmot & Barnes 2017).

Gram matrices leave mean and variance of a feature free to drift against one another; a histogram does not.
"""

from __future__ import annotations

import torch

from impasto.losses.quantiles import Quantiles, fuse_quantile_distance
from impasto.losses.ranks import above_ranks, responses

BINS = 256  # as in the paper


def match_histograms(features: torch.Tensor, target: Quantiles, *, bins: int = BINS) -> torch.Tensor:
    """Return R(F): `features` F (N, C, H, W) remapped channel by channel so that each has the target's histogram.

    `target` is what `quantiles` gave for the exemplar. The values of one of `bins` bins all become the mean of the
    target's values of the same ranks; with 0 bins each value is ranked by itself. The pictures of a batch are taken
    together. No gradient.

    >>> from impasto.losses import quantiles
    >>> goal = quantiles(torch.tensor([[[[5.0, 6.0, 7.0]]]]), knots=0)
    >>> match_histograms(torch.tensor([[[[0.0, 2.0, 1.0]]]]), goal)
    tensor([[[[5., 7., 6.]]]])
    """
    count, channels, height, width = features.shape
    with torch.no_grad():
        rows = responses(features.permute(0, 2, 3, 1).flatten(0, 2).float())
        matched = rows - above_ranks(rows.clone(), target.integral, bins=bins)
    return matched.view(channels, count, height, width).transpose(0, 1).to(features)


def histogram_loss(
    features: torch.Tensor, target: Quantiles, *, bins: int = BINS, mask: torch.Tensor | None = None
) -> torch.Tensor:
    """Return the mean of (F - R(F))^2 over the target's variance, a scalar, R being `match_histograms`.

    `target` is what `quantiles` gave for the exemplar. R is held constant in the gradient, as in the paper's equation
    4, which takes the sum where this takes the mean. `mask` (N, 1, H, W), 0 or more, weighs the places of `features`
    (N, C, H, W): with one mask for each instance of a style, its features are compared with those of that instance.
    """
    return fuse_quantile_distance(features, target, bins=bins, mask=mask)[1]
