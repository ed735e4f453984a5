"""Strided convolutions by fewer products: a quarter of those of 4x4 kernels are saved, and more, on older processors.

A 4x4 convolution of stride 2 is one of 2x2 and stride 1 on the four phases of a picture, and for that a tile of 2x2
results takes 9 products in place of 16 (Winograd 1980; Lavin & Gray 2016, here F(2x2, 2x2), whose factors are all 1 and
-1, so that hardly a bit is lost). Products become nine multiplications of large matrices. Where PyTorch's own
convolutions are slow, which is the gradient of the weights above all on processors without AVX-512, this takes a third
of the time.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

DEEP = 256  # inner channels from which on the convolutions themselves are quicker so, not only their weights' gradients


def convolved(x: Tensor, w: Tensor) -> Tensor:
    """Y (N, C', H/2, W/2) of x (N, C, H, W), whose sides are multiples of 4, and w (C', C, 4, 4)."""
    if w.shape[1] < DEEP:
        return F.conv2d(x, w, stride=2, padding=1)
    batch, _, height, width = x.shape
    products = torch.bmm(spread(x), of_weights(w).mT)
    return joined(products, (batch, w.shape[0], height // 2, width // 2))


def transposed(y: Tensor, w: Tensor) -> Tensor:
    """What goes back through that: x from y."""
    if w.shape[1] < DEEP:
        return F.conv_transpose2d(y, w, stride=2, padding=1)
    batch, _, height, width = y.shape
    return gathered(torch.bmm(parted(y), of_weights(w)), (batch, w.shape[1], 2 * height, 2 * width))


def weighed(x: Tensor, y: Tensor) -> Tensor:
    """The gradient of the weights, from x and y's."""
    return to_weights(torch.bmm(parted(y).mT, spread(x)), y.shape[1], x.shape[1])


def spread(x: Tensor) -> Tensor:
    """Tiles of x (N, C, H, W) as factors: (9, N H/4 W/4, 4C). Three neighbours a, b, c become a - b, b, b - c."""
    batch, channels, height, width = x.shape
    framed = F.pad(x.permute(0, 2, 3, 1), (0, 0, 1, 1, 1, 1))
    phases = framed.view(batch, height // 2 + 1, 2, width // 2 + 1, 2, channels)
    found = x.new_empty(3, 3, batch, height // 4, width // 4, 2, 2, channels)
    a, b, c = phases[:, 0:-1:2], phases[:, 1::2], phases[:, 2::2]
    for places, rows in zip(found, (a - b, b, b - c), strict=True):
        first, second, third = places.transpose(3, 4)  # (N, H/4, 2, W/4, 2, C), as the rows are
        torch.sub(rows[:, :, :, 0:-1:2], rows[:, :, :, 1::2], out=first)
        second.copy_(rows[:, :, :, 1::2])
        torch.sub(rows[:, :, :, 1::2], rows[:, :, :, 2::2], out=third)
    return found.view(9, -1, 4 * channels)


def gathered(factors: Tensor, shape: tuple[int, int, int, int]) -> Tensor:
    """The adjoint of `spread`: x (N, C, H, W) of that shape, its channels last in memory."""
    batch, channels, height, width = shape
    places = factors.view(3, 3, batch, height // 4, width // 4, 2, 2, channels).transpose(5, 4)
    phases = factors.new_zeros(batch, height // 2 + 1, 2, width // 2 + 1, 2, channels)
    a, b, c = phases[:, 0:-1:2], phases[:, 1::2], phases[:, 2::2]
    for number, (first, second, third) in enumerate(places):
        rows = factors.new_zeros(batch, height // 4, 2, width // 2 + 1, 2, channels)
        rows[:, :, :, 0:-1:2] += first
        rows[:, :, :, 1::2] += second - first + third
        rows[:, :, :, 2::2] -= third
        if number == 0:
            a += rows
            b -= rows
        else:
            b += rows
        if number == 2:
            c -= rows
    framed = phases.view(batch, height + 2, width + 2, channels)
    return framed[:, 1:-1, 1:-1].permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)


def joined(products: Tensor, shape: tuple[int, int, int, int]) -> Tensor:
    """Tiles of y (N, C', H', W') of their products (9, N H'/2 W'/2, C'): of three, a + b and b - c."""
    batch, channels, height, width = shape
    m = products.view(3, 3, batch, height // 2, width // 2, channels)
    found = products.new_empty(batch, height // 2, 2, width // 2, 2, channels)
    for number, rows in enumerate((m[0] + m[1], m[1] - m[2])):
        torch.add(rows[0], rows[1], out=found[:, :, number, :, 0])
        torch.sub(rows[1], rows[2], out=found[:, :, number, :, 1])
    return found.view(batch, height, width, channels).permute(0, 3, 1, 2)


def parted(y: Tensor) -> Tensor:
    """The adjoint of `joined`: (9, N H'/2 W'/2, C') of y (N, C', H', W')."""
    batch, channels, height, width = y.shape
    tiles = y.permute(0, 2, 3, 1).reshape(batch, height // 2, 2, width // 2, 2, channels)
    found = y.new_empty(3, 3, batch, height // 2, width // 2, channels)
    top, bottom = tiles[:, :, 0], tiles[:, :, 1]
    for places, rows in zip(found, (top, top + bottom, -bottom), strict=True):
        places[0].copy_(rows[:, :, :, 0])
        torch.add(rows[:, :, :, 0], rows[:, :, :, 1], out=places[1])
        torch.neg(rows[:, :, :, 1], out=places[2])
    return found.view(9, -1, channels)


def of_weights(w: Tensor) -> Tensor:
    """Weights (C', C, 4, 4) as factors (9, C', 4C): of two taps, a, a + b and b."""
    taps = w.permute(0, 2, 3, 1).reshape(w.shape[0], 2, 2, 2, 2, w.shape[1])  # row tap and phase, column tap and phase
    a, b = taps[:, 0], taps[:, 1]
    found = w.new_empty(3, 3, w.shape[0], 2, 2, w.shape[1])
    for places, rows in zip(found, (a, a + b, b), strict=True):
        places[0].copy_(rows[:, :, 0])
        torch.add(rows[:, :, 0], rows[:, :, 1], out=places[1])
        places[2].copy_(rows[:, :, 1])
    return found.view(9, w.shape[0], -1)


def to_weights(factors: Tensor, outer: int, inner: int) -> Tensor:
    """The adjoint of `of_weights`: (C', C, 4, 4) of (9, C', 4C), its channels last in memory."""
    u = factors.view(3, 3, outer, 2, 2, inner)
    found = factors.new_empty(outer, 2, 2, 2, 2, inner)
    for number, rows in enumerate((u[0] + u[1], u[1] + u[2])):
        torch.add(rows[0], rows[1], out=found[:, number, :, 0])
        torch.add(rows[1], rows[2], out=found[:, number, :, 1])
    return found.view(outer, 4, 4, inner).permute(0, 3, 1, 2)
