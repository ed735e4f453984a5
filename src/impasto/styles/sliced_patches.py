"""A picture painted with the patch distribution of another (GPDM, Elnekave & Weiss, ECCV 2022)."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Any, ClassVar

import torch
from pydantic import Field

from impasto.devices import pick_device
from impasto.images import luminance, match_histogram, resize, result_size
from impasto.images.periodic import resized
from impasto.inputs import Input, Inputs, Sizes, given_picture, given_pictures
from impasto.methods import Forecast, Method, Result
from impasto.observers import Observer
from impasto.patch_distributions.cost import forecast
from impasto.patch_distributions.levels import PAPER, Level, PatchDistributionConfig, Size, check_sizes, patch_levels
from impasto.patch_distributions.match import match_patch_distributions
from impasto.patch_distributions.plan import PatchPlan
from impasto.patchwork.maps import GUIDES, check_exemplars, check_paired, guides
from impasto.styles.arrangement import ArrangedConfig, coarsest, in_colors_of
from impasto.styles.sizes import LARGEST


class SlicedPatchesStyleConfig(ArrangedConfig, PatchDistributionConfig):
    """Parameters of `style sliced-patches`."""

    size: str = Field(
        "", description="size of the picture: WIDTHxHEIGHT, long side, or 150% (default: the content's, at most 1024)"
    )
    exemplar_size: int = Field(1024, ge=16, le=8192, description="long side that larger styles are reduced to")
    variety: float = Field(
        0.2, ge=0, le=1, description="from 0, faithful to the content, to 1, free: how coarse it starts"
    )
    content_weight: float = Field(
        1.0, ge=0, le=1000, description="how much the content's light and dark count beside the colours of the style"
    )

    main = "size variety content_weight tile style_size coarsest steps seed device"
    presets: ClassVar[dict[str, dict[str, Any]]] = {"best": {}, "paper": PAPER | {"content_weight": 0.0}}


class SlicedPatchesStyle(Method[SlicedPatchesStyleConfig]):
    """Paint a content until its patches are distributed as those of a style, or of several together."""

    name = "style sliced-patches"
    inputs = (
        Input("content", "the picture whose arrangement is wanted", clips=True, photo=True),
        Input("style", "the picture whose patches are wanted, or several", many=True, exemplar=True),
        *GUIDES,
    )
    Config = SlicedPatchesStyleConfig

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Begin with the content in the style's colours, and match the patches to the style's, coarse to fine."""
        self.check(inputs)
        config, device = self.config, pick_device(self.config.device)
        content = given_picture(inputs, "content").to(device)
        originals = [style.to(device) for style in given_pictures(inputs, "style")]
        sizes = [
            result_size(config.style_size, (style.shape[2], style.shape[1]), config.exemplar_size)
            for style in originals
        ]
        styles = [resize(style, size) for style, size in zip(originals, sizes, strict=True)]
        size = result_size(config.size, (content.shape[2], content.shape[1]), LARGEST)
        begun = resized(in_colors_of(content, styles), size, tile=config.tile)

        def start(_: Sequence[torch.Tensor], size: Size) -> torch.Tensor:
            return resized(begun, size, tile=config.tile)[None]

        shades = [luminance(picture) for picture in (begun, *styles)]
        guide, style_guides = guides(inputs, originals, config)
        plan = PatchPlan(styles, self._levels(size, sizes), start, matched_guides=guide is None)
        if config.content_weight:
            weight = sqrt(config.content_weight)
            every = torch.cat([each.flatten(1) for each in shades[1:]], dim=1)[:, None]
            shades[0] = match_histogram(shades[0].expand(3, -1, -1), every.expand(3, -1, -1))[:1]
            plan = plan.guided(weight * shades[0], [weight * each for each in shades[1:]])
        if guide is not None:
            plan = plan.guided(guide, style_guides)
        return Result({"output": match_patch_distributions(config, plan, observer=observer).cpu()})

    def check(self, inputs: Inputs) -> None:
        """Refuse paintings of one colour, and guides that do not fit."""
        check_exemplars(inputs, self.config, "style")

    def forecast(self, sizes: Sizes) -> Forecast:
        """Seconds and memory, from the numbers of patches. Raises InputError for guides on one side only."""
        check_paired(sizes)
        styles = [result_size(self.config.style_size, size, self.config.exemplar_size) for size in sizes["style"]]
        levels = self._levels(result_size(self.config.size, sizes["content"][0], LARGEST), styles)
        return forecast(self.config, levels, styles)

    def _levels(self, size: Size, styles: Sequence[Size]) -> list[Level]:
        check_sizes(self.config.patch, size, styles, "style")
        return patch_levels(self.config, [size, *styles], size, coarsest(self.config))
