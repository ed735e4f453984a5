"""Other versions of a picture, by the distribution of its patches (GPDM, Elnekave & Weiss, ECCV 2022)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

import torch
from pydantic import Field

from impasto.devices import pick_device
from impasto.images import reduced_to, resize
from impasto.inputs import Inputs, Sizes, given_picture, white_share
from impasto.methods import Forecast, Method, Result
from impasto.observers import Observer, Unobserved
from impasto.patch_distributions.cost import forecast
from impasto.patch_distributions.levels import (
    PAPER,
    Level,
    PatchDistributionConfig,
    Size,
    patch_levels,
    picture_size,
    prepared,
)
from impasto.patch_distributions.match import match_patch_distributions
from impasto.patch_distributions.plan import PatchPlan
from impasto.patchwork.holes import coarsest_for, likely_coarsest
from impasto.patchwork.maps import check_paired, guides
from impasto.patchwork.settings import GuidedConfig
from impasto.randomness import generator
from impasto.single_image.masks import (
    PICTURES,
    MaskedConfig,
    check_pictures,
    checked_mask,
    checked_size,
    exemplars_of,
    sizes_of_exemplars,
)
from impasto.single_image.patches import VaryPatches, VaryPatchesConfig

SKETCHED = 6.0  # pixels from a hole's edge to its middle at the size that its filling begins at


class VarySlicedPatchesConfig(MaskedConfig, PatchDistributionConfig):
    """Parameters of `vary sliced-patches`."""

    variety: float = Field(
        0.5,
        ge=0,
        le=1,
        description="from 0, faithful, to 1, free: how much noise is in the blurred picture to start from",
    )
    coarsest: int = Field(21, ge=4, le=4096, description="short side in pixels to begin with (paper: 21)")
    layout: float = Field(
        1.0, ge=0, le=10, description="how much it counts how high in the picture a patch is; 0 lets sky and ground mix"
    )
    smoothness: float = Field(
        0.1, ge=0, le=1000, description="how much a hole's filling keeps to the colours that it had at the size before"
    )
    noise: float = Field(0.3, ge=0, le=2, description="deviation of the grey noise that --variety takes from")

    main = "size variety layout mask mask_use tile mix exemplar_size coarsest steps seed device"
    presets: ClassVar[dict[str, dict[str, Any]]] = {"best": {}, "paper": PAPER | {"variety": 1.0, "layout": 0.0}}


class VarySlicedPatches(Method[VarySlicedPatchesConfig]):
    """Make other versions of a picture, with patches as often as it has them: any size, holes filled, parts kept."""

    name = "vary sliced-patches"
    inputs = PICTURES
    Config = VarySlicedPatchesConfig

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Change a blurred and noisy copy, coarse to fine, until its patches are distributed as the picture's."""
        self.check(inputs)
        config, device = self.config, pick_device(self.config.device)
        originals, masked = [picture.to(device) for picture in exemplars_of(inputs)], "mask" in inputs
        pictures = originals if masked else prepared(config, originals)
        image = pictures[0]

        def start(reduced: Sequence[torch.Tensor], size: Size) -> torch.Tensor:
            grey = torch.randn(1, 1, size[1], size[0], generator=generator(config.seed)).to(image)
            noise = reduced[0].mean((2, 3), keepdim=True) + config.noise * grey
            return torch.lerp(resize(reduced[0], size), noise, config.variety)

        guide, exemplar_guides = guides(inputs, originals, config)
        sizes = [(picture.shape[2], picture.shape[1]) for picture in pictures]
        levels = self._levels((originals[0].shape[2], originals[0].shape[1]), sizes, masked=masked)
        plan = PatchPlan(pictures, levels, start, config.layout, guide, exemplar_guides)
        if masked:
            plan = self._masked(plan, checked_mask(config, given_picture(inputs, "mask").to(device), image), inputs)
        return Result({"output": match_patch_distributions(config, plan, observer=observer).cpu()})

    def check(self, inputs: Inputs) -> None:
        """Refuse sizes that cannot be, pictures of one colour, and guides and masks that do not fit."""
        image = given_picture(inputs, "image")
        size = (image.shape[2], image.shape[1])
        self._levels(size, [size], masked="mask" in inputs)
        check_pictures(self.config, inputs, self._sketch.config.patch)

    def forecast(self, sizes: Sizes) -> Forecast:
        """Seconds and memory, from the numbers of patches. Raises InputError for guides on one side only."""
        check_paired(sizes)
        config, pictures, masked = self.config, sizes_of_exemplars(sizes), "mask" in sizes
        own = pictures[0]
        if not masked:
            pictures = [reduced_to(size, config.exemplar_size) for size in pictures]
        if not masked or config.mask_use == "keep":
            return forecast(config, self._levels(own, pictures, masked=masked), pictures)
        hole = white_share(sizes, "mask")
        coarsest = likely_coarsest(hole, min(own), config.patch, SKETCHED)
        found = forecast(config, self._levels(own, pictures, masked=True, coarsest=coarsest), pictures, hole=hole)
        return replace(found, seconds=found.seconds + self._sketch.forecast(sizes).seconds)

    def _levels(self, own: Size, pictures: Sequence[Size], *, masked: bool, coarsest: int | None = None) -> list[Level]:
        size = checked_size(self.config, picture_size(self.config, own, pictures), own, masked=masked)
        return patch_levels(self.config, pictures, size, coarsest or self.config.coarsest)

    def _masked(self, plan: PatchPlan, mask: torch.Tensor, inputs: Inputs) -> PatchPlan:
        """The plan, with a hole that is filled from the rest, or with what is to be kept."""
        config = self.config
        image, *others = plan.exemplars
        if config.mask_use == "keep":
            return replace(plan, around=image, hole=~mask)
        sketch = self._sketch.run(inputs, Unobserved()).output.to(image)
        coarsest = coarsest_for(mask, config.patch, 1 / config.ratio, depth=SKETCHED)
        sizes = [(each.shape[2], each.shape[1]) for each in (sketch, *others)]
        return replace(
            plan,
            exemplars=[sketch, *others],
            levels=self._levels(sizes[0], sizes, masked=True, coarsest=coarsest),
            start=lambda _, size: resize(sketch, size)[None],
            around=sketch,
            hole=mask,
            known=[~mask, *(torch.ones_like(other[0], dtype=torch.bool) for other in others)],
            steadiness=config.smoothness,
        )

    @property
    def _sketch(self) -> VaryPatches:
        """Fills the hole by nearest patches first: a distribution alone would not know what belongs where."""
        config = self.config
        same = config.model_dump(include={*GuidedConfig.model_fields, "tile"})
        layout = {} if config.layout else {"layout": 0.0}
        return VaryPatches(VaryPatchesConfig(**same, **layout, patch=max(3, config.patch)))
