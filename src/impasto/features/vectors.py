"""One vector for each picture: the mean of a layer's features over the picture, or what an ONNX file says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import torch

from impasto.errors import InputError

if TYPE_CHECKING:
    from impasto.features.network import FeatureNetwork

LAYERS = {
    "efficientnet-lite0": "p10",
    "efficientnet-lite1": "p14",
    "efficientnet-lite2": "p14",
    "vgg16": "relu5_1",
    "vgg19": "relu5_1",
}
"""The layer whose means stand for a picture: of the EfficientNets the last at a sixteenth of the size, which sees whole
things. It tells a set that is blurred, noisy or of one kind from one that is alike, more clearly than the very last do
(see docs/measures.md), and with few channels it needs few pictures."""


class VectorNetwork(Protocol):
    """What makes vectors of pictures.

    side: of the square that it sees, in pixels. dimensions: of a vector. facts: for a record, which vectors they are.
    """

    side: int
    dimensions: int
    facts: dict[str, Any]

    def __call__(self, pictures: torch.Tensor) -> torch.Tensor:
        """The vectors (N, D), float32, of pictures (N, 3, side, side) in [0, 1]."""


class LayerMeans:
    """The means of a layer's features over a picture."""

    def __init__(self, network: FeatureNetwork, layer: str = "", *, side: int = 224) -> None:
        """`layer` is by default that of `LAYERS`. Raises InputError if there is none such, or the side is too small."""
        self.layer = layer or LAYERS[network.name]
        if side < network.minimum:
            raise InputError(f"{network.name} needs at least {network.minimum} pixels a side, got {side}; give --side")
        network.check([self.layer])
        self.side, self._network = side, network
        self.dimensions = next(channels for name, channels, *_ in network.sizes(side, side) if name == self.layer)
        self.facts = {**network.weights, "layer": self.layer, "side": side, "dimensions": self.dimensions}

    def __call__(self, pictures: torch.Tensor) -> torch.Tensor:
        """The vectors (N, D), float32, of pictures (N, 3, side, side) in [0, 1]."""
        device = next(self._network.parameters()).device
        with torch.inference_mode():
            features: torch.Tensor = self._network(pictures.to(device), [self.layer])[self.layer]
            return features.mean((2, 3)).float().cpu()
