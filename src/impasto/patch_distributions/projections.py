"""The patches of exemplars as a step sees them: along random directions, drawn and looked up once for each size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from impasto.losses.sliced_gradient import Beside
from impasto.losses.sliced_patches import Projections, fewer_values, patch_responses, quantile_integral, sorted_rows
from impasto.patch_distributions.directions import Directions
from impasto.patch_distributions.levels import PatchDistributionConfig
from impasto.randomness import generator

KNOTS = 1 << 12  # values that an exemplar's responses along one direction are reduced to
SEEN = 1 << 16  # patches of an exemplar that are looked at, about


@dataclass(frozen=True)
class Source:
    """An exemplar at one size, or some of its patches."""

    picture: torch.Tensor  # (1, 3, h, w)
    features: torch.Tensor | None = None  # what its patches are beside their pixels, (G, h, w)
    patches: torch.Tensor | None = None  # (3 p p, K): if given, only these count, and `features` are (G, K)

    def chosen(self, places: torch.Tensor, patch: int) -> Source:
        """Only the patches at `places` (K,), counted row by row, each as often as it is named."""
        width = self.picture.shape[3] - patch + 1
        within = torch.arange(patch, device=places.device)
        rows = (places // width)[:, None, None] + within[:, None]
        columns = (places % width)[:, None, None] + within
        patches = self.picture[0][:, rows, columns].transpose(0, 1).flatten(1).T.contiguous()
        return Source(self.picture, None if self.features is None else self.features.flatten(1)[:, places], patches)

    def responses(self, kernels: torch.Tensor, weights: torch.Tensor | None) -> torch.Tensor:
        """What patches measure along directions through their pixels (n, 3, p, p) and features (n, G): (n, P)."""
        if self.patches is not None:
            found = kernels.flatten(1) @ self.patches
            return found if weights is None or self.features is None else found + weights @ self.features
        every = max(1, round((self.picture[0, 0].numel() / SEEN) ** 0.5))
        found = patch_responses(self.picture, Projections(kernels, every))
        if weights is None or self.features is None:
            return found
        return found + Beside(weights, self.features).added(slice(None, None, every), slice(None, None, every))


@dataclass(frozen=True)
class ProjectionSet:
    """A set of directions, and how the exemplars' patches are distributed along them."""

    kernels: torch.Tensor  # (n, 3, p, p), unit norm
    weights: torch.Tensor | None  # (n, G): the directions' parts for the features
    integral: torch.Tensor  # (n, R + 1): running sums of the sorted responses

    def beside(self, features: torch.Tensor | None) -> Beside | None:
        """What a picture's patches with these features (G, h, w) are beside their pixels."""
        return None if self.weights is None or features is None else Beside(self.weights, features)


def smooth(kernels: torch.Tensor) -> torch.Tensor:
    """Kernels (n, 3, p, p) of unit norm without fine detail: what 2 x 2 parts can say, less towards the edges."""
    patch = kernels.shape[-1]
    few = torch.nn.functional.adaptive_avg_pool2d(kernels, 2)
    smoothed = torch.nn.functional.interpolate(few, size=(patch, patch), mode="bilinear", align_corners=True)
    window = torch.hann_window(patch + 2, periodic=False, device=kernels.device)[1:-1]
    smoothed = smoothed * window[:, None] * window
    return torch.nn.functional.normalize(smoothed.flatten(1), dim=1).view_as(kernels)


class ProjectionSets:
    """The sets of projections of one size, used in turn; each is drawn when it is first asked for.

    A direction goes through the p x p x 3 values of a patch and through its features, if there are any: two patches
    whose feature differs by d are as far apart as two that differ by d in the mean of their colours.

    guided: whether the features are guides, which a picture may not go with.
    """

    def __init__(
        self, config: PatchDistributionConfig, sources: Sequence[Source], *, seed: int, guided: bool = False
    ) -> None:
        self._config, self._sources, self._seed, self._guided = config, sources, seed, guided
        pictures = [source.picture for source in sources]
        self._directions = Directions(pictures, config.patch, config.projections, fine=config.fine)
        self._features = 0 if sources[0].features is None else len(sources[0].features)
        self._drawn: dict[int, ProjectionSet] = {}

    def at(self, turn: int) -> ProjectionSet:
        """The set of a turn. It depends on the seed and the turn alone, so that a resumed run draws the same."""
        number = turn % self._config.projection_sets if self._config.projection_sets else turn
        drawn = self._drawn.get(number)
        if drawn is None:
            drawn = self._draw(generator((self._seed * 1_000_003 + number) % 2**63))
            if self._config.projection_sets:
                self._drawn[number] = drawn
        return drawn

    def _draw(self, random: torch.Generator) -> ProjectionSet:
        kernels = self._directions.draw(random)
        weights = None
        if self._features:
            weights = torch.randn(len(kernels), self._features, generator=random).to(kernels)
            if self._guided:
                # Guides that do not go with the picture leave something to be moved, along whatever direction it is
                # seen: along a random one that is noise. So every second one that is not fine sees them, and is smooth.
                seeing = slice(self._directions.fine, None, 2)
                weights[: self._directions.fine] = weights[self._directions.fine + 1 :: 2] = 0
                kernels[seeing] = smooth(kernels[seeing])
        together = torch.cat([source.responses(kernels, weights) for source in self._sources], dim=1)
        reference = sorted_rows(together, exact=together.shape[1] <= 2 * KNOTS)  # counting pays for long rows
        return ProjectionSet(kernels, weights, quantile_integral(fewer_values(reference, KNOTS)))
