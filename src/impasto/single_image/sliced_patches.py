"""Other versions of a picture, by the distribution of its patches (GPDM, Elnekave & Weiss, ECCV 2022)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from pydantic import Field

from impasto.images import resize
from impasto.methods import Forecast, Input, Inputs, Method, Result, Sizes, generator
from impasto.observers import Observer
from impasto.synthesis.patch_cost import forecast
from impasto.synthesis.patch_distributions import match_patch_distributions
from impasto.synthesis.patch_levels import (
    PAPER,
    Level,
    PatchDistributionConfig,
    Size,
    exemplar_size,
    patch_levels,
    picture_size,
    prepared,
)


class VarySlicedPatchesConfig(PatchDistributionConfig):
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
    noise: float = Field(0.3, ge=0, le=2, description="deviation of the grey noise that --variety takes from")

    main: ClassVar[tuple[str, ...]] = (
        "size",
        "variety",
        "layout",
        "tile",
        "exemplar_size",
        "coarsest",
        "steps",
        "seed",
        "device",
    )
    presets: ClassVar[dict[str, dict[str, Any]]] = {"best": {}, "paper": PAPER | {"variety": 1.0, "layout": 0.0}}


class VarySlicedPatches(Method[VarySlicedPatchesConfig]):
    """Make other versions of a picture, at any size and shape, whose patches are distributed as its own."""

    name = "vary sliced-patches"
    inputs = (Input("image", "the picture that is wanted otherwise"),)
    Config = VarySlicedPatchesConfig

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Change a blurred and noisy copy, coarse to fine, until its patches are distributed as the picture's."""
        config = self.config
        image = prepared(config, inputs["image"])[0]

        def start(reduced: Sequence[torch.Tensor], size: Size) -> torch.Tensor:
            grey = torch.randn(1, 1, size[1], size[0], generator=generator(config.seed)).to(image)
            noise = reduced[0].mean((2, 3), keepdim=True) + config.noise * grey
            return torch.lerp(resize(reduced[0], size), noise, config.variety)

        output = match_patch_distributions(
            config,
            [image],
            self._levels((image.shape[2], image.shape[1])),
            start=start,
            layout=config.layout,
            observer=observer,
        )
        return Result({"output": output.cpu()})

    def forecast(self, sizes: Sizes) -> Forecast:
        """Seconds and memory, from the numbers of patches."""
        image = exemplar_size(self.config, sizes["image"][0])
        return forecast(self.config, self._levels(image), [image])

    def _levels(self, image: Size) -> list[Level]:
        return patch_levels(self.config, [image], picture_size(self.config, [image]), self.config.coarsest)
