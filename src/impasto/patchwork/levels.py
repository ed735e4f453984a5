"""The sizes at which a picture is rebuilt, and what it is compared with at each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import floor, log

import numpy as np
import torch

from impasto.errors import InputError
from impasto.images import resize
from impasto.images.periodic import repeated_resize
from impasto.patches import valid_patches
from impasto.patchwork.maps import with_more
from impasto.patchwork.side_by_side import SideBySide, scaled


@dataclass(frozen=True)
class Plan:
    """What is to be rebuilt of which exemplars. Pictures are (3, H, W), guides (G, H, W), masks bool (H, W).

    Raises InputError if an exemplar or the result is smaller than a patch.
    """

    exemplars: Sequence[torch.Tensor]
    size: tuple[int, int]  # (height, width) of the result
    coarsest: int  # short side of the first level
    ratio: float
    patch: int
    wrap: bool = False
    exemplar_masks: Sequence[torch.Tensor] | None = None  # where patches may be taken from
    exemplar_guides: Sequence[torch.Tensor] = ()  # multiplied by the roots of their weights
    guide: torch.Tensor | None = None  # of the result's size, as are the next two
    around: torch.Tensor | None = None  # what stays as it is outside the hole
    hole: torch.Tensor | None = None
    settled_from: float = 0.0  # the factor from which on it stays

    def __post_init__(self) -> None:
        check_sizes(self.patch, self.size, [each.shape[1:] for each in self.exemplars])

    def guided(self, ours: torch.Tensor, theirs: Sequence[torch.Tensor]) -> Plan:
        """The same plan with more guide channels: the result's, and each exemplar's."""
        guide, exemplar_guides = with_more(self.guide, self.exemplar_guides, ours, theirs)
        return replace(self, guide=guide, exemplar_guides=exemplar_guides)

    @property
    def factors(self) -> list[float]:
        """By how much each level is smaller than the last, which is 1."""
        short = min(*self.size, *(side for exemplar in self.exemplars for side in exemplar.shape[1:]))
        return scaled_factors(short, max(self.coarsest, self.patch), self.ratio)


@dataclass(frozen=True)
class Level:
    """One size: the exemplars side by side, and what is known of the result."""

    canvas: SideBySide  # of the result
    exemplars: SideBySide
    values: torch.Tensor  # (3, Hk, Wk)
    keys: torch.Tensor  # values and guides, (C, Hk, Wk)
    soft_keys: torch.Tensor  # the same, as blurred as what is enlarged from the level before
    key_mask: torch.Tensor | None
    guide: torch.Tensor | None  # (G, H, W)
    around: torch.Tensor | None
    hole: torch.Tensor | None
    query_mask: torch.Tensor | None  # patches that touch the hole
    trust: torch.Tensor | None  # (h, w), the weights of their votes: more near what is known

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the result at this level."""
        return self.canvas.size

    def queries(self, picture: torch.Tensor) -> torch.Tensor:
        """A picture with the guide's channels."""
        return picture if self.guide is None else torch.cat([picture, self.guide])

    def settled(self, picture: torch.Tensor) -> torch.Tensor:
        """A picture with what stays put back."""
        return picture if self.hole is None or self.around is None else torch.where(self.hole, picture, self.around)


def scaled_factors(short: int, coarsest: int, ratio: float) -> list[float]:
    """By how much each level is smaller than the last, whose short side is given: 1 / ratio^n, ..., 1 / ratio, 1."""
    count = floor(log(max(1.0, short / coarsest)) / log(ratio) + 1e-6)
    return [ratio**-number for number in range(count, -1, -1)]


