"""The patches of exemplars as a step sees them: along random directions, drawn and looked up once for each size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from impasto.losses import Projections, patch_responses, quantile_integral
from impasto.losses.sliced_patches import fewer_values, sorted_rows
from impasto.methods import generator
from impasto.synthesis.patch_directions import Directions
from impasto.synthesis.patch_levels import PatchDistributionConfig

KNOTS = 1 << 12  # values that an exemplar's responses along one direction are reduced to
SEEN = 1 << 18  # patches of an exemplar that are looked at, about


@dataclass(frozen=True)
class ProjectionSet:
    """A set of directions, and how the exemplars' patches are distributed along them."""

    kernels: torch.Tensor  # (n, 3, p, p), unit norm
    down: torch.Tensor | None  # (n,): what a patch's height in the picture adds to its responses
    integral: torch.Tensor  # (n, R + 1): running sums of the sorted responses

    def added(self, places: torch.Tensor) -> torch.Tensor | None:
        """What patches at these places, 0 at the top to 1 at the bottom (h, w), add to the responses, (n, h, w)."""
        return None if self.down is None else self.down[:, None, None] * places


class ProjectionSets:
    """The sets of projections of one size, used in turn; each is drawn when it is first asked for.

    A direction goes through the p x p x 3 values of a patch and, where there is a `layout`, through its height in the
    picture as well, which counts as much as a difference of `layout` between two patches. Then sky stays above.
    """

    def __init__(
        self, config: PatchDistributionConfig, exemplars: Sequence[torch.Tensor], *, seed: int, layout: float = 0.0
    ) -> None:
        self._config, self._exemplars, self._seed, self._layout = config, exemplars, seed, layout
        self._directions = Directions(exemplars, config.patch, config.projections, fine=config.fine)
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
        config = self._config
        kernels = self._directions.draw(random)
        down = torch.randn(config.projections, generator=random).to(kernels) * self._layout if self._layout else None
        rows = []
        for exemplar in self._exemplars:
            every = max(1, round((exemplar[0, 0].numel() / SEEN) ** 0.5))
            responses = patch_responses(exemplar, Projections(kernels, every))
            if down is not None:
                places = relative_heights(exemplar.shape[-2], exemplar.shape[-1], config.patch)[::every, ::every]
                responses = responses + down[:, None] * places.reshape(1, -1).to(responses)
            rows.append(responses)
        together = torch.cat(rows, dim=1)
        reference = sorted_rows(together, exact=together.shape[1] <= 2 * KNOTS)  # counting pays for long rows
        return ProjectionSet(kernels, down, quantile_integral(fewer_values(reference, KNOTS)))


def relative_heights(height: int, width: int, patch: int, margin: int = 0) -> torch.Tensor:
    """How far down each patch of a picture is, from 0 at the top to 1 at the bottom, (h, w); `margin` is beyond."""
    rows = torch.arange(height - patch + 1) - margin
    places = (rows / max(1, height - 2 * margin - patch)).clamp(0, 1)
    return places[:, None].expand(-1, width - patch + 1)
