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
from collections.abc import Callable, Sequence
from functools import partial

import torch

from impasto.images import resize
from impasto.losses import Projections
from impasto.losses.sliced_gradient import sliced_patch_gradient
from impasto.observers import Loop, Observer
from impasto.synthesis.patch_levels import Level, PatchDistributionConfig, Size, reduced
from impasto.synthesis.periodic import periodic_resize
from impasto.synthesis.projection_sets import ProjectionSets, relative_heights

FEW = 4096  # patches: so many are looked at in every step
LAID_OUT = 4  # sizes that decide what is above and what below
MOMENTS = (0.9, 0.99)  # Adam's memories
EASED = 0.05  # what is left of the step size at the end of a size


def match_patch_distributions(
    config: PatchDistributionConfig,
    exemplars: Sequence[torch.Tensor],
    levels: Sequence[Level],
    *,
    start: Callable[[Sequence[torch.Tensor], Size], torch.Tensor],
    layout: float = 0.0,
    observer: Observer,
) -> torch.Tensor:
    """Make a picture (3, H, W) in [0, 1] of the last level's size, whose patches are distributed as the exemplars'.

    exemplars: (3, h, w) each; the distribution is that of all their patches together.
    start: called with the exemplars (1, 3, h, w) at the coarsest size, and the (width, height) of the picture to begin
        with, (1, 3, H, W).
    layout: how much a patch's height in the picture counts (see `ProjectionSets`); halved from size to size, 0 after
        the first four.
    """
    # Pixels at an edge are in few patches, and would stay noisy: there is a margin, cut off at the end.
    margin = 0 if config.tile else config.patch // 2
    picture: torch.Tensor | None = None
    total = len(levels) * config.steps
    for before, level in zip([levels[0], *levels], levels, strict=False):
        smaller = [resize(exemplar[None], _size(exemplar, level, config)) for exemplar in exemplars]
        if picture is None:
            picture = torch.nn.functional.pad(start(smaller, level.size), (margin,) * 4, mode="reflect")
        else:
            picture = enlarge(picture, before.size, level.size, margin=margin, tile=config.tile)
        seed = config.seed * 1_000_003 + level.index
        sets = ProjectionSets(
            config, smaller, seed=seed, layout=layout * 0.5**level.index if level.index < LAID_OUT else 0.0
        )
        descent = _Descent(config, picture, sets, margin)
        loop = Loop(observer, total=total, first=level.first, count=config.steps, keep=descent.keep())
        for step in loop:
            distance = descent.step(step - level.first)
            loop.report({"distance": distance}, preview=partial(_inside, descent.picture, margin, levels[-1].size))
        picture = descent.picture.clamp(0, 1)
    assert picture is not None
    return _inside(picture, margin, levels[-1].size)


class _Descent:
    """Adam (Kingma & Ba 2015) on the pixels at one size."""

    def __init__(
        self, config: PatchDistributionConfig, picture: torch.Tensor, sets: ProjectionSets, margin: int
    ) -> None:
        self._config, self._sets = config, sets
        self.picture = picture.contiguous()
        self._mean, self._square = torch.zeros_like(self.picture), torch.zeros_like(self.picture)
        height, width = picture.shape[-2:]
        patches = height * width if config.tile else (height - config.patch + 1) * (width - config.patch + 1)
        self._stride = config.patch_stride if patches > FEW else 1
        beyond = config.patch - 1 if config.tile else 0  # patches go on over a tile's edges
        self._places = relative_heights(height + beyond, width + beyond, config.patch, margin).to(picture)

    def step(self, done: int) -> float:
        """Take a step; return the distance before it."""
        config = self._config
        drawn = self._sets.at(done)
        turn = done + done // max(1, config.projection_sets)  # a set comes back with patches from another place
        projections = Projections(
            drawn.kernels, self._stride, (turn % self._stride, turn // self._stride % self._stride)
        )
        gradient, distance = sliced_patch_gradient(
            self.picture,
            drawn.integral,
            projections,
            form=config.form,
            wrap=config.tile,
            added=drawn.added(self._places),
        )
        rate = config.learning_rate * (_eased(done / config.steps) if config.decay else 1.0)
        first, second = (memory ** (done + 1) for memory in MOMENTS)
        self._mean.lerp_(gradient, 1 - MOMENTS[0])
        self._square.lerp_(gradient.square_(), 1 - MOMENTS[1])
        deviation = (self._square / (1 - second)).sqrt_().add_(1e-8)
        self.picture.addcdiv_(self._mean, deviation, value=-rate / (1 - first))
        return distance

    def keep(self) -> dict[str, torch.Tensor]:
        """All that changes from step to step."""
        return {"picture": self.picture, "mean": self._mean, "square": self._square}


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


def _size(exemplar: torch.Tensor, level: Level, config: PatchDistributionConfig) -> Size:
    return reduced((exemplar.shape[2], exemplar.shape[1]), level.factor, config.patch)
