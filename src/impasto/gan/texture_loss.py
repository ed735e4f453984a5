"""A texture loss beside a critic: Gram matrices of what is drawn against the picture's (the fifth document)."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from impasto.features import load_network
from impasto.losses.gram import gram, gram_loss

LAYERS = {"efficientnet-lite0": ("stem", "e1", "e2"), "vgg16": ("relu1_2", "relu2_2", "relu3_1")}


class TextureLoss:
    """The mean over some layers of the relative distance of Gram matrices, weighed once, when it is first computed."""

    def __init__(self, name: str, real: Tensor, weight: float) -> None:
        """`real` is the picture, (1, 3, H, W) in [-1, 1]; `weight` is beside the loss that `first` is given."""
        self._network, self._layers, self._weight = load_network(name).to(real.device), LAYERS[name], weight
        with torch.no_grad():
            self._goals = {layer: gram(features) for layer, features in self._features(real).items()}
        self.factor = torch.tensor(-1.0)  # of the distance; below 0 until it is known

    def __call__(self, drawn: Tensor, first: Callable[[], Tensor]) -> Tensor:
        """The loss of a drawn picture (1, 3, H, W). `first` gives the one that this is as large as at first."""
        distances = [gram_loss(features, self._goals[layer]) for layer, features in self._features(drawn).items()]
        distance = torch.stack(distances).mean()
        if self.factor < 0:
            with torch.no_grad():
                self.factor.copy_(self._weight * first() / distance)
        return self.factor * distance

    def _features(self, picture: Tensor) -> dict[str, Tensor]:
        least, short = self._network.minimum, min(picture.shape[2:])
        if short < least:  # the coarsest scales may be smaller than what the network takes
            picture = F.interpolate(picture, scale_factor=least / short, mode="bilinear", align_corners=False)
        found: dict[str, Tensor] = self._network((picture + 1) / 2, self._layers)
        return found
