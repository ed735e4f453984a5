"""Other versions of a picture, from its own patches (Granot, Feinstein, Shocher, Bagon & Irani 2022)."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt

import torch
from pydantic import Field

from impasto.devices import pick_device
from impasto.images import reduced, reduced_to, resize, result_size
from impasto.inputs import Inputs, Sizes, given_picture, white_share
from impasto.methods import Forecast, Method, Result
from impasto.observers import Observer
from impasto.patchwork import Level, PatchworkConfig, Plan, rebuild
from impasto.patchwork.cost import forecast
from impasto.patchwork.holes import blurred, coarsest_for, filled, likely_coarsest
from impasto.patchwork.maps import check_paired, guides, heights
from impasto.patchwork.rebuild import relative_alpha
from impasto.patchwork.starts import moved, noisy
from impasto.single_image.masks import (
    PICTURES,
    MaskedConfig,
    check_pictures,
    checked_mask,
    checked_size,
    exemplars_of,
    sizes_of_exemplars,
)

KEPT_FROM = 0.4  # the reduction from which on what is kept is put back: held from the first, it would hold the rest too


class VaryPatchesConfig(MaskedConfig, PatchworkConfig):
    """Parameters of `vary patches`."""

    variety: float = Field(
        0.5, ge=0, le=1, description="from 0, faithful, to 1, free: how much of the coarsest level comes from elsewhere"
    )
    noise: float | None = Field(
        None, ge=0, le=100, description="noise to start from, in standard deviations (default: what --variety takes)"
    )
    coarsest: int = Field(14, ge=4, le=4096, description="short side in pixels of the coarsest level (paper: 14)")
    alpha: float = Field(
        0.03, ge=0, le=1e9, description="small: all of the picture is seen again; 0: no care for that (paper: .005)"
    )
    rounds: int = Field(
        4, ge=1, le=50, description="sweeps of PatchMatch in each search, up to 4 times as many at small levels"
    )
    layout: float = Field(
        4.0, ge=0, le=1000, description="how much things keep their height in the picture: sky above, ground below"
    )
    smoothness: float = Field(
        0.3, ge=0, le=1000, description="how much a hole's filling keeps to colours that go on smoothly from its edges"
    )
    tile: bool = Field(False, description="make the result tile without a seam")

    main = "size seed variety layout mask mask_use tile mix exemplar_size"


class VaryPatches(Method[VaryPatchesConfig]):
    """Rearrange a picture: new versions of it, at any size and shape, with holes filled or parts kept."""

    name = "vary patches"
    inputs = PICTURES
    Config = VaryPatchesConfig

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Start from a blurred, noisy copy, and replace patches by their nearest, coarse to fine."""
        config, device = self.config, pick_device(self.config.device)
        originals, masked = [picture.to(device) for picture in exemplars_of(inputs)], "mask" in inputs
        exemplars = originals if masked else [reduced(picture, config.exemplar_size) for picture in originals]
        image = exemplars[0]
        width, height = self._size((originals[0].shape[2], originals[0].shape[1]), masked=masked)
        guide, exemplar_guides = guides(inputs, originals, config)
        plan = Plan(
            exemplars,
            (height, width),
            coarsest=config.coarsest,
            ratio=config.ratio,
            patch=config.patch,
            wrap=config.tile,
            exemplar_guides=exemplar_guides,
            guide=guide,
        )
        self.check(inputs)
        if masked:
            plan = self._masked(plan, checked_mask(config, given_picture(inputs, "mask").to(device), image))
        if config.layout:
            ours, *theirs = heights(plan.size, plan.exemplars, config.layout)
            plan = plan.guided(ours, theirs)

        def start(level: Level) -> torch.Tensor:
            if plan.exemplar_masks is not None and plan.around is not None:
                return noisy(plan.around, level, config.noise or 0.0, config.seed)
            blurred = resize(image, (level.exemplars.sizes[0][1], level.exemplars.sizes[0][0]))
            if config.noise is not None:
                return noisy(blurred, level, config.noise, config.seed)
            alpha = relative_alpha(config.alpha, exemplars) if config.alpha else None
            return moved(
                blurred,
                level,
                config.patch,
                share=config.variety,
                seed=config.seed,
                alpha=alpha,
                wrap=config.tile,
                engine=config.engine,
            )

        output = rebuild(config, plan, start=start, observer=observer)
        return Result({"output": output.clamp(0, 1).cpu()})

    def check(self, inputs: Inputs) -> None:
        """Refuse pictures of one colour, and guides and masks that do not fit."""
        check_pictures(self.config, inputs, self.config.patch)

    def forecast(self, sizes: Sizes) -> Forecast:
        """Searching is nearly all of it. Raises InputError for guides on one side only."""
        check_paired(sizes)
        exemplars, masked = sizes_of_exemplars(sizes), "mask" in sizes
        size, coarsest, hole = self._size(exemplars[0], masked=masked), self.config.coarsest, None
        if not masked:
            exemplars = [reduced_to(size, self.config.exemplar_size) for size in exemplars]
        elif self.config.mask_use == "fill":
            hole = white_share(sizes, "mask")
            coarsest = likely_coarsest(hole, min(size), self.config.patch)
        return forecast(self.config, size, exemplars, coarsest=coarsest, hole=hole)

    def _size(self, own: tuple[int, int], *, masked: bool) -> tuple[int, int]:
        most = max(own) if masked else self.config.exemplar_size
        return checked_size(self.config, result_size(self.config.size, own, most), own, masked=masked)

    def _masked(self, plan: Plan, mask: torch.Tensor) -> Plan:
        """The plan, with a hole that is filled from the rest, or with what is to be kept."""
        config = self.config
        image, *others = plan.exemplars
        if config.mask_use == "keep":
            return replace(plan, around=image, hole=~mask, settled_from=KEPT_FROM)
        whole = filled(image, mask)
        known = [~mask, *(torch.ones_like(other[0], dtype=torch.bool) for other in others)]
        coarsest = coarsest_for(mask, config.patch, config.ratio)
        plan = replace(
            plan, exemplars=[whole, *others], exemplar_masks=known, around=whole, hole=mask, coarsest=coarsest
        )
        soft = [sqrt(config.smoothness) * blurred(each, coarsest) for each in plan.exemplars]
        return plan.guided(soft[0], soft) if config.smoothness else plan
