"""Batch norm (Ioffe & Szegedy 2015) whose statistics are those of the whole batch, also where processes share it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd import Function

Total = Callable[[Tensor], Tensor]
"""The sum of a tensor over the processes, which gradients can go back through."""


class BatchNorm(nn.BatchNorm2d):
    """torch's own, for features (N, C, H, W) or (N, C); torch's for several processes refuses processors."""

    total: Total | None = None

    def forward(self, features: Tensor) -> Tensor:
        """Normalise by the statistics of the batch in training, by the running ones otherwise."""
        if self.total is None or not self.training:
            return super().forward(features)
        normed, mean, variance, count = _normed(features, self.weight, self.bias, self.eps, self.total)
        self._follow(mean, variance * count / (count - 1))
        return normed

    def _follow(self, mean: Tensor, variance: Tensor) -> None:
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return
        self.num_batches_tracked.add_(1)
        share = 1 / int(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean.to(self.running_mean), share)
        self.running_var.lerp_(variance.to(self.running_var), share)

    def _check_input_dim(self, input: Tensor) -> None:
        if input.ndim not in (2, 4):
            raise ValueError(f"batch norm takes features (N, C, H, W) or (N, C), got {input.ndim} dimensions")


def _normed(
    x: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float, total: Total
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Features normalised over all processes' parts of a batch; the mean, the variance and the count of all of it."""
    found = _Normed.apply(x, weight, bias, eps, total)  # type: ignore[no-untyped-call]
    return cast("tuple[Tensor, Tensor, Tensor, Tensor]", found)


class _Normed(Function):
    """By torch's own kernels, and with one message each way: waiting for one another is what costs."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float, total: Total
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        mean, variance = (each.double() for each in _moments(x))
        here = x.numel() // x.shape[1]
        sums = total(torch.cat([here * mean, here * (variance + mean.square()), mean.new_tensor([here])]))
        count, (mean, square) = sums[-1], (sums[:-1] / sums[-1]).chunk(2)
        variance = (square - mean.square()).clamp_min(0).float()
        mean = mean.float()
        ctx.save_for_backward(x, weight, bias, mean, variance, count)
        ctx.eps, ctx.total = eps, total
        ctx.mark_non_differentiable(mean, variance, count)
        return F.batch_norm(x, mean, variance, weight, bias, False, 0.0, eps), mean, variance, count

    @staticmethod
    def backward(ctx: Any, slope: Tensor, *_: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, bias, mean, variance, count = ctx.saved_tensors
        if torch.is_grad_enabled():  # this slope's own is wanted too
            wanted = [each for each, needed in zip((x, weight, bias), ctx.needs_input_grad[:3], strict=True) if needed]
            made = _composed(x, weight, bias, ctx.eps, ctx.total, count)
            slopes = iter(torch.autograd.grad(made, wanted, slope, create_graph=True))
            return (*(next(slopes) if needed else None for needed in ctx.needs_input_grad[:3]), None, None)
        scale = torch.ones_like(mean) if weight is None else weight
        of_x, of_weight, of_bias = torch.ops.aten.native_batch_norm_backward(
            slope.to(x.dtype), x, scale, mean, variance, None, None, False, ctx.eps, [True, True, True]
        )
        # As if the statistics were fixed; what they take away follows from two sums over all processes' parts.
        along, level = (ctx.total(torch.cat([of_weight, of_bias]).double()) / count).float().chunk(2)
        steep = scale * (variance + ctx.eps).rsqrt()
        of_x -= F.batch_norm(x, mean, variance, steep * along, steep * level, False, 0.0, ctx.eps)
        return of_x, None if weight is None else of_weight, None if bias is None else of_bias, None, None


def _moments(x: Tensor) -> tuple[Tensor, Tensor]:
    """The mean and the variance of each channel, in float32 also of numbers of 16 bits."""
    if x.device.type == "cpu" and x.dtype in (torch.float32, torch.bfloat16):
        unused = torch.zeros(x.shape[1]), torch.ones(x.shape[1])  # which say that float32 is wanted
        found: tuple[Tensor, Tensor] = torch.ops.aten.batch_norm_update_stats(x, *unused, 0.0)
        return found
    return torch.var_mean(x.float() if x.dtype.itemsize < 4 else x, _but_channels(x), correction=0)[::-1]


def _composed(x: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float, total: Total, count: Tensor) -> Tensor:
    """The same of operations that can be differentiated twice."""
    axes = _but_channels(x)
    shape = [1, -1] + [1] * (x.ndim - 2)
    count = count.to(x.dtype)
    centred = x - (total(x.sum(axes)) / count).reshape(shape)
    variance = total(centred.square().sum(axes)) / count
    scaled = centred * (variance + eps).rsqrt().reshape(shape)
    if weight is None or bias is None:
        return scaled
    return scaled * weight.reshape(shape) + bias.reshape(shape)


def _but_channels(x: Tensor) -> list[int]:
    return [axis for axis in range(x.ndim) if axis != 1]


def share_statistics(network: nn.Module, total: Total | None) -> None:
    """Let all batch norm of a network take the statistics of all processes' parts of a batch."""
    for module in network.modules():
        if isinstance(module, BatchNorm):
            module.total = total


def settle(network: nn.Module, batches: Callable[[int], object], count: int) -> None:
    """Give all batch norm of a network the mean statistics over `count` batches (Wu & Johnson 2021, section 3).

    batches: carries the batch of that number through the network. It ends in eval mode.
    """
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    share_statistics(network, None)  # one process may do so by itself
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the mean over all
    if norms:
        network.train()
        for number in range(count):
            batches(number)
    network.eval()
