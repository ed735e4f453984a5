"""Pictures from the same noise, each for an aim of its own, in one captioned grid: what both reconstructions share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from pydantic import Field

from impasto.devices import pick_device
from impasto.features import check_weights, load_network, weights_of
from impasto.images import contact_sheet, resize, result_size
from impasto.inputs import Inputs, Sizes, given_picture
from impasto.methods import Forecast, Method, Result
from impasto.observers import Observer
from impasto.randomness import generator
from impasto.synthesis import Scale, StyleObjective, SynthesisConfig, descend, facts, forecast, schedule, total_steps
from impasto.synthesis.cost import activations
from impasto.synthesis.settings import PLAIN

if TYPE_CHECKING:
    from impasto.features.network import FeatureNetwork

LONG_SIDE = 256  # pixels, unless --size says otherwise

PAPER: dict[str, Any] = PLAIN | {
    "network": "vgg16",
    "layers": ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1"),
    "gram_form": "paper",
    "optimizer": "lbfgs",
    "learning_rate": 1.0,
    "scales": 1,
    "iterations": (200,),
}
"""The third document: VGG-16, white noise, the paper's losses."""

Objectives = Mapping[str, Callable[[Scale], StyleObjective]]
"""For each picture of the grid, by its caption, what it should be like at each scale."""


class ReconstructionConfig(SynthesisConfig):
    """Parameters of both reconstructions."""

    size: str = Field("", description=f"WIDTHxHEIGHT, long side, or 50% (default: the picture's, at most {LONG_SIDE})")
    columns: int = Field(0, ge=0, le=100, description="columns of the grid; 0 chooses")
    patch_weight: float = Field(0.0, ge=0, le=1e6, description="weight of the sliced patch distance on pixels")

    main = "size seed layers columns iterations network"

    def size_of(self, picture: tuple[int, int]) -> tuple[int, int]:
        """(width, height) of the reconstructions of a picture of that (width, height)."""
        return result_size(self.size, picture, LONG_SIDE)


R = TypeVar("R", bound=ReconstructionConfig)


class Reconstruction(Method[R]):
    """Find pictures that have something of a picture, each from the same noise."""

    Config = ReconstructionConfig

    @abstractmethod
    def objectives(self, network: FeatureNetwork, picture: torch.Tensor) -> Objectives:
        """What is wanted of a picture (1, 3, H, W), as the network sees it."""

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Minimise each objective from the same noise; return all pictures in one grid, and each by its caption."""
        config, device, picture = self.config, pick_device(self.config.device), given_picture(inputs, "image")
        width, height = config.size_of((picture.shape[-1], picture.shape[-2]))
        picture = resize(picture.to(device)[None], (width, height))
        weights = weights_of(config.network_weights, inputs)
        network = load_network(config.network, weights=weights, pool=config.pool, padding=config.padding).to(device)
        wanted = self.objectives(network, picture)
        steps = total_steps(schedule(config, height, width))
        found = torch.zeros(len(wanted), 3, height, width)  # kept in every checkpoint: those that are ready
        captions = ["the picture", *wanted]

        def start(scale: Scale) -> torch.Tensor:
            noise = torch.randn(1, 3, *scale.size, generator=generator(config.seed))
            return (0.5 + 0.2 * noise).clamp(0, 1).to(device)

        def sheet(index: int, current: torch.Tensor) -> torch.Tensor:
            """The grid so far: what is found, what is being looked for, and nothing yet for the rest."""
            images = [picture[0].cpu(), *found[:index], resize(current[0].cpu(), (width, height))][: len(captions)]
            return contact_sheet(images, captions[: len(images)], config.columns or _columns(len(captions)))

        for index, objective in enumerate(wanted.values()):
            found[index] = descend(
                config,
                schedule(config, height, width, first=index * steps),
                start=start,
                enlarge=at,
                objective=objective,
                observer=observer,
                total=len(wanted) * steps,
                span=(index / len(wanted), (index + 1) / len(wanted)),
                keep={"found": found},
                present=partial(sheet, index),
            )[0].cpu()
        images = {"output": sheet(len(wanted), picture), **dict(zip(wanted, found, strict=True))}
        return Result(images, facts(network, config))

    def check(self, inputs: Inputs) -> None:
        """Refuse weights that do not fit."""
        check_weights(self.config.network, inputs)

    def forecast(self, sizes: Sizes) -> Forecast:
        """Seconds and memory of all pictures; each costs what the network does up to the last of its layers."""
        config, (width, height) = self.config, self.config.size_of(sizes["image"][0])
        whole = forecast(config, height, width)
        network = load_network(config.network, weights=weights_of(config.network_weights))
        layers = config.layers or network.default_style_layers
        values = {layer: activations(network, [layer], height, width) for layer in layers}
        last = [max(each, key=network.layers.index) for each in self.sets_of(layers)]
        return replace(whole, seconds=whole.seconds * sum(values[layer] for layer in last) / max(values.values()))

    def sets_of(self, layers: tuple[str, ...]) -> Sequence[tuple[str, ...]]:
        """The layers that each picture is made for: by default one."""
        return [(layer,) for layer in layers]


def at(picture: torch.Tensor, scale: Scale) -> torch.Tensor:
    """A picture (1, 3, H, W) at a scale."""
    return resize(picture, (scale.width, scale.height))


def _columns(count: int) -> int:
    """As many as make the grid about square, and its last row full if that is possible."""
    return next((n for n in (3, 4, 5, 6) if count % n == 0 and count > n), min(count, 4))
