"""The distance of distributions of features that a network goes on from; see `impasto.losses.fused_moments`."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

from impasto.losses.fused_moments import joined, places_of
from impasto.losses.ranks import above_ranks, responses


class TransportedFeatures(Function):
    """Mean of (x - T(x))^2 for what features (N, C, H, W) measure along directions (n, C), or for each channel.

    T(x) is the goal of the same rank, from `integral` (n, K + 1); see `impasto.losses.quantiles`. Its derivative is
    2 (x - T(x)): T is constant but where ranks change. The features are returned as well, as in `SampledMoments`.
    """

    @staticmethod
    def forward(
        ctx: Any,
        features: Tensor,
        integral: Tensor,
        directions: Tensor | None,
        bins: int,
        stride: int,
        offset: tuple[int, int],
        mask: Tensor | None,
        tags: Tensor | None,
    ) -> tuple[Tensor, Tensor]:
        """Return the features and the distance, in float32 or better; remember what each place is off by."""
        rows, of_mask, of_tags = (
            None if it is None else places_of(it, stride, offset).flatten(0, 2) for it in (features, mask, tags)
        )
        assert rows is not None
        rows = rows.to(torch.promote_types(rows.dtype, torch.float32))
        weights = None if of_mask is None else of_mask[:, 0]
        measured = responses(rows, directions, None if of_tags is None else of_tags[:, 0])
        empty = weights is not None and not bool(weights.any())
        off = measured.zero_() if empty else above_ranks(measured, integral, bins=bins, weights=weights)
        counts = off.new_full((), 1 / rows.shape[0]) if weights is None else weights / weights.sum().clamp_min(1e-12)
        distance = (off.square() * counts).sum(1).mean()
        ctx.save_for_backward(off if weights is None else off * counts, directions)
        ctx.factor = 2 / len(off) * (1 / rows.shape[0] if weights is None else 1.0)
        ctx.set_materialize_grads(False)
        ctx.shape, ctx.dtype, ctx.stride, ctx.offset = features.shape, features.dtype, stride, offset
        return features.view_as(features), distance

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> tuple[Tensor | None, ...]:
        """Return the gradient of the features: that of the later layers, with 2 (x - T(x)) added at the places."""
        of_features, of_distance = gradients
        off, directions = ctx.saved_tensors
        if of_distance is None:
            return (of_features, *[None] * 7)
        scaled = off * (ctx.factor * of_distance)
        of_rows = scaled.T if directions is None else scaled.T @ directions
        return (joined(of_features, of_rows, ctx), *[None] * 7)
