"""The gradient of a patch critic's score, as a pass of its own that ordinary gradients go back through.

A gradient penalty needs the gradient of a gradient. PyTorch's double backward computes it with kernels that are slow
on a processor; here the first gradient is written out, as transposed convolutions, masks of the leaky ReLU and the
gradient of batch norm by the batch's own statistics, of which each way back is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd import Function

TINY = 1e-12  # under a root, which has no gradient at 0

batch_norm = torch.ops.aten.native_batch_norm.default
batch_norm_backward = torch.ops.aten.native_batch_norm_backward.default
leaky_relu_backward = torch.ops.aten.leaky_relu_backward.default


@dataclass(frozen=True)
class NormedLayer:
    """A convolution without padding, batch norm by the batch's own statistics, and leaky ReLU."""

    weight: Tensor  # (outputs, inputs, K, K)
    bias: Tensor  # (outputs,)
    gamma: Tensor  # (outputs,): the scale of batch norm
    beta: Tensor  # (outputs,)
    eps: float = 1e-5


def score_slope(pictures: Tensor, layers: Sequence[NormedLayer], last: Tensor, slope: float) -> Tensor:
    """Return the gradient (N, C, H, W) of the sum of a critic's map with respect to its pictures, differentiable.

    layers: all but the last convolution, whose weight (1, inputs, K, K) is `last`.
    slope: of the leaky ReLU below 0.

    The gradient goes back to weights, scales and shifts; not to the pictures, and not to the biases of convolutions, on
    which nothing depends that batch norm has centred. The running statistics stay as they are.
    """
    features, seen = pictures.detach(), []
    for number, layer in enumerate(layers):
        before = F.conv2d(features, layer.weight, layer.bias)
        # The features of the last of them are needed for their signs alone.
        features = before.detach() if number == len(layers) - 1 else before
        features, mean, inverse = batch_norm(features, layer.gamma, layer.beta, None, None, True, 0.0, layer.eps)
        features = F.leaky_relu(features, slope, inplace=True)
        seen.append((before, mean.detach(), inverse.detach(), features.detach()))
    ends = [side - last.shape[-1] + 1 for side in features.shape[-2:]]
    ones = features.new_ones(len(pictures), 1, *ends)
    back = F.conv_transpose2d(ones, last)
    for layer, (before, mean, inverse, after) in zip(layers[::-1], seen[::-1], strict=True):
        back = leaky_relu_backward(back.to(after.dtype), after, slope, True)
        back = slope_of_norm(back, before, layer.gamma, mean, inverse, layer.eps)
        back = F.conv_transpose2d(back, layer.weight)
    return back


def slope_penalty(slopes: Tensor) -> Tensor:
    """Return mean (|slope| - 1)^2 over all pixels, the norm being that of a pixel's channels (Shaham et al. 2019)."""
    return ((slopes.float().square().sum(1) + TINY).sqrt() - 1).square().mean()


def slope_of_norm(back: Tensor, before: Tensor, gamma: Tensor, mean: Tensor, inverse: Tensor, eps: float) -> Tensor:
    """Return the gradient (N, C, H, W) of batch norm's input `before`, given `back`, that of its output.

    mean, inverse: the statistics of `before`, (C,), its mean and one over its deviation. They are no inputs:
        what comes back to `before` has gone through them as well.
    """
    found = _SlopeOfNorm.apply(back, before, gamma, mean, inverse, eps)  # type: ignore[no-untyped-call]
    return cast("Tensor", found)


class _SlopeOfNorm(Function):
    """The gradient of batch norm: of `back`, that of its output, comes that of its input, `before`.

    With x the normalised input, i the inverse deviation and y = `back`, it is gamma i (y - mean y - x mean xy).
    """

    @staticmethod
    def forward(
        ctx: Any, back: Tensor, before: Tensor, gamma: Tensor, mean: Tensor, inverse: Tensor, eps: float
    ) -> Tensor:
        found, along, total = batch_norm_backward(
            back, before, gamma, None, None, mean, inverse, True, eps, [True, True, True]
        )
        ctx.save_for_backward(back, before, gamma, mean, inverse, along, total)
        ctx.eps = eps
        return cast("Tensor", found)

    @staticmethod
    def backward(ctx: Any, pull: Tensor) -> tuple[Tensor | None, ...]:
        back, before, gamma, mean, inverse, along, total = ctx.saved_tensors
        count = before.numel() / before.shape[1]
        # The map from y is its own transpose.
        to_back, pull_along, pull_total = batch_norm_backward(
            pull, before, gamma, None, None, mean, inverse, True, ctx.eps, [True, True, True]
        )
        cross = (pull * back).sum((0, 2, 3), dtype=torch.float32)
        size = cross - (pull_total * total + pull_along * along) / count  # of the gradient of gamma i
        # That of x: -gamma i (pull mean xy + y mean(x pull)); then back through the normalising, which is the same map.
        of_x = (pull * _channels(-inverse * along / count, pull)).addcmul_(
            back, _channels(-inverse * pull_along / count, back)
        )
        to_before = batch_norm_backward(
            of_x, before, gamma, None, None, mean, inverse, True, ctx.eps, [True, False, False]
        )[0]
        # And through the inverse deviation, d i / d before = -i^2 x / count.
        share = -size * gamma * inverse.square() / count * inverse
        to_before = to_before.addcmul_(before, _channels(share, before)).sub_(_channels(share * mean, before))
        return to_back, to_before, size * inverse, None, None, None


def _channels(values: Tensor, like: Tensor) -> Tensor:
    return values.to(like.dtype)[:, None, None]
