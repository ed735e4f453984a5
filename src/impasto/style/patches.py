"""A picture made anew from the patches of another (Granot, Feinstein, Shocher, Bagon & Irani 2022, section 4)."""

from __future__ import annotations

from math import sqrt
from typing import ClassVar

import torch
from pydantic import Field

from impasto.devices import pick_device
from impasto.images import fit_long_side, luminance, parse_size, resize, transfer_linear
from impasto.methods import Forecast, Input, Inputs, Method, Result, Sizes
from impasto.observers import Observer
from impasto.patchwork import Level, PatchworkConfig, Plan, rebuild
from impasto.patchwork.cost import forecast
from impasto.patchwork.maps import guide_paths, guides
from impasto.patchwork.sizes import within

LARGEST = 1024  # long side in pixels, unless --size says otherwise
COARSEST = (128, 16)  # short side in pixels that is started from, for variety 0 and 1


class PatchStyleConfig(PatchworkConfig):
    """Parameters of `style patches`."""

    variety: float = Field(
        0.5, ge=0, le=1, description="from 0, faithful to the content, to 1, free: how coarse it starts"
    )
    coarsest: int | None = Field(None, ge=4, le=4096, description="short side in pixels to start from")
    alpha: float = Field(
        0.05, ge=0, le=1e9, description="small: all of the style is seen again; 0: no care for that (paper: .005)"
    )
    content_weight: float = Field(
        2.0, ge=0, le=1000, description="how much the content's light and dark count beside the colours of the style"
    )
    style_size: str = Field("", description="size of the styles before their patches are taken, such as 50% or 512")

    main: ClassVar[tuple[str, ...]] = ("size", "seed", "variety", "content_weight", "alpha", "style_size")


class PatchStyle(Method[PatchStyleConfig]):
    """Paint a content with the patches of a style: its strokes and things, in the content's arrangement."""

    name = "style patches"
    inputs = (
        Input("content", "the picture whose arrangement is wanted"),
        Input("style", "the picture to take patches from, or several", many=True),
    )
    Config = PatchStyleConfig

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Start from the content in the style's colours, and replace patches by their nearest, coarse to fine."""
        config, device = self.config, pick_device(self.config.device)
        content = inputs["content"][0].to(device)
        width, height = self._size((content.shape[2], content.shape[1]))
        originals = [style.to(device) for style in inputs["style"]]
        styles = [resize(style, self._style_size((style.shape[2], style.shape[1]))) for style in originals]
        recolored = transfer_linear(content, torch.cat([style.flatten(1) for style in styles], dim=1)[:, None])
        guide, style_guides = guides(inputs, originals, config)
        weight = sqrt(config.content_weight)
        maps = [weight * luminance(picture) for picture in (resize(recolored, (width, height)), *styles)]
        if guide is not None:
            maps = [
                torch.cat([shades, resize(extra, (shades.shape[2], shades.shape[1]), clamp=False)])
                for shades, extra in zip(maps, (guide, *style_guides), strict=True)
            ]
        plan = Plan(
            styles,
            (height, width),
            coarsest=self._coarsest,
            ratio=config.ratio,
            patch=config.patch,
            guide=maps[0],
            exemplar_guides=maps[1:],
        )

        def start(level: Level) -> torch.Tensor:
            return resize(recolored, (level.size[1], level.size[0]))

        output = rebuild(config, plan, start=start, observer=observer)
        return Result({"output": output.clamp(0, 1).cpu()})

    def forecast(self, sizes: Sizes) -> Forecast:
        """Searching is nearly all of it."""
        styles = [self._style_size(size) for size in sizes["style"]]
        return forecast(self.config, self._size(sizes["content"][0]), styles, coarsest=self._coarsest)

    def extra_inputs(self) -> dict[str, str]:
        """Guide maps."""
        return guide_paths(self.config)

    @property
    def _coarsest(self) -> int:
        return self.config.coarsest or round(COARSEST[0] * (COARSEST[1] / COARSEST[0]) ** self.config.variety)

    def _size(self, own: tuple[int, int]) -> tuple[int, int]:
        if self.config.size:
            return parse_size(self.config.size, of=own)
        return own if max(own) <= LARGEST else fit_long_side(own, LARGEST)

    def _style_size(self, own: tuple[int, int]) -> tuple[int, int]:
        if self.config.style_size:
            return parse_size(self.config.style_size, of=own)
        return within(own, self.config)
