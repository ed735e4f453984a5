"""What has to be known of paintings before a photo is made like them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from impasto.styles.decoding.transport import RIDGE, Gaussian, raised, roots, rows, transport

PIXELS = ""  # the name of the level of the pixels
PIXEL_RIDGE = 1e-4
CELL = 8  # pixels a side of what one place of the compared bottleneck stands for
DESCRIPTOR = 64  # numbers that a 3x3 patch is compared by
WHITENED = 0.05  # what is added to variances before patches are compared


@dataclass(frozen=True)
class Goal:
    """The Gaussian that a level's features are moved to, and the square root of its covariance."""

    gaussian: Gaussian
    root: Tensor
    ridge: float

    @classmethod
    def of(cls, features: Tensor, level: str) -> Goal:
        """Of the features (1, C, h, w) of a painting."""
        own, ridge = Gaussian.of(features), RIDGE if level else PIXEL_RIDGE
        return cls(own, roots(raised(own.covariance, ridge))[0], ridge)

    def move(self, features: Tensor) -> Tensor:
        """Features with this mean and covariance."""
        return transport(features, self.gaussian, self.root, self.ridge)

    def descriptors(self, projection: Tensor) -> Tensor:
        """The kernel (D, C, 3, 3) that whitens features by this covariance and projects their 3x3 patches."""
        _, whitening = roots(raised(self.gaussian.covariance, WHITENED))
        return torch.einsum("dckl,ce->dekl", projection, whitening.to(projection.dtype))


class Manner:
    """Paintings, each with its share, as what a picture shall be like.

    known: the features of each, by level. goals: their Gaussians.
    """

    def __init__(self, known: Sequence[Mapping[str, Tensor]], shares: Sequence[float], strength: float) -> None:
        self.known, self.shares, self.strength = known, shares, strength
        self.goals = [{level: Goal.of(it, level) for level, it in features.items()} for features in known]

    def move(self, features: Tensor, level: str) -> Tensor:
        """Features with the paintings' statistics, as far as the strength says."""
        goal = mixed([goals[level].move(features) for goals in self.goals], self.shares)
        return goal if self.strength == 1 else torch.lerp(features, goal, self.strength)


@dataclass(frozen=True)
class Patches:
    """The places of a painting, as they are compared: their 3x3 patches of features, and their colours."""

    keys: Tensor  # (h * w, D)
    size: tuple[int, int]  # h, w
    kernel: Tensor  # (D - 3, C, 3, 3)
    weight: Tensor  # of the colours

    @classmethod
    def of(cls, features: Tensor, picture: Tensor, kernel: Tensor, tone: float) -> Patches:
        """Of the features (1, C, h, w) of a painting (1, 3, 8h, 8w)."""
        weight = tone / picture.std().clamp_min(1e-3)
        height, width = features.shape[-2:]
        return cls(_described(features, picture, kernel, weight), (height, width), kernel, weight)

    def describe(self, features: Tensor, picture: Tensor) -> Tensor:
        """The places of other features and their picture, described in the same way."""
        return _described(features, picture, self.kernel, self.weight)


def _described(features: Tensor, picture: Tensor, kernel: Tensor, weight: Tensor) -> Tensor:
    patches = F.conv2d(F.pad(features, (1, 1, 1, 1), mode="replicate"), kernel)
    return torch.cat([rows(patches), rows(F.avg_pool2d(picture, CELL)) * weight], dim=1)


def mixed(parts: Sequence[Tensor], shares: Sequence[float]) -> Tensor:
    """The mean of tensors of one shape, by shares that add up to 1."""
    if len(parts) == 1:
        return parts[0]
    return torch.stack([part * share for part, share in zip(parts, shares, strict=True)]).sum(0)


def directions(channels: int) -> Tensor:
    """Fixed directions that 3x3 patches are projected to, (DESCRIPTOR, C, 3, 3), at right angles to one another."""
    drawn = torch.randn(channels * 9, DESCRIPTOR, generator=torch.Generator().manual_seed(0))
    straight: Tensor = torch.linalg.qr(drawn).Q
    return straight.T.reshape(DESCRIPTOR, channels, 3, 3).contiguous()
