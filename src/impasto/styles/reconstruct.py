"""What the layers of a network know of a picture: its style, or its content, found again from noise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import torch
from pydantic import Field

from impasto.devices import pick_device
from impasto.features import load_network
from impasto.images import contact_sheet, fit_long_side, parse_size, resize
from impasto.methods import Forecast, Input, Inputs, Method, Result, Sizes, generator
from impasto.observers import Observer
from impasto.synthesis import (
    Scale,
    StyleObjective,
    SynthesisConfig,
    descend,
    facts,
    forecast,
    schedule,
    style_layers,
    total_steps,
)
from impasto.synthesis.settings import OF_STYLE

if TYPE_CHECKING:
    from impasto.features.network import FeatureNetwork

LONG_SIDE = 256  # pixels, unless --size says otherwise


Objectives = Mapping[str, Callable[[Scale], StyleObjective]]
"""For each picture of the grid, by its caption, what it should be like at each scale."""


class ReconstructionConfig(SynthesisConfig):
    """Parameters of both reconstructions."""

    size: str = Field("", description=f"WIDTHxHEIGHT, long side, or 50% (default: the picture's, at most {LONG_SIDE})")
    columns: int = Field(0, ge=0, le=100, description="columns of the grid; 0 chooses")

    main = ("size", "seed", "layers", "columns", "iterations", "network")

    def size_of(self, picture: tuple[int, int]) -> tuple[int, int]:
        """(width, height) of the reconstructions of a picture of that (width, height)."""
        if self.size:
            return parse_size(self.size, of=picture)
        return picture if max(picture) <= LONG_SIDE else fit_long_side(picture, LONG_SIDE)


class StyleReconstructionConfig(ReconstructionConfig):
    """Parameters of `reconstruct style`."""

    sets: Literal["growing", "each", "whole"] = Field(
        "growing", description="a picture for the first layer, the first two, ...; for each layer; or one for all"
    )
    patch_weight: float = Field(0.0, ge=0, le=1e6, description="weight of the sliced patch distance on pixels")

    presets: ClassVar[dict[str, dict[str, Any]]] = {
        "best": {},
        # The third document: VGG-16 with average pooling, white noise, the paper's losses.
        "paper": {
            "network": "vgg16",
            "pool": "average",
            "layers": ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1"),
            "statistics": "gram",
            "gram_form": "paper",
            "optimizer": "lbfgs",
            "learning_rate": 1.0,
            "decay": False,
            "canvas": "pixels",
            "scales": 1,
            "iterations": (200,),
            "enlarge": 1.0,
            "gamut_weight": 0.0,
            "carry": False,
        },
    }


class ContentReconstructionConfig(ReconstructionConfig):
    """Parameters of `reconstruct content`."""

    layers: tuple[str, ...] = Field((), description="content layers, a picture for each (default: the style layers)")
    smoothness: float = Field(0.02, ge=0, le=1e6, description="weight of the total variation")
    patch_weight: float = Field(0.0, ge=0, le=1e6, description="weight of the sliced patch distance on pixels")

    hidden = OF_STYLE
    presets: ClassVar[dict[str, dict[str, Any]]] = {
        "best": {},
        "paper": {
            "network": "vgg16",
            "layers": ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1"),
            "gram_form": "paper",
            "optimizer": "lbfgs",
            "learning_rate": 1.0,
            "decay": False,
            "canvas": "pixels",
            "scales": 1,
            "iterations": (200,),
            "enlarge": 1.0,
            "gamut_weight": 0.0,
            "carry": False,
            "smoothness": 0.0,
        },
    }


class StyleReconstruction(Method[StyleReconstructionConfig]):
    """Find pictures with the style statistics of a picture: one for each set of layers."""

    name = "reconstruct style"
    inputs = (Input("image", "the picture whose style is reconstructed"),)
    Config = StyleReconstructionConfig

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Optimise one picture from noise for each set of layers; return them all in one captioned grid."""
        config = self.config

        def objectives(network: FeatureNetwork, picture: torch.Tensor) -> Objectives:
            weights = style_layers(network, config)

            def of(kept: tuple[str, ...], scale: Scale) -> StyleObjective:
                only = config.model_copy(update={"layers": kept, "weights": tuple(weights[layer] for layer in kept)})
                return StyleObjective(network, only, [(_at(picture, scale), 1.0)], enlarge=scale.enlarge)

            return {_caption(kept): partial(of, kept) for kept in _sets(tuple(weights), config.sets)}

        return _reconstruct(config, inputs["image"][0], objectives, observer)

    def forecast(self, sizes: Sizes) -> Forecast:
        """Seconds and memory of all the pictures."""
        return _forecast(self.config, sizes, alone=self.config.sets == "whole")


