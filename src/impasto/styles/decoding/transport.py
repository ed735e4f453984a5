"""Optimal transport between Gaussians."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

RIDGE = 0.1
"""What is added to the variances, of features in units of their deviations: what varies less is not stretched."""

FEW = 16  # channels; features of so few have many places
COLORS = 3  # channels of a picture
TOGETHER = 8  # pixels that are moved by one row of a product, which is several times as fast as one by one


class Gaussian(NamedTuple):
    """A mean (C,) and a covariance (C, C)."""

    mean: Tensor
    covariance: Tensor

    @classmethod
    def of(cls, features: Tensor) -> Gaussian:
        """Of the places of features (1, C, h, w); of few channels of every second row and column, which is enough."""
        some = features[..., ::2, ::2] if features.shape[1] <= FEW else features
        # Sums over long rows are fast, and worth a copy where there are hardly any channels.
        values = some[0].flatten(1) if features.shape[1] <= COLORS else rows(some).T
        mean = values.mean(1)
        centred = values - mean[:, None]
        return cls(mean, centred @ centred.T / values.shape[1])


def transport(features: Tensor, goal: Gaussian, root: Tensor, ridge: float = RIDGE) -> Tensor:
    """Features (1, C, h, w) moved to the mean and covariance of `goal`, by the linear map that moves them least.

    root: of the goal's covariance plus the ridge.
    """
    own = Gaussian.of(features)
    matrix = gaussian_map(own.covariance, root, ridge).to(features.dtype)
    shift = goal.mean - matrix @ own.mean
    height, width = features.shape[-2:]
    if features.shape[1] <= COLORS and height * width % TOGETHER == 0:
        several: Tensor = torch.block_diag(*[matrix.T] * TOGETHER)  # type: ignore[no-untyped-call]
        together = rows(features).reshape(-1, len(several))
        return planes(torch.addmm(shift.repeat(TOGETHER), together, several), height, width)
    if features.shape[1] <= FEW:  # much faster so than as a product
        return torch.nn.functional.conv2d(features, matrix[:, :, None, None], shift)
    return planes(torch.addmm(shift, rows(features), matrix.T), height, width)


def rows(features: Tensor) -> Tensor:
    """The places of features (1, C, h, w) as rows (h * w, C); of channels-last ones no copy."""
    return features.permute(0, 2, 3, 1).reshape(-1, features.shape[1])


def planes(rows: Tensor, height: int, width: int) -> Tensor:
    """The inverse of `rows`: features (1, C, height, width), channels last."""
    return rows.reshape(1, height, width, -1).permute(0, 3, 1, 2)


def gaussian_map(covariance: Tensor, root: Tensor, ridge: float = RIDGE) -> Tensor:
    """The symmetric matrix A (C, C), float64, that takes the covariance S plus the ridge to R^2, R being `root`.

    A = R (R S R)^-1/2 R, the optimal transport between Gaussians (Dowson & Landau 1982).
    """
    _, inverse = roots(root @ raised(covariance, ridge) @ root)
    return root @ inverse @ root


def roots(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """The square root of a symmetric positive definite matrix (C, C), and its inverse."""
    if torch.compiler.is_exporting():
        from impasto.styles.decoding.exported_roots import exported_roots  # runtimes know no eigenvalues

        root, inverse = exported_roots(matrix)
        return root, inverse
    values, vectors = torch.linalg.eigh(matrix)
    scale = values.clamp_min(values[-1] * 1e-14).sqrt()
    return (vectors * scale) @ vectors.T, (vectors / scale) @ vectors.T


def raised(covariance: Tensor, ridge: float) -> Tensor:
    """A covariance (C, C) plus the ridge, float64."""
    return covariance.double() + ridge * torch.eye(covariance.shape[-1], dtype=torch.float64, device=covariance.device)
