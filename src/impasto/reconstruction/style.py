"""What sets of layers know of a picture's style (Gatys, Ecker & Bethge 2015)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import torch
from pydantic import Field

from impasto.features import WEIGHTS
from impasto.inputs import Input
from impasto.reconstruction.grid import PAPER, Objectives, Reconstruction, ReconstructionConfig, at
from impasto.synthesis import Scale, StyleObjective, style_layers

if TYPE_CHECKING:
    from impasto.features.network import FeatureNetwork


class StyleReconstructionConfig(ReconstructionConfig):
    """Parameters of `reconstruct style`."""

    sets: Literal["growing", "each", "whole"] = Field(
        "growing", description="a picture for the first layer, the first two, ...; for each layer; or one for all"
    )

    presets: ClassVar[dict[str, dict[str, Any]]] = {
        "best": {},
        "paper": PAPER | {"pool": "average", "statistics": "gram"},
    }


class StyleReconstruction(Reconstruction[StyleReconstructionConfig]):
    """Find pictures with the style statistics of a picture: one for each set of layers."""

    name = "reconstruct style"
    inputs = (Input("image", "the picture whose style is reconstructed"), WEIGHTS)
    Config = StyleReconstructionConfig

    def objectives(self, network: FeatureNetwork, picture: torch.Tensor) -> Objectives:
        """The picture's statistics in each set of layers."""
        config, weights = self.config, style_layers(network, self.config)

        def of(kept: tuple[str, ...], scale: Scale) -> StyleObjective:
            only = config.model_copy(update={"layers": kept, "weights": tuple(weights[layer] for layer in kept)})
            return StyleObjective(network, only, [(at(picture, scale), 1.0)], enlarge=scale.enlarge)

        return {_caption(kept): partial(of, kept) for kept in self.sets_of(tuple(weights))}

    def sets_of(self, layers: tuple[str, ...]) -> list[tuple[str, ...]]:
        """The layers that each picture is made for."""
        match self.config.sets:
            case "growing":
                return [layers[:count] for count in range(1, len(layers) + 1)]
            case "each":
                return [(layer,) for layer in layers]
            case _:
                return [layers]


def _caption(layers: tuple[str, ...]) -> str:
    return layers[0] if len(layers) == 1 else f"{layers[0]} to {layers[-1]}"