class ContentReconstruction(Method[ContentReconstructionConfig]):
    """Find a picture with the content features of a picture, one for each layer (Mahendran & Vedaldi 2015)."""

    name = "reconstruct content"
    inputs = (Input("image", "the picture whose content is reconstructed"),)
    Config = ContentReconstructionConfig

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Optimise one picture from noise for each layer; return them all in one captioned grid."""
        config = self.config

        def objectives(network: FeatureNetwork, picture: torch.Tensor) -> Objectives:
            def at(layer: str, scale: Scale) -> StyleObjective:
                content = _at(picture, scale)
                return StyleObjective(
                    network, config, [], enlarge=scale.enlarge, content=content, content_layers=(layer,)
                )

            return {layer: partial(at, layer) for layer in style_layers(network, config)}

        return _reconstruct(config, inputs["image"][0], objectives, observer)

    def forecast(self, sizes: Sizes) -> Forecast:
        """Seconds and memory of all the pictures."""
        return _forecast(self.config, sizes)


def _reconstruct(
    config: ReconstructionConfig,
    picture: torch.Tensor,
    objectives: Callable[[FeatureNetwork, torch.Tensor], Objectives],
    observer: Observer,
) -> Result:
    """Minimise each objective from the same noise."""
    device = pick_device(config.device)
    width, height = config.size_of((picture.shape[-1], picture.shape[-2]))
    picture = resize(picture.to(device)[None], (width, height))
    network = load_network(config.network, weights=config.network_weights, pool=config.pool, padding=config.padding).to(
        device
    )
    wanted = objectives(network, picture)
    steps = total_steps(schedule(config, height, width))
    found = torch.zeros(len(wanted), 3, height, width)  # kept in every checkpoint: those that are ready

    def start(scale: Scale) -> torch.Tensor:
        noise = torch.randn(1, 3, *scale.size, generator=generator(config.seed))
        return (0.5 + 0.2 * noise).clamp(0, 1).to(device)

    captions = ["the picture", *wanted]

    def sheet(index: int, current: torch.Tensor) -> torch.Tensor:
        """The grid so far: what is found, what is being looked for, and nothing yet for the rest."""
        images = [picture[0].cpu(), *found[:index], resize(current[0].cpu(), (width, height))][: len(captions)]
        return contact_sheet(images, captions[: len(images)], config.columns or _columns(len(captions)))

    for index, objective in enumerate(wanted.values()):
        found[index] = descend(
            config,
            schedule(config, height, width, first=index * steps),
            start=start,
            enlarge=lambda image, scale: resize(image, (scale.width, scale.height)),
            objective=objective,
            observer=observer,
            total=len(wanted) * steps,
            span=(index / len(wanted), (index + 1) / len(wanted)),
            keep={"found": found},
            present=partial(sheet, index),
        )[0].cpu()
    return Result(
        {"output": sheet(len(wanted), picture), **dict(zip(wanted, found, strict=True))}, facts(network, config)
    )


def _sets(layers: tuple[str, ...], kind: str) -> list[tuple[str, ...]]:
    """The sets of layers that have a picture each."""
    match kind:
        case "growing":
            return [layers[:count] for count in range(1, len(layers) + 1)]
        case "each":
            return [(layer,) for layer in layers]
        case _:
            return [layers]


def _caption(layers: tuple[str, ...]) -> str:
    return layers[0] if len(layers) == 1 else f"{layers[0]} to {layers[-1]}"


def _forecast(config: ReconstructionConfig, sizes: Sizes, *, alone: bool = False) -> Forecast:
    width, height = config.size_of(sizes["image"][0])
    one = forecast(config, height, width)
    if alone:
        return one
    count = len(config.layers) or len(load_network(config.network, weights=config.network_weights).default_style_layers)
    return replace(one, seconds=one.seconds * count)


def _at(picture: torch.Tensor, scale: Scale) -> torch.Tensor:
    return resize(picture, (scale.width, scale.height))


def _columns(count: int) -> int:
    """As many as make the grid about square, and its last row full if that is possible."""
    return next((n for n in (3, 4, 5, 6) if count % n == 0 and count > n), min(count, 4))
