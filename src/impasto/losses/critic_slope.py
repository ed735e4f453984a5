"""The gradient of a patch critic's score, as a pass of its own that ordinary gradients go back through.

A gradient penalty needs the gradient of a gradient. PyTorch's double backward computes it with kernels that are slow
on a processor; here the first gradient is written out, as transposed convolutions, masks of the leaky ReLU and the
gradient of batch norm by the batch's own statistics, of which each way back is known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
class Norm:
    """Batch norm by the batch's own statistics."""

    gamma: Tensor  # (channels,): the scale
    beta: Tensor  # (channels,)
    eps: float = 1e-5


@dataclass(frozen=True)
class CriticLayer:
    """A convolution without padding, batch norm where there is any, and leaky ReLU."""

    weight: Tensor  # (outputs, inputs, K, K)
    bias: Tensor  # (outputs,)
    norm: Norm | None


def score_slope(pictures: Tensor, layers: Sequence[CriticLayer], last: Tensor, slope: float) -> Tensor:
    """Return the gradient (N, C, H, W) of the sum of a critic's map with respect to its pictures, differentiable.

    layers: all but the last convolution, whose weight (1, inputs, K, K) is `last`.
    slope: of the leaky ReLU below 0.

    The gradient goes back to weights, scales and shifts; not to the pictures, and not to the biases of convolutions, on
    which nothing depends: batch norm centres what they add, and without it they only turn signs. The running statistics
    stay as they are.
    """
    features = pictures.detach()
    backs: list[Callable[[Tensor], Tensor]] = []  # each takes the gradient after a layer to that before it
    for number, layer in enumerate(layers):
        features, back = _passed(features, layer, slope, last=number == len(layers) - 1)
        backs.append(back)
    ends = [side - last.shape[-1] + 1 for side in features.shape[-2:]]
    found = F.conv_transpose2d(features.new_ones(len(pictures), 1, *ends), last)
    for back in reversed(backs):
        found = back(found)
    return found


def _passed(
    features: Tensor, layer: CriticLayer, slope: float, *, last: bool
) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
    """What a layer makes of features, and its way back. The features of the last are needed for their signs alone."""
    norm = layer.norm
    with torch.set_grad_enabled(torch.is_grad_enabled() and norm is not None):  # without one, signs are all that counts
        before = F.conv2d(features, layer.weight, layer.bias)
    features = before.detach() if last else before
    mean = inverse = features.new_empty(0)
    if norm is not None:
        features, mean, inverse = batch_norm(features, norm.gamma, norm.beta, None, None, True, 0.0, norm.eps)
    after = F.leaky_relu(features, slope, inplace=True)
    signs, mean, inverse = after.detach(), mean.detach(), inverse.detach()

    def back(found: Tensor) -> Tensor:
        found = leaky_relu_backward(found.to(signs.dtype), signs, slope, True)
        if norm is not None:
            found = slope_of_norm(found, before, norm.gamma, mean, inverse, norm.eps)
        return F.conv_transpose2d(found, layer.weight)

    return after, back


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
