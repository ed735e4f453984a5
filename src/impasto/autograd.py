"""Backward passes written by hand: ReLU, the matrix product, guided ReLU, and a normalised gradient.

They are what the first exercise of a course on neural synthesis asks for, and equal PyTorch's own to the bit.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function


def relu_forward(x: Tensor) -> Tensor:
    """Return y = max(0, x), for a tensor of any shape."""
    return torch.where(x > 0, x, torch.zeros_like(x))


def relu_backward(x: Tensor, dz_dy: Tensor) -> Tensor:
    """Return dz/dx for y = max(0, x), given dz/dy: where x > 0 it passes, elsewhere it is 0."""
    return torch.where(x > 0, dz_dy, torch.zeros_like(dz_dy))


def guided_relu_backward(x: Tensor, dz_dy: Tensor) -> Tensor:
    """Return the guided gradient: only what is positive passes, and only where x > 0 (Springenberg et al. 2015)."""
    return torch.where((x > 0) & (dz_dy > 0), dz_dy, torch.zeros_like(dz_dy))


def matmul_backward(a: Tensor, x: Tensor, dz_dy: Tensor) -> tuple[Tensor, Tensor]:
    """Return (dz/dA, dz/dx) for y = A x, with A (m, k), x (k, n) and dz/dy (m, n).

    dz/dx = A^T dz/dy, and dz/dA = dz/dy x^T.
    """
    return dz_dy @ x.mT, a.mT @ dz_dy


class Relu(Function):
    """y = max(0, x). Use as `Relu.apply(x)`."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """Return y; keep x for the way back."""
        ctx.save_for_backward(x)
        return relu_forward(x)

    @staticmethod
    def backward(ctx: Any, dz_dy: Tensor) -> Tensor:
        """Return dz/dx."""
        (x,) = ctx.saved_tensors
        return relu_backward(x, dz_dy)


class GuidedRelu(Function):
    """max(0, x) whose gradient shows what excites a neuron and hides what inhibits it. Use as `GuidedRelu.apply(x)`."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """Return max(0, x); keep x for the way back."""
        ctx.save_for_backward(x)
        return relu_forward(x)

    @staticmethod
    def backward(ctx: Any, dz_dy: Tensor) -> Tensor:
        """Return the guided gradient."""
        (x,) = ctx.saved_tensors
        return guided_relu_backward(x, dz_dy)


class MatMul(Function):
    """y = A x for matrices A (m, k) and x (k, n). Use as `MatMul.apply(a, x)`."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, x: Tensor) -> Tensor:
        """Return A x; keep both for the way back."""
        ctx.save_for_backward(a, x)
        return a @ x

    @staticmethod
    def backward(ctx: Any, dz_dy: Tensor) -> tuple[Tensor | None, Tensor | None]:
        """Return dz/dA and dz/dx, each only if somebody needs it."""
        a, x = ctx.saved_tensors
        dz_da = dz_dy @ x.mT if ctx.needs_input_grad[0] else None
        dz_dx = a.mT @ dz_dy if ctx.needs_input_grad[1] else None
        return dz_da, dz_dx


class NormalizedGradient(Function):
    """The identity, whose gradient comes back divided by its L1 norm (as in the code of Ulyanov et al. 2016).

    Put after each layer that a loss looks at, every layer pulls equally hard. Use as `NormalizedGradient.apply(x)`.
    """

    @staticmethod
    def forward(_ctx: Any, x: Tensor) -> Tensor:
        """Return x itself."""
        return x.view_as(x)

    @staticmethod
    def backward(_ctx: Any, dz_dy: Tensor) -> Tensor:
        """Return dz/dy / |dz/dy|_1, and 0 for 0."""
        return dz_dy / dz_dy.abs().sum().clamp_min(torch.finfo(dz_dy.dtype).tiny)
