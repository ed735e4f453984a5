"""Colour spaces as functions on tensors (..., 3, H, W): sRGB and linear light, YIQ, YCbCr, HSV.

All are differentiable, keep dtype and device, and accept values outside [0, 1] where the formula does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import torch

if TYPE_CHECKING:
    from torch import Tensor

Matrix: TypeAlias = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]

LUMINANCE = (0.299, 0.587, 0.114)
"""The weights of red, green and blue in Y (ITU-R BT.601)."""

_YIQ: Matrix = (LUMINANCE, (0.59590059, -0.27455667, -0.32134392), (0.21153661, -0.52273617, 0.31119955))
_YCBCR: Matrix = (LUMINANCE, (-0.168735892, -0.331264108, 0.5), (0.5, -0.418687589, -0.081312411))


def inverse(matrix: Matrix) -> Matrix:
    """The inverse of a 3 x 3 matrix, in double precision."""
    a, b, c = (tuple(float(x) for x in row) for row in np.linalg.inv(np.array(matrix)))
    return (a[0], a[1], a[2]), (b[0], b[1], b[2]), (c[0], c[1], c[2])


_YIQ_INVERSE = inverse(_YIQ)
_YCBCR_INVERSE = inverse(_YCBCR)


def mix(image: Tensor, matrix: Matrix) -> Tensor:
    """Multiply the channels of (..., 3, H, W) by a 3 x 3 matrix. Raises ValueError if there are not 3 channels."""
    if image.ndim < 3 or image.shape[-3] != 3:
        raise ValueError(f"a colour image must be (..., 3, H, W), got shape {tuple(image.shape)}")
    weights = torch.tensor(matrix, dtype=image.dtype, device=image.device)
    return torch.einsum("ij,...jhw->...ihw", weights, image)


def srgb_to_linear(image: Tensor) -> Tensor:
    """Linear light from sRGB values (IEC 61966-2-1), any shape; negative values are mirrored."""
    size = image.abs()
    bright = ((size.clamp_min(0.04045) + 0.055) / 1.055) ** 2.4
    return torch.where(size <= 0.04045, image / 12.92, image.sign() * bright)


def linear_to_srgb(image: Tensor) -> Tensor:
    """Values in sRGB from linear light (IEC 61966-2-1), any shape; negative values are mirrored."""
    size = image.abs()
    bright = 1.055 * size.clamp_min(0.0031308) ** (1 / 2.4) - 0.055
    return torch.where(size <= 0.0031308, image * 12.92, image.sign() * bright)


def luminance(image: Tensor) -> Tensor:
    """Y of YIQ and YCbCr, (..., 1, H, W) in [0, 1], from sRGB values (..., 3, H, W)."""
    weights = torch.tensor(LUMINANCE, dtype=image.dtype, device=image.device)
    return torch.einsum("j,...jhw->...hw", weights, image).unsqueeze(-3)


def white_places(mask: Tensor) -> Tensor:
    """Where a mask (3, H, W) counts as white, as bool (H, W)."""
    return luminance(mask)[0] > 0.5


def rgb_to_yiq(image: Tensor) -> Tensor:
    """YIQ (NTSC 1953): Y in [0, 1], I in [-0.596, 0.596], Q in [-0.523, 0.523]."""
    return mix(image, _YIQ)


def yiq_to_rgb(image: Tensor) -> Tensor:
    """The inverse of `rgb_to_yiq`; not clamped."""
    return mix(image, _YIQ_INVERSE)


def rgb_to_ycbcr(image: Tensor) -> Tensor:
    """YCbCr of JPEG (BT.601, full range): Y in [0, 1], Cb and Cr in [0, 1] with grey at 0.5."""
    return mix(image, _YCBCR) + _chroma_offset(image)


def ycbcr_to_rgb(image: Tensor) -> Tensor:
    """The inverse of `rgb_to_ycbcr`; not clamped."""
    return mix(image - _chroma_offset(image), _YCBCR_INVERSE)


def rgb_to_hsv(image: Tensor) -> Tensor:
    """Hue, saturation and value, all in [0, 1], of RGB in [0, 1] (Smith 1978); greys have hue 0, black saturation 0."""
    red, green, blue = image.unbind(-3)
    value = image.amax(-3)
    chroma = value - image.amin(-3)
    grey = chroma == 0
    safe = torch.where(grey, torch.ones_like(chroma), chroma)
    at_red = (green - blue) / safe % 6
    at_green = (blue - red) / safe + 2
    at_blue = (red - green) / safe + 4
    sextant = torch.where(value == red, at_red, torch.where(value == green, at_green, at_blue))
    hue = torch.where(grey, torch.zeros_like(chroma), sextant / 6)
    dark = value == 0
    saturation = torch.where(dark, torch.zeros_like(value), chroma / torch.where(dark, torch.ones_like(value), value))
    return torch.stack([hue, saturation, value], dim=-3)


def hsv_to_rgb(image: Tensor) -> Tensor:
    """The inverse of `rgb_to_hsv`; hues wrap around at 1."""
    hue, saturation, value = image.unbind(-3)

    def channel(offset: int) -> Tensor:
        place = (offset + 6 * hue) % 6
        return value - value * saturation * torch.minimum(place, 4 - place).clamp(0, 1)

    return torch.stack([channel(5), channel(3), channel(1)], dim=-3)


def _chroma_offset(image: Tensor) -> Tensor:
    return torch.tensor((0.0, 0.5, 0.5), dtype=image.dtype, device=image.device)[:, None, None]
