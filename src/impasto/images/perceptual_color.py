"""Colour spaces that follow the eye: CIE Lab and Oklab, as functions on tensors (..., 3, H, W).

Both are differentiable, keep dtype and device, and start from sRGB values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from impasto.images.color import Matrix, inverse, linear_to_srgb, mix, srgb_to_linear

if TYPE_CHECKING:
    from torch import Tensor

# linear sRGB to XYZ (IEC 61966-2-1) with each row divided by its sum, the D65 white (0.9505, 1, 1.089): a grey
# then has exactly equal coordinates, and a = b = 0
_XYZ = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))


def _over_white(row: tuple[float, float, float]) -> tuple[float, float, float]:
    white = sum(row)
    return row[0] / white, row[1] / white, row[2] / white


_XYZ_OVER_WHITE: Matrix = (_over_white(_XYZ[0]), _over_white(_XYZ[1]), _over_white(_XYZ[2]))
_XYZ_OVER_WHITE_INVERSE = inverse(_XYZ_OVER_WHITE)
_LAB: Matrix = ((0, 116, 0), (500, -500, 0), (0, 200, -200))  # of f(X), f(Y), f(Z)
_LAB_INVERSE = inverse(_LAB)
_KNEE = 6 / 29

# Ottosson, "A perceptual color space for image processing" (2020), matrices of January 2021
_CONES: Matrix = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
_OKLAB: Matrix = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)
_CONES_INVERSE = inverse(_CONES)
_OKLAB_INVERSE = inverse(_OKLAB)


def rgb_to_lab(image: Tensor) -> Tensor:
    """CIE 1976 L*a*b*, white D65, 2 degrees: L in [0, 100], a and b about -110 to 110."""
    xyz = mix(srgb_to_linear(image), _XYZ_OVER_WHITE)
    curved = torch.where(
        xyz > _KNEE**3,
        xyz.clamp_min(_KNEE**3) ** (1 / 3),  # clamped so that the branch not taken has a finite gradient
        xyz / (3 * _KNEE**2) + 4 / 29,
    )
    return mix(curved, _LAB) - _lightness_offset(image)


def lab_to_rgb(image: Tensor) -> Tensor:
    """The inverse of `rgb_to_lab`; colours that sRGB has not lie outside [0, 1]."""
    curved = mix(image + _lightness_offset(image), _LAB_INVERSE)
    xyz = torch.where(curved > _KNEE, curved**3, 3 * _KNEE**2 * (curved - 4 / 29))
    return linear_to_srgb(mix(xyz, _XYZ_OVER_WHITE_INVERSE))


def rgb_to_oklab(image: Tensor) -> Tensor:
    """Oklab (Ottosson 2020): L in [0, 1], a and b about -0.4 to 0.4."""
    cones = mix(srgb_to_linear(image), _CONES)
    # the root's slope is infinite at black: below 1e-9 (far under one level of 16 bits) it is held flat
    root = cones.sign() * cones.abs().clamp_min(1e-9) ** (1 / 3)
    return mix(root, _OKLAB)


def oklab_to_rgb(image: Tensor) -> Tensor:
    """The inverse of `rgb_to_oklab`; colours that sRGB has not lie outside [0, 1]."""
    return linear_to_srgb(mix(mix(image, _OKLAB_INVERSE) ** 3, _CONES_INVERSE))


def _lightness_offset(image: Tensor) -> Tensor:
    return torch.tensor((16.0, 0.0, 0.0), dtype=image.dtype, device=image.device)[:, None, None]
