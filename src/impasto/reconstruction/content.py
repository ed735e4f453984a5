"""What each layer knows of a picture's content (Mahendran & Vedaldi 2015)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from pydantic import Field

from impasto.features import WEIGHTS, check_weights
from impasto.inputs import Input, Inputs, Sizes
from impasto.methods import Forecast, Method, Result
from impasto.observers import Observer
from impasto.reconstruction.grid import PAPER, Objectives, ReconstructionConfig, at, forecast_grid, reconstructed
from impasto.synthesis import Scale, StyleObjective, style_layers
from impasto.synthesis.settings import OF_STYLE

if TYPE_CHECKING:
    from impasto.features.network import FeatureNetwork


class ContentReconstructionConfig(ReconstructionConfig):
    """Parameters of `reconstruct content`."""

    layers: tuple[str, ...] = Field((), description="content layers, a picture for each (default: the style layers)")
    smoothness: float = Field(0.02, ge=0, le=1e6, description="weight of the total variation")
    patch_weight: float = Field(0.0, ge=0, le=1e6, description="weight of the sliced patch distance on pixels")

    hidden = OF_STYLE
    presets: ClassVar[dict[str, dict[str, Any]]] = {"best": {}, "paper": PAPER | {"smoothness": 0.0}}


class ContentReconstruction(Method[ContentReconstructionConfig]):
    """Find a picture with the content features of a picture, one for each layer (Mahendran & Vedaldi 2015)."""

    name = "reconstruct content"
    inputs = (Input("image", "the picture whose content is reconstructed"), WEIGHTS)
    Config = ContentReconstructionConfig

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Optimise one picture from noise for each layer; return them all in one captioned grid."""
        config = self.config

        def objectives(network: FeatureNetwork, picture: torch.Tensor) -> Objectives:
            def of(layer: str, scale: Scale) -> StyleObjective:
                content = at(picture, scale)
                return StyleObjective(
                    network, config, [], enlarge=scale.enlarge, content=content, content_layers=(layer,)
                )

            return {layer: partial(of, layer) for layer in style_layers(network, config)}

        return reconstructed(config, inputs, objectives, observer)

    def check(self, inputs: Inputs) -> None:
        """Refuse weights that do not fit."""
        check_weights(self.config.network, inputs)

    def forecast(self, sizes: Sizes) -> Forecast:
        """Seconds and memory of all the pictures."""
        return forecast_grid(self.config, sizes)
