"""Parts of a picture that have styles of their own (Gatys et al. 2017, section 4, with soft edges)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch

from impasto.images import resize
from impasto.synthesis.gamut import Gamut, RegionalGamut, gamut_of
from impasto.synthesis.patches import PatchTarget
from impasto.synthesis.settings import SynthesisConfig
from impasto.synthesis.statistics import Distance, StyleTerm

Exemplars = Sequence[tuple["torch.Tensor", float]]
"""Pictures (1, 3, H, W) whose style is wanted, each with its share; the shares add up to 1."""

Shares = Callable[[str], Sequence[float]]
"""The exemplars' shares of one layer, by its name, or of the patches (PATCHES); they add up to 1."""

PATCHES = "patches"

Described = Mapping[tuple[str, str], Any]
"""What each term says of each of its layers of an exemplar, by the names of both."""


@dataclass(frozen=True)
class Region:
    """A part of a picture, and the exemplars whose style it has.

    mask: (1, 1, H, W) in [0, 1], how much each pixel belongs to it; None for the whole picture.
    shares: the exemplars' shares, where they differ from layer to layer.
    """

    exemplars: Exemplars
    mask: torch.Tensor | None = None
    shares: Shares | None = None

    @property
    def pictures(self) -> list[torch.Tensor]:
        """The exemplars without their shares."""
        return [picture for picture, _ in self.exemplars]

    @cached_property
    def area(self) -> float:
        """Its share of the picture: what its losses weigh, so that each pixel is pulled alike in large and small."""
        return 1.0 if self.mask is None else float(self.mask.mean())

    def shared(self, of: Sequence[Any], layer: str) -> list[tuple[Any, float]]:
        """What there is of each exemplar, with its share."""
        shares = self.shares(layer) if self.shares else [share for _, share in self.exemplars]
        return list(zip(of, shares, strict=True))


class RegionTargets:
    """The statistics that each region of a picture should have. A region's features are compared with its own only."""

    def __init__(
        self, regions: Sequence[Region], terms: Sequence[StyleTerm], describe: Callable[[torch.Tensor], Described]
    ) -> None:
        self._regions = regions
        self._targets: list[dict[tuple[str, str], Any]] = []
        for region in regions:
            looks = [describe(picture) for picture in region.pictures]
            self._targets.append(
                {
                    (term.name, layer): term.statistics.mix(
                        region.shared([found[term.name, layer] for found in looks], layer)
                    )
                    for term in terms
                    for layer in term.layers
                }
            )
        self._masks: dict[tuple[int, torch.Size], torch.Tensor] = {}

    def compare(self, term: StyleTerm, layer: str, features: torch.Tensor, step: int) -> tuple[torch.Tensor, Distance]:
        """How far the features (1, C, h, w) are from what is wanted: `Statistics.compare`, region by region."""
        distances: list[tuple[float, Distance]] = []
        for number, (region, targets) in enumerate(zip(self._regions, self._targets, strict=True)):
            mask = self._mask(number, features.shape[-2:])
            features, distance = term.statistics.compare(layer, features, targets[term.name, layer], step, mask)
            distances.append((region.area, distance))
        return features, lambda: torch.stack([area * distance() for area, distance in distances]).sum()

    def _mask(self, number: int, size: torch.Size) -> torch.Tensor | None:
        """How much of each place of a layer of `size` (h, w) belongs to a region, (1, 1, h, w)."""
        mask = self._regions[number].mask
        if mask is None:
            return None
        if (number, size) not in self._masks:
            self._masks[number, size] = resize(mask, (size[1], size[0]), filter="area")
        return self._masks[number, size]


class RegionPatches:
    """The sliced patch distances of each region's patches to those of its exemplars."""

    def __init__(self, config: SynthesisConfig, regions: Sequence[Region], *, wrap: bool = False) -> None:
        self._targets = [
            (region.area, PatchTarget(config, region.shared(region.pictures, PATCHES), wrap=wrap, mask=region.mask))
            for region in regions
        ]

    def distance(self, image: torch.Tensor, step: int) -> torch.Tensor:
        """The sum of the distances of `image` (1, 3, H, W), each by its region's area, a scalar."""
        return torch.stack([area * target.distance(image, step) for area, target in self._targets]).sum()


def gamut_of_regions(regions: Sequence[Region]) -> Gamut | RegionalGamut:
    """The colours that a picture may have: in each region those of its exemplars."""
    if len(regions) == 1 and regions[0].mask is None:
        return gamut_of(regions[0].pictures)
    return RegionalGamut([(gamut_of(region.pictures), region.mask) for region in regions if region.mask is not None])
