"""4x4 convolutions of stride 2 and their transposes, PyTorch's own but where there is a quicker way to take them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.autograd import Function

from impasto.networks import columns, winograd

LEAST = 64  # of both channels: matrices of fewer are not worth it
LEAST_BF16 = 128  # of the inner ones


class Way(NamedTuple):
    """Three maps that are one another's gradients, and so can be differentiated as often as one likes."""

    convolved: Callable[[Tensor, Tensor], Tensor]  # y of x and w
    transposed: Callable[[Tensor, Tensor], Tensor]  # what goes back to x, of y and w
    weighed: Callable[[Tensor, Tensor], Tensor]  # what goes back to w, of x and y


FEWER_PRODUCTS = Way(winograd.convolved, winograd.transposed, winograd.weighed)
ONE_PRODUCT = Way(columns.convolved, columns.transposed, columns.weighed)


class StridedConvolution(nn.Conv2d):
    """torch's own, 4x4 with stride 2, with a quicker way where there is one."""

    def forward(self, input: Tensor) -> Tensor:
        """Features (N, C, H, W) become (N, C', H/2, W/2)."""
        way = quicker_way(self, input, input.shape[-2:])
        if way is None:
            return super().forward(input)
        return _with_bias(_convolved(way, *_as_it_takes(way, input, self.weight)), self.bias)


class TransposedConvolution(nn.ConvTranspose2d):
    """torch's own, 4x4 with stride 2, with a quicker way where there is one."""

    def forward(self, input: Tensor, output_size: list[int] | None = None) -> Tensor:
        """Features (N, C, H, W) become (N, C', 2H, 2W)."""
        way = quicker_way(self, input, [2 * side for side in input.shape[-2:]])
        if way is None:
            return super().forward(input, output_size)
        return _with_bias(_transposed(way, *_as_it_takes(way, input, self.weight)), self.bias)


def quicker_way(layer: nn.Conv2d | nn.ConvTranspose2d, features: Tensor, sides: Any) -> Way | None:
    """How a layer's features, of these sides where they are larger, are best taken; None if by torch itself."""
    if (
        layer.kernel_size != (4, 4)
        or layer.stride != (2, 2)
        or layer.padding != (1, 1)
        or min(layer.weight.shape[:2]) < LEAST
        or features.device.type != "cpu"
    ):
        return None
    if torch.is_autocast_enabled("cpu"):
        # Written for autocast to bf16: float32 becomes it, as in torch's own.
        deep = layer.weight.shape[1] >= LEAST_BF16 and torch.get_autocast_dtype("cpu") == torch.bfloat16
        even = all(side % 2 == 0 for side in sides)
        return ONE_PRODUCT if deep and even and features.dtype in (torch.float32, torch.bfloat16) else None
    whole = all(side % 4 == 0 for side in sides)
    return FEWER_PRODUCTS if whole and features.dtype == torch.float32 and _is_older() else None


@cache
def _is_older() -> bool:
    return torch.backends.cpu.get_cpu_capability() == "AVX2"


def _as_it_takes(way: Way, features: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    if way is ONE_PRODUCT:
        return features.to(torch.bfloat16), weights.to(torch.bfloat16)
    return features, weights


def _with_bias(features: Tensor, bias: Tensor | None) -> Tensor:
    return features if bias is None else features + bias[:, None, None].to(features.dtype)


class _Convolved(Function):
    """y = w * x at every second place, for x (N, C, H, W) and w (C', C, 4, 4)."""

    @staticmethod
    def forward(ctx: Any, way: Way, x: Tensor, w: Tensor) -> Tensor:
        ctx.way = way
        ctx.save_for_backward(x, w)
        return way.convolved(x, w)

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[None, Tensor | None, Tensor | None]:
        x, w = ctx.saved_tensors
        return (
            None,
            _transposed(ctx.way, slope, w) if ctx.needs_input_grad[1] else None,
            _weighed(ctx.way, x, slope) if ctx.needs_input_grad[2] else None,
        )


class _Transposed(Function):
    """What goes back through that: x from y (N, C', H/2, W/2)."""

    @staticmethod
    def forward(ctx: Any, way: Way, y: Tensor, w: Tensor) -> Tensor:
        ctx.way = way
        ctx.save_for_backward(y, w)
        return way.transposed(y, w)

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[None, Tensor | None, Tensor | None]:
        y, w = ctx.saved_tensors
        return (
            None,
            _convolved(ctx.way, slope, w) if ctx.needs_input_grad[1] else None,
            _weighed(ctx.way, slope, y) if ctx.needs_input_grad[2] else None,
        )


class _Weighed(Function):
    """The gradient of the weights, (C', C, 4, 4), from x and y."""

    @staticmethod
    def forward(ctx: Any, way: Way, x: Tensor, y: Tensor) -> Tensor:
        ctx.way = way
        ctx.save_for_backward(x, y)
        return way.weighed(x, y)

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[None, Tensor | None, Tensor | None]:
        x, y = ctx.saved_tensors
        return (
            None,
            _transposed(ctx.way, y, slope) if ctx.needs_input_grad[1] else None,
            _convolved(ctx.way, x, slope) if ctx.needs_input_grad[2] else None,
        )


def _convolved(way: Way, x: Tensor, w: Tensor) -> Tensor:
    return cast("Tensor", _Convolved.apply(way, x, w))  # type: ignore[no-untyped-call]


def _transposed(way: Way, y: Tensor, w: Tensor) -> Tensor:
    return cast("Tensor", _Transposed.apply(way, y, w))  # type: ignore[no-untyped-call]


def _weighed(way: Way, x: Tensor, y: Tensor) -> Tensor:
    return cast("Tensor", _Weighed.apply(way, x, y))  # type: ignore[no-untyped-call]
