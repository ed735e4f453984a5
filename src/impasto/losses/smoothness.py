"""How rough a picture is: total variation."""

from __future__ import annotations

import torch


def total_variation(
    image: torch.Tensor, *, exponent: float = 1.0, isotropic: bool = False, wrap: bool = False
) -> torch.Tensor:
    """Return the total variation of `image` (N, C, H, W) per value, a scalar.

    dx and dy are the differences to the neighbours on the right and below, b is `exponent`:
    - anisotropic: mean |dx|^b + mean |dy|^b;
    - isotropic: the mean of (dx^2 + dy^2)^(b / 2) (Mahendran & Vedaldi 2015, equation 4).

    With `wrap` the picture is a tile: the last column's neighbour is the first, and rows likewise.

    >>> float(total_variation(torch.tensor([[[[0.0, 1.0], [0.0, 1.0]]]])))
    1.0
    """
    if wrap:
        across, down = image.roll(-1, -1) - image, image.roll(-1, -2) - image
    else:
        across, down = image.diff(dim=-1), image.diff(dim=-2)
    if not isotropic:
        return _power(across, exponent).mean() + _power(down, exponent).mean()
    if not wrap:
        across, down = across[..., :-1, :], down[..., :-1]
    # The small number keeps the gradient finite where the picture is flat.
    return (across.square() + down.square() + 1e-12).pow(exponent / 2).mean()


def _power(difference: torch.Tensor, exponent: float) -> torch.Tensor:
    if exponent == 1:
        return difference.abs()
    return difference.square() if exponent == 2 else (difference.abs() + 1e-12).pow(exponent)
