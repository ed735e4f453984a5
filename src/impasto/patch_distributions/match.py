"""Matching the distributions of patches, coarse to fine (Elnekave & Weiss, ECCV 2022).

"Generating natural images with direct patch distributions matching" (GPDM): a picture is changed until its patches,
at each of several sizes, are distributed as the exemplars'. How far they are apart is seen along random directions.

Ours differs from the paper in what makes it fast. Directions are drawn for each size once (`projection_sets`, taken
in turn) and looked up in the exemplars once; ranks are counted instead of sorted; the gradient is in closed form; a
step looks at every second patch, from another place each time; steps get smaller and settle; and some of the
directions look at fine detail (see `Directions`).
"""

from __future__ import annotations

import math
from functools import partial

import torch

from impasto.images import periodic_resize, resize
from impasto.losses.sliced_gradient import sliced_patch_gradient
from impasto.losses.sliced_patches import Projections
from impasto.observers import Loop, Observer, spans
from impasto.patch_distributions.levels import PatchDistributionConfig, Size
from impasto.patch_distributions.plan import PatchPlan, Stage, padded, stage
from impasto.patch_distributions.projections import ProjectionSets

FEW = 4096  # patches: so many are looked at in every step
MOMENTS = (0.9, 0.99)  # Adam's memories
EASED = 0.05  # what is left of the step size at the end of a size


def match_patch_distributions(config: PatchDistributionConfig, plan: PatchPlan, *, observer: Observer) -> torch.Tensor:
    """Make a picture (3, H, W) in [0, 1] of the last level's size, whose patches are distributed as the exemplars'.

    The distribution is that of all the exemplars' patches together.
    """
    # Pixels at an edge are in few patches, and would stay noisy: there is a margin, cut off at the end.
    margin = 0 if config.tile else config.patch // 2
    picture: torch.Tensor | None = None
    levels = plan.levels
    total = len(levels) * config.steps
    work = spans([math.prod(level.size) for level in levels])
    for before, level, span in zip([levels[0], *levels], levels, work, strict=False):
        now = stage(plan, level, before, config, margin)
        if picture is None:
            picture = padded(plan.start(now.exemplars, level.size), margin)
        else:
            picture = enlarge(picture, before.size, level.size, margin=margin, tile=config.tile)
        descent = _Descent(config, now.settled(picture), now, seed=config.seed * 1_000_003 + level.index)
        loop = Loop(observer, total=total, first=level.first, count=config.steps, span=span, keep=descent.keep())
        descent.look_up()
        for step in loop:
            distance = descent.step(step - level.first)
            loop.report({"distance": distance}, preview=partial(_inside, descent.picture, margin, levels[-1].size))
        picture = descent.picture.clamp(0, 1)
    assert picture is not None
    return _inside(picture, margin, levels[-1].size)


class _Descent:
    """Adam (Kingma & Ba 2015) on the pixels at one size."""

    def __init__(self, config: PatchDistributionConfig, picture: torch.Tensor, now: Stage, *, seed: int) -> None:
        self._config, self._now, self._seed = config, now, seed
        self.picture = picture.contiguous()
        self._begun = None if now.filling is None else self.picture.clone()
        self._among = None if now.filling is None else now.filling.among
        self._hole = now.hole
        self._part = self._patches = (slice(None), slice(None))  # rows and columns that are worked on
        if self._among is not None and self._hole is not None and not config.tile and bool(self._among.any()):
            self._part, self._patches = _around(self._among, config.patch)
            self._among, self._hole = self._among[self._patches], self._hole[self._part]
        part = self._worked_on()
        self._mean, self._square = torch.zeros_like(part), torch.zeros_like(part)
        height, width = part.shape[-2:]
        patches_seen = height * width if config.tile else (height - config.patch + 1) * (width - config.patch + 1)
        if self._among is not None:
            patches_seen = int(self._among.sum())
        self._stride = config.patch_stride if patches_seen > FEW else 1

    def look_up(self) -> None:
        """Find out what is wanted; when the picture that it depends on is there, also in a run that goes on."""
        sources, features = self._now.sources, self._now.features
        if self._now.filling is not None and self._begun is not None:
            sources, features = self._now.filling.matched(self._begun, sources, features)
        self._sets = ProjectionSets(self._config, sources, seed=self._seed, guided=self._now.guided)
        self._features = None if features is None else features[:, self._patches[0], self._patches[1]]

    def step(self, done: int) -> float:
        """Take a step; return the distance before it."""
        config = self._config
        drawn = self._sets.at(done)
        turn = done + done // max(1, config.projection_sets)  # a set comes back with patches from another place
        projections = Projections(
            drawn.kernels, self._stride, (turn % self._stride, turn // self._stride % self._stride)
        )
        part = self._worked_on()
        gradient, distance = sliced_patch_gradient(
            part,
            drawn.integral,
            projections,
            form=config.form or ("squared" if self._now.filling is None else "absolute"),
            wrap=config.tile,
            beside=drawn.beside(self._features),
            among=self._among,
        )
        if self._hole is not None:
            gradient *= self._hole
        rate = config.learning_rate * (_eased(done / config.steps) if config.decay else 1.0)
        first, second = (memory ** (done + 1) for memory in MOMENTS)
        self._mean.lerp_(gradient, 1 - MOMENTS[0])
        self._square.lerp_(gradient.square_(), 1 - MOMENTS[1])
        deviation = (self._square / (1 - second)).sqrt_().add_(1e-8)
        part.addcdiv_(self._mean, deviation, value=-rate / (1 - first))
        return distance

    def _worked_on(self) -> torch.Tensor:
        """A view of the part of the picture that patches are matched in."""
        return self.picture[:, :, self._part[0], self._part[1]]

    def keep(self) -> dict[str, torch.Tensor]:
        """All that changes from step to step."""
        begun = {} if self._begun is None else {"begun": self._begun}
        return {"picture": self.picture, "mean": self._mean, "square": self._square} | begun


def enlarge(picture: torch.Tensor, old: Size, new: Size, *, margin: int, tile: bool) -> torch.Tensor:
    """Bring a picture (1, 3, H, W) of size `old`, and what it has in its margin, to size `new` with such a margin."""
    if tile:
        return periodic_resize(picture, (new[1], new[0]))
    for_sides = [(side, after, after / before) for side, before, after in zip((3, 2), old, new, strict=True)]
    sizes = [max(after + 2 * margin, round(picture.shape[side] * factor)) for side, after, factor in for_sides]
    larger = resize(picture, (sizes[0], sizes[1]))
    left, above = ((size - after) // 2 - margin for size, after in zip(sizes, new, strict=True))
    return larger[:, :, above : above + new[1] + 2 * margin, left : left + new[0] + 2 * margin].clone()


def _eased(done: float) -> float:
    """From 1 to nearly 0 along a cosine."""
    return (1 + EASED) / 2 + (1 - EASED) / 2 * math.cos(math.pi * done)


def _inside(picture: torch.Tensor, margin: int, size: Size) -> torch.Tensor:
    """What is within the margin, (3, H, W) in [0, 1], at `size`."""
    height, width = picture.shape[-2:]
    inside = picture[0, :, margin : height - margin, margin : width - margin]
    return resize(inside, size)


def _around(among: torch.Tensor, patch: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """The rows and columns of pixels that the patches `among` (h, w) lie in, and those of the patches."""
    rows, columns = (among.any(dim=1 - side).nonzero()[:, 0].tolist() for side in (0, 1))
    patches = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    return (slice(rows[0], rows[-1] + patch), slice(columns[0], columns[-1] + patch)), patches
