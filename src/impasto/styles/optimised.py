"""A photo in the manner of paintings, by optimisation, coarse to fine: what all such methods share.

They differ in what style is taken to be, which is the business of `Config.style_terms`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from pydantic import Field, model_validator

from impasto.devices import pick_device
from impasto.features import load_network
from impasto.images import luminance, resize
from impasto.methods import Forecast, Input, Inputs, Method, Result, Sizes, generator
from impasto.observers import Observer
from impasto.styles.recolor import KeepColor, colored, in_luminance, recolored
from impasto.styles.regions import RegionalConfig, places_of, region_paths, region_styles
from impasto.styles.sizes import Proportions
from impasto.styles.temporal import FollowingConfig, before_of, begun, following, steady
from impasto.synthesis import Scale, StyleObjective, SynthesisConfig, descend, facts, forecast, schedule
from impasto.synthesis.descent import Objective
from impasto.synthesis.regions import Exemplars

if TYPE_CHECKING:
    from impasto.features.network import FeatureNetwork

PER_REGION = 0.27  # of the time that a transfer takes without regions


class OptimisedStyleConfig(KeepColor, RegionalConfig, FollowingConfig, Proportions, SynthesisConfig):
    """Parameters of a style transfer by optimisation."""

    content_layers: tuple[str, ...] = Field((), description="content layers (default: the network's own choice)")
    content_weight: float = Field(5.0, ge=0, le=1e12, description="alpha, the weight of the content")
    hold: float = Field(
        1.0, ge=0, le=4, description="weigh content at a scale of 1/n by n to this power more; keeps skies clear"
    )
    style_weight: float = Field(1.0, ge=0, le=1e12, description="beta, the weight of the style")
    init: str = Field("content", description="what to start from: content, style, noise, or a picture's path")
    coarsest: int = Field(64, ge=16, le=1024, description="short side in pixels that the chosen scales start from")
    patch_weight: float = Field(300.0, ge=0, le=1e6, description="weight of the sliced patch distance on pixels")

    main: ClassVar[tuple[str, ...]] = (
        "size",
        "seed",
        "content_weight",
        "style_weight",
        "keep_color",
        "style_size",
        "blend",
        "region",
        "style_map",
        "init",
        "iterations",
        "scales",
        "network",
        "content_layers",
        "layers",
        "weights",
    )

    @model_validator(mode="after")
    def _check_goals(self) -> OptimisedStyleConfig:
        if self.content_weight == self.style_weight == 0:
            raise ValueError("content_weight and style_weight must not both be 0")
        return self


class OptimisedStyle(Method[OptimisedStyleConfig]):
    """Give a photo the style of one or more paintings."""

    inputs = (
        Input("content", "the photo"),
        Input("style", "the painting; several are blended", many=True),
    )
    Config = OptimisedStyleConfig

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Optimise a picture for the photo's content and the painting's style, coarse to fine."""
        config = self.config
        device = pick_device(config.device)
        photo = inputs["content"][0].to(device)[None]
        places = places_of(config, inputs, photo[0])
        width, height = config.photo_size((photo.shape[-1], photo.shape[-2]))
        photo = resize(photo, (width, height))
        shares = config.shares(len(inputs["style"]))
        paintings = [
            resize(
                painting.to(device)[None],
                config.painting_size((painting.shape[-1], painting.shape[-2]), (width, height)),
            )
            for painting in (*inputs["style"], *region_styles(config, inputs))
        ]
        content, styles = recolored(photo, paintings, config.keep_color)
        network = load_network(
            config.network, weights=config.network_weights, pool=config.pool, padding=config.padding
        ).to(device)
        network.check(config.content_layers)
        random = generator(config.seed)
        grey = in_luminance(config.keep_color)
        before = before_of(inputs, device, grey=grey)

        def start(scale: Scale) -> torch.Tensor:
            if before is not None:
                picture = resize(begun(before, photo), (scale.width, scale.height))
            elif config.init == "noise":
                picture = torch.rand(1, 3, *scale.size, generator=random).to(device)
            elif config.init in ("content", "style"):
                picture = resize(content if config.init == "content" else styles[0], (scale.width, scale.height))
            else:
                picture = resize(inputs["init"][0].to(device)[None], (scale.width, scale.height))
            return luminance(picture) if grey else picture

        keep: dict[str, Any] = {}

        def objective(scale: Scale) -> Objective:
            smaller = [resize(style, _reduced(style, scale.factor)) for style in styles]
            here, small = places.at((scale.width, scale.height)), resize(content, (scale.width, scale.height))
            aims = self._objective(
                network,
                scale,
                list(zip(smaller, shares, strict=False)),  # the rest are the regions'
                keep,
                style_weight=config.style_weight,
                content=small,
                content_layers=config.content_layers or network.default_content_layers,
                content_weight=config.content_weight / scale.factor**config.hold,
                **here.aims(smaller[len(shares) :]),
            )
            return here.aimed(steady(aims, before, scale.size, config.temporal_weight), small)

        whole = places.at((width, height))

        def present(picture: torch.Tensor) -> torch.Tensor:
            painted = colored(resize(picture[0], (width, height)), photo[0], config.keep_color)
            return whole.shown(painted, photo[0])

        picture = descend(
            config,
            schedule(config, height, width),
            start=start,
            enlarge=lambda picture, scale: resize(picture, (scale.width, scale.height)),
            objective=objective,
            observer=observer,
            present=present,
            keep=keep,
        )
        return Result({"output": present(picture).cpu()}, facts(network, config))

    def check(self, inputs: Inputs) -> None:
        """Refuse masks of another size than the photo, and black ones."""
        places_of(self.config, inputs, inputs["content"][0])

    def forecast(self, sizes: Sizes) -> Forecast:
        """Seconds and memory, measured on a small picture and scaled up."""
        width, height = self.config.photo_size(sizes["content"][0])
        self.config.shares(len(sizes["style"]))
        styles = (*sizes["style"], *region_styles(self.config, sizes))
        exemplars = [self.config.painting_size(style, (width, height)) for style in styles]
        cost = self._cost(
            height,
            width,
            content_layers=self.config.content_layers,
            exemplars=exemplars,
            exemplars_follow=self.config.style_size in ("match", "stretch"),
        )
        return replace(cost, seconds=cost.seconds * (1 + PER_REGION * len(self.config.region)))

    def following(self) -> OptimisedStyle | None:
        """The method for a clip's frames after the first, which begin with the frame before."""
        config = following(self.config)
        return None if config is None else type(self)(config)

    def extra_inputs(self) -> dict[str, str]:
        """The picture that `--init` names, if it is one, and those of the regions."""
        named = {} if self.config.init in ("content", "style", "noise") else {"init": self.config.init}
        return named | region_paths(self.config)

    def _cost(self, height: int, width: int, **sizes: Any) -> Forecast:
        """The cost of a picture of that size; `sizes` as in `impasto.synthesis.forecast`."""
        return forecast(self.config, height, width, **sizes)

    def _objective(
        self,
        network: FeatureNetwork,
        scale: Scale,
        exemplars: Exemplars,
        keep: dict[str, Any],  # noqa: ARG002 - for subclasses
        **aims: Any,
    ) -> Objective:
        """What is minimised at one scale; what a checkpoint must hold of it goes into `keep`."""
        return StyleObjective(network, self.config, exemplars, enlarge=scale.enlarge, **aims)


def _reduced(image: torch.Tensor, factor: float) -> tuple[int, int]:
    return max(16, round(image.shape[-1] * factor)), max(16, round(image.shape[-2] * factor))
