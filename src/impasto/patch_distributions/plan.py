"""What a picture is to be like whose patch distribution is matched, and what of it is known, at each size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import torch

from impasto.images import resize
from impasto.patch_distributions.features import patch_features, relative_heights
from impasto.patch_distributions.filling import Filling, alike
from impasto.patch_distributions.levels import Level, PatchDistributionConfig, Size, scaled
from impasto.patch_distributions.projections import Source
from impasto.patches import valid_patches
from impasto.patchwork.levels import brought_to, wholly
from impasto.patchwork.maps import with_more

LAID_OUT = 4  # sizes that decide what is above and what below

Start: TypeAlias = "Callable[[Sequence[torch.Tensor], Size], torch.Tensor]"
"""Gives the picture (1, 3, H, W) of that (width, height) to begin with, from the exemplars (1, 3, h, w)."""


@dataclass(frozen=True)
class PatchPlan:
    """What is to be made of which exemplars: pictures (3, H, W), guides (G, H, W), masks bool (H, W).

    layout: how much a patch's height in the picture counts; halved from size to size, 0 after the first four.
    guide, exemplar_guides: maps of what is where in the picture and in each exemplar, times the roots of their weights.
    matched_guides: whether the maps have the same things as often. If not, each patch of the picture asks for a few of
        its own kind: what its guide has less of than the exemplars cannot all be had.
    hole, around: the pixels that may change, and the picture (of the last level's size) that stays outside.
    known: the pixels of each exemplar that patches are taken from. Then only the patches that touch the hole are
        matched, and only with those that are like them (see `Filling`).
    steadiness: how much the patches that fill a hole keep to what was there at the size before.
    """

    exemplars: Sequence[torch.Tensor]
    levels: Sequence[Level]
    start: Start
    layout: float = 0.0
    guide: torch.Tensor | None = None
    exemplar_guides: Sequence[torch.Tensor] = ()
    matched_guides: bool = False
    hole: torch.Tensor | None = None
    around: torch.Tensor | None = None
    known: Sequence[torch.Tensor] | None = None
    steadiness: float = 0.0

    def guided(self, ours: torch.Tensor, theirs: Sequence[torch.Tensor]) -> PatchPlan:
        """The same plan with more guide channels: the picture's, and each exemplar's."""
        guide, exemplar_guides = with_more(self.guide, self.exemplar_guides, ours, theirs)
        return replace(self, guide=guide, exemplar_guides=exemplar_guides)


@dataclass(frozen=True)
class Stage:
    """One size of a plan, with a `margin` around the picture."""

    exemplars: list[torch.Tensor]  # (1, 3, h, w)
    sources: list[Source]
    features: torch.Tensor | None  # (G, h, w), of every patch of the picture
    filling: Filling | None
    guided: bool
    hole: torch.Tensor | None  # bool (H, W)
    around: torch.Tensor | None  # (1, 3, H, W)

    def settled(self, picture: torch.Tensor) -> torch.Tensor:
        """A picture (1, 3, H, W) with what stays put back."""
        return picture if self.hole is None or self.around is None else torch.where(self.hole, picture, self.around)


def stage(plan: PatchPlan, level: Level, before: Level, config: PatchDistributionConfig, margin: int) -> Stage:
    """The plan at one size, after the one `before`."""
    exemplars = [resize(each[None], _size(each, level, config)) for each in plan.exemplars]
    layout = plan.layout * 0.5**level.index if level.index < LAID_OUT else 0.0
    theirs = [
        _features(each.shape[-2:], guide, config.patch, layout, device=each.device)
        for each, guide in zip(exemplars, _guides(plan, exemplars), strict=True)
    ]
    beyond = config.patch - 1 if config.tile else 0  # patches go on over a tile's edges
    width, height = level.size
    guide = None
    if plan.guide is not None:
        guide = _repeated(padded(brought_to(plan.guide, (height, width), wrap=config.tile), margin), beyond)
    inside = (height + 2 * margin + beyond, width + 2 * margin + beyond)
    ours = _features(inside, guide, config.patch, layout, margin=margin, device=exemplars[0].device)
    hole = around = filling = None
    sources = [Source(*parts) for parts in zip(exemplars, theirs, strict=True)]
    if plan.hole is not None and plan.around is not None:
        hole = padded((~wholly(~plan.hole, (height, width), wrap=config.tile))[None].float(), margin)[0] > 0.5
        around = padded(brought_to(plan.around, (height, width), wrap=config.tile).clamp(0, 1), margin)[None]
        if plan.known is not None:
            filling = Filling(
                [
                    resize(resize(whole[None], _size(whole, before, config)), (each.shape[3], each.shape[2]))
                    for whole, each in zip(plan.exemplars, exemplars, strict=True)
                ],
                [
                    valid_patches(wholly(known, (each.shape[2], each.shape[3])), config.patch)
                    for known, each in zip(plan.known, exemplars, strict=True)
                ],
                ~valid_patches(~hole, config.patch, wrap=config.tile),
                config.patch,
                plan.steadiness,
                config.seed * 1_000_003 + level.index,
                config.tile,
            )
    guided = filling is None and plan.guide is not None and not plan.matched_guides
    if guided and ours is not None:
        every = [torch.ones_like(each[0], dtype=torch.bool) for each in (ours, *theirs) if each is not None]
        beside = [each for each in theirs if each is not None]
        places = alike(ours, beside, every[0], every[1:], seed=config.seed * 1_000_003 + level.index)
        sources = [source.chosen(at, config.patch) for source, at in zip(sources, places, strict=True)]
    return Stage(exemplars, sources, ours, filling, guided, hole, around)


def padded(picture: torch.Tensor, margin: int) -> torch.Tensor:
    """A picture (..., H, W) with a mirrored margin."""
    return torch.nn.functional.pad(picture, (margin,) * 4, mode="reflect") if margin else picture


def _guides(plan: PatchPlan, exemplars: Sequence[torch.Tensor]) -> list[torch.Tensor | None]:
    if not plan.exemplar_guides:
        return [None] * len(exemplars)
    sizes = [(each.shape[3], each.shape[2]) for each in exemplars]
    return [resize(guide, size, clamp=False) for guide, size in zip(plan.exemplar_guides, sizes, strict=True)]


def _features(
    size: Sequence[int], guide: torch.Tensor | None, patch: int, layout: float, *, margin: int = 0, device: torch.device
) -> torch.Tensor | None:
    """All that the patches of a picture of `size` = (height, width) are beside their pixels, (G, h, w)."""
    parts = [] if guide is None else [patch_features(guide, patch)]
    if layout:
        heights = layout * relative_heights(size[0], size[1], patch, margin)[None]
        parts.append(heights.to(device))
    return torch.cat(parts) if parts else None


def _repeated(guide: torch.Tensor, beyond: int) -> torch.Tensor:
    return torch.nn.functional.pad(guide[None], (0, beyond, 0, beyond), mode="circular")[0]


def _size(exemplar: torch.Tensor, level: Level, config: PatchDistributionConfig) -> Size:
    return scaled((exemplar.shape[2], exemplar.shape[1]), level.factor, config.patch)
