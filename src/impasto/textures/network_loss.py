"""What a texture network is trained for: pictures with the statistics of an exemplar (Ulyanov et al. 2016)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch

from impasto.losses.gram import gram, gram_loss
from impasto.losses.moments import moments, relative_moment_loss
from impasto.synthesis.gamut import gamut_of
from impasto.synthesis.patches import PatchTarget
from impasto.synthesis.settings import SynthesisConfig
from impasto.textures.network_settings import TextureNetworkConfig

if TYPE_CHECKING:
    from impasto.features.network import FeatureNetwork

POSITIONS = 16384  # of a layer that a step looks at, about
PATCH_SCALE = 1000.0  # of the patch distance, which is as small as the squares of colours' differences
SCATTER = 7919  # a prime: the places of one step and the next are not neighbours

Distance = Callable[["torch.Tensor", int], "torch.Tensor"]
"""From a layer's features (1, C, h, w) and the step to a scalar."""


class TextureLoss:
    """The distances between a picture and the exemplar; what is known of the exemplar is computed once."""

    def __init__(self, network: FeatureNetwork, config: TextureNetworkConfig, exemplar: torch.Tensor) -> None:
        """`exemplar` is (1, 3, H, W). Raises InputError for layers that the network does not have."""
        self._network, self._config = network, config
        self._layers = config.layers or network.default_style_layers
        with torch.no_grad():
            features = network(self._enlarged(exemplar), self._layers)
            self._distances = {layer: self._distance_to(features[layer]) for layer in self._layers}
        self._gamut = gamut_of([exemplar])
        patches = SynthesisConfig(seed=config.seed)
        self._patches = PatchTarget(patches, [(exemplar, 1.0)]) if config.patch_weight else None

    def __call__(self, picture: torch.Tensor, step: int) -> dict[str, torch.Tensor]:
        """The weighted losses of `picture` (1, 3, H, W) at `step`, by name; their sum is minimised."""
        config = self._config
        features = self._network(self._enlarged(picture), self._layers)
        distances = [self._distances[layer](self._pulled(features[layer]), step) for layer in self._layers]
        losses = {"style": torch.stack(distances).sum()}
        if self._patches is not None:
            distance = self._patches.distance(self._pulled(picture, config.patch_weight), step)
            losses["patches"] = PATCH_SCALE * (1.0 if config.normalize else config.patch_weight) * distance
        if config.gamut_weight:
            losses["gamut"] = config.gamut_weight * self._gamut.excess(picture)
        return losses

    def _pulled(self, features: torch.Tensor, weight: float = 1.0) -> torch.Tensor:
        """The same numbers, whose gradient comes back with an L1 norm of `weight`."""
        if not self._config.normalize:
            return features
        from impasto.autograd import NormalizedGradient

        if weight != 1:
            features = weight * features + (1 - weight) * features.detach()
        pulled: torch.Tensor = NormalizedGradient.apply(features)  # type: ignore[no-untyped-call]
        return pulled

    def _enlarged(self, picture: torch.Tensor) -> torch.Tensor:
        size = [round(side * self._config.enlarge) for side in picture.shape[-2:]]
        if size == list(picture.shape[-2:]):
            return picture
        return torch.nn.functional.interpolate(picture, size=size, mode="bilinear", align_corners=False)

    def _distance_to(self, goal: torch.Tensor) -> Distance:
        """The distance of a layer's features from those of the exemplar."""
        if self._config.statistics == "gram":
            matrix = gram(goal)
            return lambda features, _: gram_loss(features, matrix)
        target = moments(goal)

        def distance(features: torch.Tensor, step: int) -> torch.Tensor:
            # A large layer is looked at in part, elsewhere each step: its statistics are as good, and cheaper.
            stride = max(1, round((features.shape[-2] * features.shape[-1] / POSITIONS) ** 0.5))
            row, column = divmod(step * SCATTER % stride**2, stride)
            return relative_moment_loss(moments(features, stride=stride, offset=(row, column)), target)

        return distance
