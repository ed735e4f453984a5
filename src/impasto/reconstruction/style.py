"""What sets of layers know of a picture's style (Gatys, Ecker & Bethge 2015)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import torch
from pydantic import Field

from impasto.features import WEIGHTS, check_weights
from impasto.inputs import Input, Inputs, Sizes
from impasto.methods import Forecast, Method, Result
from impasto.observers import Observer
from impasto.reconstruction.grid import PAPER, Objectives, ReconstructionConfig, at, forecast_grid, reconstructed
from impasto.synthesis import Scale, StyleObjective, style_layers

if TYPE_CHECKING:
    from impasto.features.network import FeatureNetwork


class StyleReconstructionConfig(ReconstructionConfig):
    """Parameters of `reconstruct style`."""

    sets: Literal["growing", "each", "whole"] = Field(
        "growing", description="a picture for the first layer, the first two, ...; for each layer; or one for all"
    )
    patch_weight: float = Field(0.0, ge=0, le=1e6, description="weight of the sliced patch distance on pixels")

    presets: ClassVar[dict[str, dict[str, Any]]] = {
        "best": {},
        "paper": PAPER | {"pool": "average", "statistics": "gram"},
    }


class StyleReconstruction(Method[StyleReconstructionConfig]):
    """Find pictures with the style statistics of a picture: one for each set of layers."""

    name = "reconstruct style"
    inputs = (Input("image", "the picture whose style is reconstructed"), WEIGHTS)
    Config = StyleReconstructionConfig

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Optimise one picture from noise for each set of layers; return them all in one captioned grid."""
        config = self.config

        def objectives(network: FeatureNetwork, picture: torch.Tensor) -> Objectives:
            weights = style_layers(network, config)

            def of(kept: tuple[str, ...], scale: Scale) -> StyleObjective:
                only = config.model_copy(update={"layers": kept, "weights": tuple(weights[layer] for layer in kept)})
                return StyleObjective(network, only, [(at(picture, scale), 1.0)], enlarge=scale.enlarge)

            return {_caption(kept): partial(of, kept) for kept in _sets(tuple(weights), config.sets)}

        return reconstructed(config, inputs, objectives, observer)

    def check(self, inputs: Inputs) -> None:
        """Refuse weights that do not fit."""
        check_weights(self.config.network, inputs)

    def forecast(self, sizes: Sizes) -> Forecast:
        """Seconds and memory of all the pictures."""
        return forecast_grid(self.config, sizes, alone=self.config.sets == "whole")


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
