"""What style is taken to be: ways of describing the features of a layer, all used alike by an objective.

Each describes an exemplar's features once, and compares a picture's with that at every step. All can be asked for the
features under a mask, so that parts of a picture may have styles of their own.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from impasto.losses.gram import GramForm, gram, gram_loss
from impasto.losses.moments import Moments, fuse_moments, moments, relative_moment_loss

Distance = Callable[[], "torch.Tensor"]

SCATTER = 7919  # a prime: the places of one step and the next are not neighbours


class Statistics(ABC):
    """One way of describing the features (1, C, h, w) of a layer, at places that a mask (1, 1, h, w) may weigh."""

    @abstractmethod
    def describe(self, layer: str, features: torch.Tensor, mask: torch.Tensor | None = None) -> Any:
        """The description of an exemplar's features; called once for each exemplar and layer, without a gradient."""

    @abstractmethod
    def mix(self, parts: Sequence[tuple[Any, float]]) -> Any:
        """The description between those of several exemplars, by their shares, which add up to 1."""

    @abstractmethod
    def compare(
        self, layer: str, features: torch.Tensor, target: Any, step: int, mask: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, Distance]:
        """How far a picture's features are from a target that `mix` gave, at `step` of the run.

        Returns the features that the network is to go on from (equal ones, through which both gradients come back at
        once) and a function that gives the distance, a scalar, for when the network is through.
        """


@dataclass(frozen=True)
class StyleTerm:
    """A loss of style: its name, how features are described, and the weight of each layer."""

    name: str
    statistics: Statistics
    layers: Mapping[str, float]


SEEN_ALONG = 1 << 13  # places of an exemplar's layer that are looked at for a set of directions, at most about
WIDEST = 3  # places from one that is looked at to the next; with 8, pictures of four megapixels were full of grain


@dataclass(frozen=True)
class Sampling:
    """Which places of a layer a step looks at: every stride-th, from an offset.

    A large layer is looked at in part, elsewhere each step: its statistics are as good, and cheaper. But what is looked
    at seldom gets grain, so a large layer is looked at in at least one place of nine.
    """

    positions: int | None  # about so many, or more; None looks at all

    def at(self, features: torch.Tensor, step: int) -> tuple[int, tuple[int, int]]:
        """The stride, and the offset down and right, for features (N, C, h, w)."""
        if self.positions is None:
            return 1, (0, 0)
        stride = min(WIDEST, max(1, round((features.shape[-2] * features.shape[-1] / self.positions) ** 0.5)))
        row, column = divmod(step * SCATTER % stride**2, stride)
        return stride, (row, column)


class MomentStatistics(Statistics):
    """Means and covariances."""

    def __init__(self, sampling: Sampling) -> None:
        self._sampling = sampling

    def describe(self, layer: str, features: torch.Tensor, mask: torch.Tensor | None = None) -> Moments:
        """Mean and covariance over all places."""
        del layer
        return moments(features, mask=mask)

    def mix(self, parts: Sequence[tuple[Moments, float]]) -> Moments:
        """The means of the exemplars' means and covariances."""
        if len(parts) == 1:
            return parts[0][0]
        return Moments(
            _mean([(it.mean, share) for it, share in parts]), _mean([(it.covariance, share) for it, share in parts])
        )

    def compare(
        self, layer: str, features: torch.Tensor, target: Moments, step: int, mask: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, Distance]:
        """The distances of means and of covariances, each relative to the target's own."""
        del layer
        stride, offset = self._sampling.at(features, step)
        features, found = fuse_moments(features, stride=stride, offset=offset, mask=mask)
        return features, lambda: relative_moment_loss(found, target)


class GramStatistics(Statistics):
    """Gram matrices."""

    def __init__(self, form: GramForm) -> None:
        self._form = form

    def describe(self, layer: str, features: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """The Gram matrix over all places, (1, C, C)."""
        del layer
        return gram(features.float(), mask=mask)

    def mix(self, parts: Sequence[tuple[torch.Tensor, float]]) -> torch.Tensor:
        """The mean of the exemplars' matrices."""
        return parts[0][0] if len(parts) == 1 else _mean(parts)

    def compare(
        self, layer: str, features: torch.Tensor, target: torch.Tensor, step: int, mask: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, Distance]:
        """The distance in the form that was chosen."""
        del layer, step

        def distance() -> torch.Tensor:
            found = gram_loss(features.float(), target, self._form, mask=mask)
            if self._form == "mean-squared":
                # Document 4's script: the mean square of raw Gram matrices, over C H W (its `/d*w*h`, as meant).
                _, channels, height, width = features.shape
                found = found * (height * width / channels)
            return found

        return features, distance


def _mean(parts: Sequence[tuple[torch.Tensor, float]]) -> torch.Tensor:
    return torch.stack([share * each for each, share in parts]).sum(0)
