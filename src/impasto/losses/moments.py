"""Features seen as a Gaussian: mean and covariance, and how far these are from others."""

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
