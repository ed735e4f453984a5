"""What each layer knows of a picture's content (Mahendran & Vedaldi 2015)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from pydantic import Field

from impasto.features import WEIGHTS
from impasto.inputs import Input
from impasto.reconstruction.grid import PAPER, Objectives, Reconstruction, ReconstructionConfig, at
from impasto.synthesis import Scale, StyleObjective, style_layers
from impasto.synthesis.settings import OF_STYLE

if TYPE_CHECKING:
    from impasto.features.network import FeatureNetwork


class ContentReconstructionConfig(ReconstructionConfig):
    """Parameters of `reconstruct content`."""

    layers: tuple[str, ...] = Field((), description="content layers, a picture for each (default: the style layers)")
    smoothness: float = Field(0.02, ge=0, le=1e6, description="weight of the total variation")

    hidden = OF_STYLE
    presets: ClassVar[dict[str, dict[str, Any]]] = {"best": {}, "paper": PAPER | {"smoothness": 0.0}}


class ContentReconstruction(Reconstruction[ContentReconstructionConfig]):
    """Find a picture with the content features of a picture, one for each layer (Mahendran & Vedaldi 2015)."""

    name = "reconstruct content"
    inputs = (Input("image", "the picture whose content is reconstructed"), WEIGHTS)
    Config = ContentReconstructionConfig

    def objectives(self, network: FeatureNetwork, picture: torch.Tensor) -> Objectives:
        """The picture's features in each layer."""

        def of(layer: str, scale: Scale) -> StyleObjective:
            return StyleObjective(
                network, self.config, [], enlarge=scale.enlarge, content=at(picture, scale), content_layers=(layer,)
            )

        return {layer: partial(of, layer) for layer in style_layers(network, self.config)}
