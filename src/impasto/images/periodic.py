"""Resizing pictures that tile."""

from __future__ import annotations

import math
from functools import partial
from typing import Literal

import torch

from impasto.images.resize import resize

EDGE = 16  # pixels beyond the edges that are looked at, at the most


def periodic_resize(image: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Resize a tile (N, C, H, W) to `size` = (height, width), so that it still tiles: its Fourier series, sampled anew.

    >>> periodic_resize(torch.ones(1, 3, 8, 8), (16, 12)).shape
    torch.Size([1, 3, 16, 12])
    """
    height, width = size
    spectrum = torch.fft.fftshift(torch.fft.fft2(image, norm="forward"), dim=(-2, -1))
    for dim, side in ((-2, height), (-1, width)):
        spectrum = _fitted(spectrum, dim, side)
    spectrum = torch.fft.ifftshift(spectrum, dim=(-2, -1))
    resized: torch.Tensor = torch.fft.ifft2(spectrum, norm="forward").real
    return resized.clamp(0, 1)


def resized(image: torch.Tensor, size: tuple[int, int], *, tile: bool) -> torch.Tensor:
    """Resize pictures (C, H, W) or (N, C, H, W) to `size` = (width, height), so that a tile stays one."""
    width, height = size
    if not tile or image.shape[-2:] == (height, width):
        return resize(image, size)
    batch = periodic_resize(image if image.ndim == 4 else image[None], (height, width))
    return batch if image.ndim == 4 else batch[0]


def repeated_resize(
    image: torch.Tensor, size: tuple[int, int], filter: Literal["bilinear", "bicubic"] = "bicubic"
) -> torch.Tensor:
    """Resize a map or mask (C, H, W) of a tile to `size` = (height, width) as `resize` does, going on over its edges.

    Hard edges overshoot less than in a Fourier series, by "bilinear" not at all. Each side is seen three times in
    a row.

    >>> repeated_resize(torch.tensor([[[1.0, 0.0, 0.0, 0.0]]]), (1, 2), "bilinear")
    tensor([[[0.3750, 0.1250]]])
    """
    found, (height, width) = image[None], size
    scaled = partial(torch.nn.functional.interpolate, mode=filter, antialias=True)
    if height != image.shape[1]:
        found = scaled(found.repeat(1, 1, 3, 1), (3 * height, image.shape[2]))[:, :, height : 2 * height]
    if width != image.shape[2]:
        found = scaled(found.repeat(1, 1, 1, 3), (height, 3 * width))[..., width : 2 * width]
    return found[0]


def periodic_bilinear(image: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Resize a tile (N, C, H, W) to `size` = (height, width) as bilinear interpolation does, going on over its edges.

    Differentiable; cheaper than `periodic_resize`, and what is needed inside an optimisation.

    >>> periodic_bilinear(torch.tensor([[[[0.0, 1.0]]]]), (1, 4))
    tensor([[[[0.2500, 0.2500, 0.7500, 0.7500]]]])
    """
    height, width = image.shape[-2:]
    # The least margins that are whole pixels after resizing as well, or nearly so.
    rows, columns = (
        min(EDGE, side // math.gcd(side, wanted)) for side, wanted in zip((height, width), size, strict=True)
    )
    above, left = round(rows * size[0] / height), round(columns * size[1] / width)
    image = torch.nn.functional.pad(image, (columns, columns, rows, rows), mode="circular")
    image = torch.nn.functional.interpolate(
        image, size=(size[0] + 2 * above, size[1] + 2 * left), mode="bilinear", align_corners=False
    )
    return image[..., above : above + size[0], left : left + size[1]]


def _fitted(spectrum: torch.Tensor, dim: int, side: int) -> torch.Tensor:
    """Cut or pad a centred spectrum along `dim` to `side` frequencies, the mean staying at side // 2."""
    old = spectrum.shape[dim]
    kept = min(old, side) - (1 - min(old, side) % 2)  # an odd number: a lone highest frequency has no partner
    middle = spectrum.narrow(dim, old // 2 - kept // 2, kept)
    before = side // 2 - kept // 2
    after = side - kept - before
    padding = (0, 0, before, after) if dim == -2 else (before, after)
    return torch.nn.functional.pad(middle, padding)
