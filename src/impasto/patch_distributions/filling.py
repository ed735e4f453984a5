"""Which patches of exemplars are wanted, where not all are: those that are like what is there, or is to be there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt

import torch

from impasto.patch_distributions.features import patch_features
from impasto.patch_distributions.projections import Source
from impasto.randomness import generator

CELLS = 3  # parts of a patch's side by which patches are told to be alike
ASKED = 1024  # patches whose like is looked for, at the most
COMPARED = 1 << 14  # patches that they are compared with, at the most
JITTER = 1e-3  # of the features, so that any one of those that are equally like may be found
ALIKE = 4  # patches that are found for each


@dataclass(frozen=True)
class Filling:
    """What is known at one size: pictures (1, 3, h, w) and places of patches, bool (h, w).

    A hole that should have all the patches that a picture has, as often as it has them, would have ground in the sky.
    So each patch that touches it looks for a few that are like it, as it is before anything is done at this size, and
    theirs is the distribution that is wanted.
    """

    soft: Sequence[torch.Tensor]  # the exemplars, as blurred as a picture from the size before
    valid: Sequence[torch.Tensor]  # the exemplars' patches that are whole and known
    among: torch.Tensor  # the picture's patches that touch the hole
    patch: int
    steadiness: float
    seed: int
    wrap: bool

    def matched(
        self, begun: torch.Tensor, sources: Sequence[Source], features: torch.Tensor | None
    ) -> tuple[list[Source], torch.Tensor | None]:
        """The exemplars' patches that count, and the features of the picture's (G, h, w), for what it begins with."""
        beyond = self.patch - 1 if self.wrap else 0
        begun = torch.nn.functional.pad(begun, (0, beyond, 0, beyond), mode="circular") if beyond else begun
        colors, *theirs = (patch_features(each[0], self.patch, CELLS) for each in (begun, *self.soft))
        weight = sqrt(self.steadiness)
        found = alike(
            _joined(features, colors),
            [_joined(source.features, each) for source, each in zip(sources, theirs, strict=True)],
            self.among,
            self.valid,
            seed=self.seed,
        )
        if weight:
            features = _joined(features, weight * colors)
            sources = [
                replace(source, features=_joined(source.features, weight * each))
                for source, each in zip(sources, theirs, strict=True)
            ]
        return [source.chosen(at, self.patch) for source, at in zip(sources, found, strict=True)], features


def alike(
    ours: torch.Tensor, theirs: Sequence[torch.Tensor], among: torch.Tensor, valid: Sequence[torch.Tensor], *, seed: int
) -> list[torch.Tensor]:
    """Which patches of exemplars have features (G, h, w) like those of the picture's patches `among` (h, w).

    Only `valid` ones, bool (h, w), count. For each exemplar the places of its patches, counted row by row, are
    returned; one that is like several patches comes several times.
    """
    random = generator(seed)
    ours, *theirs = (each + JITTER * torch.randn(each.shape, generator=random).to(each) for each in (ours, *theirs))
    places = [each.flatten().nonzero()[:, 0] for each in valid]
    numbers = torch.cat([torch.full_like(each, number) for number, each in enumerate(places)])
    together = torch.cat(places)
    keys = torch.cat([each.flatten(1)[:, at] for each, at in zip(theirs, places, strict=True)], dim=1)
    queries = ours.flatten(1)[:, among.flatten()]
    some = torch.randperm(keys.shape[1], generator=random)[:COMPARED].to(keys.device)
    asked = torch.randperm(queries.shape[1], generator=random)[:ASKED].to(keys.device)
    distances = torch.cdist(queries[:, asked].T.contiguous(), keys[:, some].T.contiguous())
    found = some[distances.topk(min(ALIKE, len(some)), largest=False).indices.flatten()]
    return [together[found[numbers[found] == number]] for number in range(len(places))]


def _joined(features: torch.Tensor | None, more: torch.Tensor) -> torch.Tensor:
    return more if features is None else torch.cat([features, more])
