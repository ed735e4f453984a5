"""Style as the distribution of features: along random directions (Heitz et al. 2021), or channel by channel."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence

import torch

from impasto.losses.quantiles import Quantiles, fuse_quantile_distance, mean_quantiles, quantiles
from impasto.losses.sliced_features import draw_directions
from impasto.randomness import generator
from impasto.synthesis.statistics import SEEN_ALONG, Distance, Sampling, Statistics

SEEN = 1 << 14  # places of an exemplar's layer that are looked at, at most about


class HistogramStatistics(Statistics):
    """The histograms of the channels (Risser et al. 2017)."""

    def __init__(self, sampling: Sampling, bins: int) -> None:
        self._sampling, self._bins = sampling, bins

    def describe(self, layer: str, features: torch.Tensor, mask: torch.Tensor | None = None) -> Quantiles:
        """How each channel is distributed."""
        del layer
        return quantiles(_some(features, SEEN), mask=None if mask is None else _some(mask, SEEN))

    def mix(self, parts: Sequence[tuple[Quantiles, float]]) -> Quantiles:
        """The barycentre of the exemplars' distributions."""
        return mean_quantiles(parts)

    def compare(
        self, layer: str, features: torch.Tensor, target: Quantiles, step: int, mask: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, Distance]:
        """The mean square of what histogram matching would change, as a share of the variance."""
        del layer
        stride, offset = self._sampling.at(features, step)
        features, distance = fuse_quantile_distance(
            features, target, bins=self._bins, stride=stride, offset=offset, mask=mask
        )
        return features, lambda: distance


class SlicedStatistics(Statistics):
    """The distribution along random directions, of which there are several sets, one after the other.

    The exemplar is projected and sorted once for each set. The directions depend on the seed alone, and which set is
    used on the step, so that a resumed run uses the same.
    """

    def __init__(self, sampling: Sampling, *, directions: int, sets: int, seed: int) -> None:
        self._sampling, self._count, self._seed = sampling, directions, seed
        self._sets = 1 if sampling.positions is None else sets  # all places, always the same loss: for L-BFGS
        self._drawn: dict[str, list[torch.Tensor]] = {}

    def describe(self, layer: str, features: torch.Tensor, mask: torch.Tensor | None = None) -> list[Quantiles]:
        """How the features are distributed along each set of directions."""
        features, mask = _some(features, SEEN_ALONG), None if mask is None else _some(mask, SEEN_ALONG)
        return [quantiles(features, directions, mask=mask) for directions in self._directions(layer, features)]

    def mix(self, parts: Sequence[tuple[list[Quantiles], float]]) -> list[Quantiles]:
        """The barycentres of the exemplars' distributions."""
        return [mean_quantiles([(found[turn], share) for found, share in parts]) for turn in range(self._sets)]

    def compare(
        self, layer: str, features: torch.Tensor, target: list[Quantiles], step: int, mask: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, Distance]:
        """The sliced distance along the step's set of directions."""
        turn = step % self._sets
        stride, offset = self._sampling.at(features, step)
        directions = self._directions(layer, features)[turn]
        features, distance = fuse_quantile_distance(
            features, target[turn], directions, stride=stride, offset=offset, mask=mask
        )
        return features, lambda: distance

    def _directions(self, layer: str, features: torch.Tensor) -> list[torch.Tensor]:
        if layer not in self._drawn:
            random = generator((self._seed * 1_000_003 + zlib.crc32(layer.encode())) % 2**63)
            drawn = [
                draw_directions(random, self._count or features.shape[1], features.shape[1]) for _ in range(self._sets)
            ]
            self._drawn[layer] = [directions.to(features.device) for directions in drawn]
        return self._drawn[layer]


def _some(features: torch.Tensor, seen: int) -> torch.Tensor:
    """Every place of features (1, C, h, w), or of more than `seen` every second, or third ... in both directions."""
    every = max(1, math.ceil((features.shape[-2] * features.shape[-1] / seen) ** 0.5))
    return features[..., ::every, ::every]
