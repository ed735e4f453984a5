"""Features seen as a Gaussian: mean and covariance, and distances between Gaussians."""

from __future__ import annotations

from typing import NamedTuple

import torch


class Moments(NamedTuple):
    """The Gaussian that fits a picture's features."""

    mean: torch.Tensor  # (N, C)
    covariance: torch.Tensor  # (N, C, C)


def moments(
    features: torch.Tensor, *, stride: int = 1, offset: tuple[int, int] = (0, 0), mask: torch.Tensor | None = None
) -> Moments:
    """Return the mean and covariance over the positions of `features` (N, C, H, W).

    With a `stride`, over every stride-th position in both directions, from `offset` (down, right; below the stride):
    an estimate, stride^2 times cheaper. The gradient costs one matrix product; it cannot itself be differentiated.
    `mask` (N, 1, H, W), 0 or more, weighs the places; its mean does not matter.
    """
    return fuse_moments(features, stride=stride, offset=offset, mask=mask)[1]


def fuse_moments(
    features: torch.Tensor, *, stride: int = 1, offset: tuple[int, int] = (0, 0), mask: torch.Tensor | None = None
) -> tuple[torch.Tensor, Moments]:
    """Return `features` and their `moments`.

    Where a network goes on from the features that are returned, the gradients of both meet in place, which saves
    more than the moments cost. Nothing else may hold on to the gradient that comes back to those features: a
    convolution, a pooling or a ReLU does not.
    """
    from impasto.losses.fused_moments import SampledMoments

    same, mean, covariance = SampledMoments.apply(features, stride, offset, mask)  # type: ignore[no-untyped-call]
    return same, Moments(mean, covariance)


def relative_moment_loss(found: Moments, target: Moments) -> torch.Tensor:
    """Return |m - m'|^2 / |m'|^2 + |C - C'|^2 / |C'|^2 (Frobenius), a scalar, the mean over the pictures.

    Cheap, and without an eigenvalue; not a distance between distributions.
    """
    batch = found.mean.shape[0] / target.mean.shape[0]
    total = torch.zeros((), device=found.mean.device, dtype=found.mean.dtype)
    for ours, theirs in zip(found, target, strict=True):
        energy = theirs.square().sum().clamp_min(1e-12) * batch
        total = total + (ours - theirs).square().sum() / energy
    return total


def gaussian_wasserstein(found: Moments, target: Moments, *, ridge: float = 1e-5) -> torch.Tensor:
    """Return the squared 2-Wasserstein distance between Gaussians, a scalar, the mean over the pictures.

    W^2 = |m - m'|^2 + tr C + tr C' - 2 tr (R C R)^(1/2) with R = C'^(1/2) (Dowson & Landau 1982; the second part
    is the squared Bures distance). Computed in float64, differentiable in `found`, not in `target`.

    `ridge`, as a share of the mean variance of `target`, is added to both covariances: the gradient of the square
    root stays finite in directions without variance, and equal Gaussians are still at distance 0.
    """
    mean, covariance = (part.double() for part in found)
    goal_mean, goal = (part.detach().double() for part in target)
    channels = goal.shape[-1]
    variance = goal.diagonal(dim1=-2, dim2=-1).mean(-1).clamp_min(1e-12)
    blur = (ridge * variance)[:, None, None] * torch.eye(channels, dtype=goal.dtype, device=goal.device)
    values, vectors = torch.linalg.eigh(goal + blur)
    root = (vectors * values.clamp_min(0).sqrt()[:, None, :]) @ vectors.mT
    product = root @ (covariance + blur) @ root
    # Rounding may leave an eigenvalue below the square of the ridge, the least it can be.
    floor = (ridge * variance).square()[:, None]
    fidelity = torch.linalg.eigvalsh((product + product.mT) / 2).clamp_min(floor).sqrt().sum(-1)
    traces = _trace(covariance + blur) + _trace(goal + blur)
    distance: torch.Tensor = (mean - goal_mean).square().sum(-1) + traces - 2 * fidelity
    return distance.mean().to(found.mean.dtype)


def _trace(matrix: torch.Tensor) -> torch.Tensor:
    return matrix.diagonal(dim1=-2, dim2=-1).sum(-1)