def levels(plan: Plan) -> Iterator[Level]:
    """The levels, coarsest first; each is made when it is asked for."""
    original = SideBySide(tuple((exemplar.shape[1], exemplar.shape[2]) for exemplar in plan.exemplars))
    before: list[torch.Tensor] = []
    for factor in plan.factors:
        beside = original.scaled(factor, plan.patch)
        height, width = (scaled(side, factor, plan.patch) for side in plan.size)
        exemplars = _sized(plan.exemplars, beside)
        guides = _sized(plan.exemplar_guides, beside, clamp=False)
        soft = _sized(before or exemplars, beside)
        masks = None
        if plan.exemplar_masks is not None:
            masks = [wholly(mask, size) for mask, size in zip(plan.exemplar_masks, beside.sizes, strict=True)]
        guide = around = hole = query_mask = trust = None
        if plan.guide is not None:
            guide = brought_to(plan.guide, (height, width), wrap=plan.wrap)
        if plan.around is not None and plan.hole is not None and factor >= plan.settled_from:
            around = brought_to(plan.around, (height, width), wrap=plan.wrap).clamp(0, 1)
            hole = ~wholly(~plan.hole, (height, width), wrap=plan.wrap)
            query_mask = ~valid_patches(~hole, plan.patch, wrap=plan.wrap)
            trust = _trust(hole, plan.patch, plan.wrap)
        values = beside.joined(exemplars)
        yield Level(
            canvas=SideBySide(((height, width),)),
            exemplars=beside,
            values=values,
            keys=beside.joined([torch.cat(parts) for parts in _zipped(exemplars, guides)]),
            soft_keys=beside.joined([torch.cat(parts) for parts in _zipped(soft, guides)]),
            key_mask=beside.whole(plan.patch, masks),
            guide=guide,
            around=around,
            hole=hole,
            query_mask=query_mask,
            trust=trust,
        )
        before = exemplars


def check_sizes(patch: int, size: Sequence[int], exemplars: Sequence[Sequence[int]]) -> None:
    """Raise InputError if a result or an exemplar, sizes as (height, width), is smaller than a patch."""
    for name, (height, width) in [("the result", size), *(("an exemplar", each) for each in exemplars)]:
        if min(height, width) < patch:
            raise InputError(
                f"{name} of {width}x{height} pixels is smaller than a patch of {patch}; take a larger one, "
                "or a smaller --patch"
            )


def brought_to(picture: torch.Tensor, size: tuple[int, int], *, wrap: bool = False) -> torch.Tensor:
    """A guide or picture (C, H, W) of the result at `size` = (height, width); that of a tile goes on over its edges."""
    return repeated_resize(picture, size) if wrap else resize(picture, size[::-1], clamp=False)


def wholly(mask: torch.Tensor, size: tuple[int, int], *, wrap: bool = False) -> torch.Tensor:
    """A mask (H, W) at another `size` = (height, width): where there is (nearly) nothing but what is in it."""
    whole = mask[None].float()
    return (repeated_resize(whole, size, "bilinear") if wrap else resize(whole, size[::-1], filter="bilinear"))[0] > 0.9


def _zipped(pictures: Sequence[torch.Tensor], guides: Sequence[torch.Tensor]) -> list[tuple[torch.Tensor, ...]]:
    return list(zip(pictures, guides, strict=True)) if guides else [(picture,) for picture in pictures]


def _sized(pictures: Sequence[torch.Tensor], placed: SideBySide, *, clamp: bool = True) -> list[torch.Tensor]:
    sizes = placed.sizes if pictures else ()
    return [resize(picture, size[::-1], clamp=clamp) for picture, size in zip(pictures, sizes, strict=True)]


def _trust(hole: torch.Tensor, patch: int, wrap: bool) -> torch.Tensor:
    """How much a patch's vote counts: 1.3 ** -distance of its middle from what is known (Wexler et al. 2007)."""
    from scipy.ndimage import distance_transform_edt

    height, width = hole.shape
    above, left = (height // 2, width // 2) if wrap else (0, 0)  # over a tile's edges what is known may be nearer
    beyond = patch - 1 if wrap else 0
    around = np.pad(hole.cpu().numpy(), ((above, above + beyond), (left, left + beyond)), mode="wrap")
    depth = torch.from_numpy(distance_transform_edt(around)).float()
    above, left = above + patch // 2, left + patch // 2
    h, w = height + beyond - patch + 1, width + beyond - patch + 1
    return (1.3 ** -depth[above : above + h, left : left + w]).clamp_min(1e-6).to(hole.device)
