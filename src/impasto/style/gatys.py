"""Style transfer by optimisation (Gatys, Ecker & Bethge 2016), coarse to fine."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Literal

import torch
from pydantic import Field, model_validator

from impasto.devices import pick_device
from impasto.errors import InputError
from impasto.features import load_network
from impasto.images import (
    fit_long_side,
    luminance,
    match_luminance,
    parse_size,
    resize,
    take_luminance,
    transfer_linear,
    with_chroma_of,
)
from impasto.methods import Forecast, Input, Inputs, Method, Result, Sizes, generator
from impasto.observers import Observer
from impasto.synthesis import Scale, StyleObjective, SynthesisConfig, descend, facts, forecast, schedule

LARGEST = 1024  # long side in pixels, unless --size says otherwise


class GatysStyleConfig(SynthesisConfig):
    """Parameters of `style gatys`; the defaults are preset `best`."""

    size: str = Field("", description=f"WIDTHxHEIGHT, long side, or 50% (default: the content's, at most {LARGEST})")
    content_layers: tuple[str, ...] = Field((), description="content layers (default: the network's own choice)")
    content_weight: float = Field(5.0, ge=0, le=1e12, description="alpha, the weight of the content")
    hold: float = Field(
        1.0, ge=0, le=4, description="weigh content at a scale of 1/n by n to this power more; keeps skies clear"
    )
    style_weight: float = Field(1.0, ge=0, le=1e12, description="beta, the weight of the style")
    blend: tuple[float, ...] = Field((), description="the share of each style, when there are several (default: equal)")
    style_size: str = Field(
        "match", description="match (the content's area), stretch (its exact size), or 50% of its own"
    )
    init: str = Field("content", description="what to start from: content, style, noise, or a picture's path")
    keep_color: Literal["off", "luminance", "luminance-matched", "linear"] = Field(
        "off", description="keep the content's colours: move luminance only, or recolour the style first"
    )

    coarsest: int = Field(64, ge=16, le=1024, description="short side in pixels that the chosen scales start from")
    patch_weight: float = Field(300.0, ge=0, le=1e6, description="weight of the sliced patch distance on pixels")

    main = (
        "size",
        "seed",
        "content_weight",
        "style_weight",
        "keep_color",
        "style_size",
        "blend",
        "init",
        "iterations",
        "scales",
        "network",
        "content_layers",
        "layers",
        "weights",
    )
    presets: ClassVar[dict[str, dict[str, Any]]] = {
        "best": {},
        # The numbers of the documents' script (document 4): 300 px, 1000 steps of Adam, sums of squares.
        "paper": {
            "network": "vgg16",
            "layers": ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1"),
            "weights": (1.0, 0.8, 0.4, 0.2, 0.1),
            "content_layers": ("conv4_2",),
            "content_weight": 100.0,
            "hold": 0.0,
            "style_weight": 1e8,
            "statistics": "gram",
            "gram_form": "mean-squared",
            "size": "300",
            "style_size": "stretch",
            "scales": 1,
            "iterations": (1000,),
            "learning_rate": 0.007,
            "decay": False,
            "canvas": "pixels",
            "enlarge": 1.0,
            "gamut_weight": 0.0,
            "carry": False,
            "patch_weight": 0.0,
        },
    }

    @model_validator(mode="after")
    def _check_goals(self) -> GatysStyleConfig:
        if self.content_weight == self.style_weight == 0:
            raise ValueError("content_weight and style_weight must not both be 0")
        return self


class GatysStyle(Method[GatysStyleConfig]):
    """Give a photo the style of one or more paintings."""

    name = "style gatys"
    inputs = (
        Input("content", "the photo"),
        Input("style", "the painting; several are blended", many=True),
    )
    Config = GatysStyleConfig

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Optimise a picture for the photo's content and the painting's style, coarse to fine."""
        config = self.config
        device = pick_device(config.device)
        photo = inputs["content"][0].to(device)[None]
        width, height = self._size((photo.shape[-1], photo.shape[-2]))
        photo = resize(photo, (width, height))
        shares = self._shares(len(inputs["style"]))
        paintings = [self._sized(painting.to(device)[None], width, height) for painting in inputs["style"]]
        content, styles = self._recolored(photo, paintings)
        network = load_network(
            config.network, weights=config.network_weights, pool=config.pool, padding=config.padding
        ).to(device)
        network.check(config.content_layers)
        random = generator(config.seed)
        grey = config.keep_color.startswith("luminance")

        def start(scale: Scale) -> torch.Tensor:
            if config.init == "noise":
                picture = torch.rand(1, 3, *scale.size, generator=random).to(device)
            elif config.init in ("content", "style"):
                picture = resize(content if config.init == "content" else styles[0], (scale.width, scale.height))
            else:
                picture = resize(inputs["init"][0].to(device)[None], (scale.width, scale.height))
            return luminance(picture) if grey else picture

        def objective(scale: Scale) -> StyleObjective:
            exemplars = [
                (resize(style, _reduced(style, scale.factor)), share)
                for style, share in zip(styles, shares, strict=True)
            ]
            return StyleObjective(
                network,
                config,
                exemplars,
                enlarge=scale.enlarge,
                style_weight=config.style_weight,
                content=resize(content, (scale.width, scale.height)),
                content_layers=config.content_layers or network.default_content_layers,
                content_weight=config.content_weight / scale.factor**config.hold,
            )

        def present(picture: torch.Tensor) -> torch.Tensor:
            shown = resize(picture[0], (width, height))
            return with_chroma_of(shown.expand(3, -1, -1), photo[0]) if grey else shown

        picture = descend(
            config,
            schedule(config, height, width),
            start=start,
            enlarge=lambda picture, scale: resize(picture, (scale.width, scale.height)),
            objective=objective,
            observer=observer,
            present=present,
        )
        return Result({"output": present(picture).cpu()}, facts(network, config))

    def forecast(self, sizes: Sizes) -> Forecast:
        """Seconds and memory, measured on a small picture and scaled up."""
        width, height = self._size(sizes["content"][0])
        self._shares(len(sizes["style"]))
        exemplars = [self._style_size(style, width, height) for style in sizes["style"]]
        return forecast(
            self.config,
            height,
            width,
            content_layers=self.config.content_layers,
            exemplars=exemplars,
            exemplars_follow=self.config.style_size in ("match", "stretch"),
        )

    def extra_inputs(self) -> dict[str, str]:
        """The picture that `--init` names, if it is one."""
        return {} if self.config.init in ("content", "style", "noise") else {"init": self.config.init}

    def _size(self, content: tuple[int, int]) -> tuple[int, int]:
        if self.config.size:
            return parse_size(self.config.size, of=content)
        return content if max(content) <= LARGEST else fit_long_side(content, LARGEST)

    def _shares(self, count: int) -> list[float]:
        blend = self.config.blend or (1.0,) * count
        if len(blend) != count:
            raise InputError(f"blend must have one share for each of the {count} styles, got {len(blend)}")
        if min(blend) < 0 or sum(blend) <= 0:
            raise InputError("blend must be shares of 0 or more, and not all 0")
        return [share / sum(blend) for share in blend]

    def _style_size(self, own: tuple[int, int], width: int, height: int) -> tuple[int, int]:
        if self.config.style_size == "stretch":
            return width, height
        if self.config.style_size == "match":
            factor = math.sqrt(width * height / (own[0] * own[1]))
            return max(16, round(own[0] * factor)), max(16, round(own[1] * factor))
        return parse_size(self.config.style_size, of=own)

    def _sized(self, painting: torch.Tensor, width: int, height: int) -> torch.Tensor:
        return resize(painting, self._style_size((painting.shape[-1], painting.shape[-2]), width, height))

    def _recolored(self, photo: torch.Tensor, paintings: list[torch.Tensor]) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """The content and the styles as the optimisation sees them (Gatys et al. 2017, section 5)."""
        match self.config.keep_color:
            case "linear":
                return photo, [transfer_linear(painting[0], photo[0])[None] for painting in paintings]
            case "luminance":
                return _grey(photo), [_grey(painting) for painting in paintings]
            case "luminance-matched":
                return _grey(photo), [match_luminance(_grey(p)[0], photo[0])[None] for p in paintings]
            case _:
                return photo, paintings


def _grey(image: torch.Tensor) -> torch.Tensor:
    return take_luminance(image[0])[None].expand(-1, 3, -1, -1).contiguous()


def _reduced(image: torch.Tensor, factor: float) -> tuple[int, int]:
    return max(16, round(image.shape[-1] * factor)), max(16, round(image.shape[-2] * factor))
