"""A picture made anew from the patches of another (Granot, Feinstein, Shocher, Bagon & Irani 2022, section 4)."""

from __future__ import annotations

from math import sqrt

import torch
from pydantic import Field

from impasto.devices import pick_device
from impasto.images import luminance, resize, result_size
from impasto.images.periodic import resized
from impasto.inputs import Input, Inputs, Sizes, given_picture, given_pictures
from impasto.methods import Forecast, Method, Result
from impasto.observers import Observer
from impasto.patchwork import Level, PatchworkConfig, Plan, rebuild
from impasto.patchwork.cost import forecast
from impasto.patchwork.maps import GUIDES, check_exemplars, check_paired, guides, with_more
from impasto.styles.arrangement import ArrangedConfig, coarsest, in_colors_of
from impasto.styles.sizes import LARGEST


class PatchStyleConfig(ArrangedConfig, PatchworkConfig):
    """Parameters of `style patches`."""

    alpha: float = Field(
        0.05, ge=0, le=1e9, description="small: all of the style is seen again; 0: no care for that (paper: .005)"
    )

    main = "size seed variety content_weight alpha tile style_size"


class PatchStyle(Method[PatchStyleConfig]):
    """Paint a content with the patches of a style: its strokes and things, in the content's arrangement."""

    name = "style patches"
    inputs = (
        Input("content", "the picture whose arrangement is wanted", clips=True, photo=True),
        Input("style", "the picture to take patches from, or several", many=True, exemplar=True),
        *GUIDES,
    )
    Config = PatchStyleConfig

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Start from the content in the style's colours, and replace patches by their nearest, coarse to fine."""
        config, device = self.config, pick_device(self.config.device)
        content = given_picture(inputs, "content").to(device)
        width, height = result_size(config.size, (content.shape[2], content.shape[1]), LARGEST)
        originals = [style.to(device) for style in given_pictures(inputs, "style")]
        styles = [resize(style, self._style_size((style.shape[2], style.shape[1]))) for style in originals]
        begun = in_colors_of(content, styles)
        guide, style_guides = guides(inputs, originals, config)
        weight = sqrt(config.content_weight)
        shown = resized(begun, (width, height), tile=config.tile)
        maps = [weight * luminance(picture) for picture in (shown, *styles)]
        if guide is not None:
            ours, theirs = with_more(maps[0], maps[1:], guide, style_guides)
            maps = [ours, *theirs]
        plan = Plan(
            styles,
            (height, width),
            coarsest=coarsest(config),
            ratio=config.ratio,
            patch=config.patch,
            wrap=config.tile,
            guide=maps[0],
            exemplar_guides=maps[1:],
        )
        self.check(inputs)

        def start(level: Level) -> torch.Tensor:
            return resized(begun, (level.size[1], level.size[0]), tile=config.tile)

        output = rebuild(config, plan, start=start, observer=observer)
        return Result({"output": output.clamp(0, 1).cpu()})

    def check(self, inputs: Inputs) -> None:
        """Refuse paintings of one colour, and guides that do not fit."""
        check_exemplars(inputs, self.config, "style")

    def forecast(self, sizes: Sizes) -> Forecast:
        """Searching is nearly all of it. Raises InputError for guides on one side only."""
        check_paired(sizes)
        styles = [self._style_size(size) for size in sizes["style"]]
        return forecast(
            self.config,
            result_size(self.config.size, sizes["content"][0], LARGEST),
            styles,
            coarsest=coarsest(self.config),
        )

    def _style_size(self, own: tuple[int, int]) -> tuple[int, int]:
        return result_size(self.config.style_size, own, self.config.exemplar_size)
