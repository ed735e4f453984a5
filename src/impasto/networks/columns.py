"""Strided convolutions as one product of large matrices, where a picture's patches are the rows of one of them.

Nothing is saved but what PyTorch's own convolutions in bf16 lose: on a processor with AVX-512 the gradient of 256 x 512
kernels takes them two and a half times as long as the product alone, and copying the patches a fiftieth of it.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

DEEP = 256  # inner channels from which on the convolutions themselves are quicker so, not only their weights' gradients


def convolved(x: Tensor, w: Tensor) -> Tensor:
    """Y (N, C', H/2, W/2) of x (N, C, H, W), whose sides are even, and w (C', C, 4, 4)."""
    if w.shape[1] < DEEP:
        return F.conv2d(x, w, stride=2, padding=1)
    batch, _, height, width = x.shape
    products = columns(x) @ w.permute(0, 2, 3, 1).flatten(1).mT
    return products.view(batch, height // 2, width // 2, len(w)).permute(0, 3, 1, 2)


def transposed(y: Tensor, w: Tensor) -> Tensor:
    """What goes back through that: x from y."""
    return F.conv_transpose2d(y, w, stride=2, padding=1)


def weighed(x: Tensor, y: Tensor) -> Tensor:
    """The gradient of the weights, from x and y's."""
    products = y.permute(0, 2, 3, 1).flatten(0, 2).mT @ columns(x)
    return products.view(y.shape[1], 4, 4, x.shape[1]).permute(0, 3, 1, 2)


def columns(x: Tensor) -> Tensor:
    """Patches of x (N, C, H, W), (N H/2 W/2, 16C): of each its rows, of these the pixels with their channels."""
    batch, channels, height, width = x.shape
    framed = F.pad(x.permute(0, 2, 3, 1), (0, 0, 1, 1, 1, 1))
    picture, row, pixel, channel = framed.stride()
    patches = framed.as_strided(
        (batch, height // 2, width // 2, 4, 4, channels), (picture, 2 * row, 2 * pixel, row, pixel, channel)
    )
    return patches.reshape(-1, 16 * channels)
