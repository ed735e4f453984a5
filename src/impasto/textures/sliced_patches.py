"""A texture whose patches are distributed as the exemplar's (GPDM, Elnekave & Weiss, ECCV 2022)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from pydantic import Field

from impasto.images import reduced_to
from impasto.inputs import Input, Inputs, Sizes, given_pictures
from impasto.methods import Forecast, Method, Result
from impasto.observers import Observer
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
from impasto.patchwork.maps import GUIDES, check_exemplars, check_paired, guides
from impasto.randomness import generator


class SlicedPatchesTextureConfig(PatchDistributionConfig):
    """Parameters of `texture sliced-patches`."""

    coarsest: int = Field(32, ge=4, le=4096, description="short side in pixels to begin with (paper: 21)")
    noise: float = Field(0.3, ge=0, le=2, description="deviation of the grey noise to start from")

    main = "size tile guide exemplar_guide exemplar_size coarsest steps seed device"
    presets: ClassVar[dict[str, dict[str, Any]]] = {"best": {}, "paper": PAPER | {"coarsest": 21}}


class SlicedPatchesTexture(Method[SlicedPatchesTextureConfig]):
    """Make a texture of any size from noise, by the patches of one exemplar or the mixed ones of several."""

    name = "texture sliced-patches"
    inputs = (
        Input("exemplar", "the pictures whose patches are wanted, one or more", many=True, exemplar=True),
        *GUIDES,
    )
    Config = SlicedPatchesTextureConfig

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Change noise, coarse to fine, until its patches are distributed as the exemplars'."""
        self.check(inputs)
        config, originals = self.config, given_pictures(inputs, "exemplar")
        exemplars = prepared(config, originals)
        levels = self._levels([(original.shape[2], original.shape[1]) for original in originals])

        def start(reduced: Sequence[torch.Tensor], size: Size) -> torch.Tensor:
            grey = torch.randn(1, 1, size[1], size[0], generator=generator(config.seed)).to(exemplars[0])
            means = [exemplar.mean((2, 3), keepdim=True) for exemplar in reduced]
            return torch.stack(means).mean(0) + config.noise * grey

        guide, exemplar_guides = guides(inputs, [each.to(exemplars[0]) for each in originals], config)
        plan = PatchPlan(exemplars, levels, start, guide=guide, exemplar_guides=exemplar_guides)
        texture = match_patch_distributions(config, plan, observer=observer)
        return Result({"output": texture.cpu()})

    def check(self, inputs: Inputs) -> None:
        """Refuse exemplars of one colour, and guides that do not fit."""
        check_exemplars(inputs, self.config, "exemplar")

    def forecast(self, sizes: Sizes) -> Forecast:
        """Seconds and memory, from the numbers of patches. Raises InputError for guides on one side only."""
        check_paired(sizes)
        exemplars = [reduced_to(size, self.config.exemplar_size) for size in sizes["exemplar"]]
        return forecast(self.config, self._levels(sizes["exemplar"]), exemplars)

    def _levels(self, originals: Sequence[Size]) -> list[Level]:
        exemplars = [reduced_to(size, self.config.exemplar_size) for size in originals]
        size = picture_size(self.config, originals[0], exemplars)
        return patch_levels(self.config, exemplars, size, self.config.coarsest)
