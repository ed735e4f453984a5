"""Moments of features that a network goes on from: their gradient is added in place to that of its later layers.

Imported where it is used: it touches torch, which `--help` does without.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function


class SampledMoments(Function):
    """Mean m (N, C) and covariance C (N, C, C) of features (N, C, H, W) at every `stride`-th place, from `offset`.

    With X (N, P, C) the features at those P places, C = X^T X / P - m m^T and dX = (X - m) (dC + dC^T) / P + dm / P:
    one matrix product, and none of the large temporaries that automatic differentiation would make.

    The features are returned as well: a network that goes on from what is returned needs no second gradient as large
    as the features and no sum of the two, for dX is added in place to the gradient that comes back from its later
    layers. They must leave that gradient to us, as convolutions, poolings and ReLUs do.

    With a `mask` (N, 1, H, W) each place has its weight in the place of 1 / P; those without any are passed over.
    """

    @staticmethod
    def forward(
        ctx: Any, features: Tensor, stride: int, offset: tuple[int, int], mask: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the features, m and C, the last two in float32 or better, and remember X and m."""
        places = places_of(features, stride, offset)
        rows = places.to(torch.promote_types(places.dtype, torch.float32)).flatten(1, 2)
        weights, ctx.places = None, rows.shape[1]
        if mask is None:
            mean = rows.mean(1)
            product = (rows.mT @ rows) / rows.shape[1]
        else:
            weights = places_of(mask, stride, offset).flatten(1, 2).to(rows)  # (N, P, 1)
            seen = weights.amax((0, 2)).nonzero()[:, 0]
            rows, weights = rows[:, seen], weights[:, seen]
            weights = weights / weights.sum(1, keepdim=True).clamp_min(1e-12)
            weighed = rows * weights
            mean = weighed.sum(1)
            product = weighed.mT @ rows
            ctx.seen = seen
        ctx.save_for_backward(rows, mean, weights)
        ctx.set_materialize_grads(False)
        ctx.shape, ctx.dtype, ctx.stride, ctx.offset = features.shape, features.dtype, stride, offset
        return features.view_as(features), mean, product - mean[:, :, None] * mean[:, None, :]

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> tuple[Tensor | None, ...]:
        """Return the gradient of the features: that of the later layers, with dX added at its places."""
        of_features, of_mean, of_covariance = gradients
        rows, mean, weights = ctx.saved_tensors
        count = rows.shape[1] if weights is None else 1
        slope, shift = None, torch.zeros_like(mean) if of_mean is None else of_mean / count
        if of_covariance is not None:
            slope = (of_covariance + of_covariance.mT) / count
            shift = shift - (mean[:, None] @ slope)[:, 0]
        of_rows = shift[:, None].expand_as(rows) if slope is None else torch.baddbmm(shift[:, None], rows, slope)
        if weights is not None:
            everywhere = of_rows.new_zeros((len(rows), ctx.places, rows.shape[2]))
            of_rows = everywhere.index_copy_(1, ctx.seen, of_rows * weights)
        return (joined(of_features, of_rows, ctx), *[None] * 3)


def joined(of_features: Tensor | None, of_rows: Tensor, ctx: Any) -> Tensor:
    """Add the gradient of some places, (N P, C) or (N, P, C), in place to that which comes back from later layers."""
    count, channels, height, width = ctx.shape
    if of_features is None and ctx.stride == 1:
        dense = of_rows.reshape(count, height, width, channels).permute(0, 3, 1, 2)
        return dense.to(ctx.dtype)
    if of_features is None:
        of_features = of_rows.new_zeros((count, height, width, channels), dtype=ctx.dtype).permute(0, 3, 1, 2)
    elif 0 in of_features.stride():  # one number stands for many, as in the gradient of a sum
        of_features = of_features.clone(memory_format=torch.channels_last)
    places = places_of(of_features, ctx.stride, ctx.offset)
    places += of_rows.reshape(places.shape).to(ctx.dtype)
    return of_features


def places_of(features: Tensor, stride: int, offset: tuple[int, int]) -> Tensor:
    """A view (N, h, w, C) of the places of features (N, C, H, W) that are looked at."""
    return features.permute(0, 2, 3, 1)[:, offset[0] :: stride, offset[1] :: stride]
