"""Networks that measure what the runs of an experiment have made, each run alike, whatever it optimised."""

from __future__ import annotations

import math
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from impasto.errors import InputError
from impasto.features import load_network
from impasto.images import luminance, resize
from impasto.losses import content_loss, gram, gram_loss
from impasto.metrics import sliced_patch_wasserstein

if TYPE_CHECKING:
    from impasto.features.network import FeatureNetwork

CANDIDATES = ("efficientnet-lite0", "efficientnet-lite1", "efficientnet-lite2")
BLOCKS = 8  # across and down, whose brightness is compared
PATCH = 5


class GramJudge:
    """Compares Gram matrices of a network's style layers."""

    def __init__(self, network: str, weights: str | Path, layer: str = "") -> None:
        """Load the network; `layer` is the one that is shown. Raises InputError for one that it does not have."""
        self.network = load_network(network, weights=weights)
        self.layers = self.network.default_style_layers
        self.shown = layer or self.layers[len(self.layers) // 2]
        self.network.check([self.shown])

    def matrices(self, picture: torch.Tensor) -> dict[str, torch.Tensor]:
        """The Gram matrices (C, C) of a picture (3, H, W), by layer: F F^T / (H W)."""
        with torch.inference_mode():
            features = self.network(picture[None], {*self.layers, self.shown})
            return {layer: gram(values)[0] for layer, values in features.items()}

    def distance(self, texture: torch.Tensor, exemplar: torch.Tensor) -> float:
        """The mean over the style layers of |G - A| / |A|, in Frobenius norms."""
        ours, theirs = self.matrices(texture), self.matrices(exemplar)
        shares = [float((ours[layer] - theirs[layer]).norm() / theirs[layer].norm()) for layer in self.layers]
        return sum(shares) / len(shares)


class TransferJudge:
    """Compares a transfer with both of its pictures, by the layers that a network itself would choose."""

    def __init__(self, name: str) -> None:
        """Load the network called `name`."""
        self.name, self._grams = name, GramJudge(name, "auto")

    def style(self, picture: torch.Tensor, painting: torch.Tensor) -> float:
        """The mean over layers of |G - A| / |A|, Gram matrices of two pictures (3, H, W), in Frobenius norms."""
        return self._grams.distance(picture, _as_large(painting, picture))

    def content(self, picture: torch.Tensor, photo: torch.Tensor) -> float:
        """|F - P| / |P|, features of two pictures (3, H, W) at the layer of content, in Frobenius norms."""
        network, layers = self._grams.network, self._grams.network.default_content_layers
        with torch.inference_mode():
            ours = network(picture[None], layers)
            theirs = network(_as_large(photo, picture)[None], layers)
            found = [math.sqrt(content_loss(ours[layer], theirs[layer])) for layer in layers]
        return sum(found) / len(found)


_judge = lru_cache(maxsize=1)(TransferJudge)  # a forecast, a check and a run ask for the same one


def transfer_judge(name: str, contenders: Collection[str]) -> TransferJudge:
    """The judge of that name.

    "auto" is the first EfficientNet on this machine that is none of the `contenders`, or else the first of all.
    """
    return _judge(_choose(contenders) if name == "auto" else name)


class DriftJudge:
    """Measures how far textures of one exemplar (3, H, W), of its size, have drifted from it."""

    def __init__(self, network: FeatureNetwork, exemplar: torch.Tensor, enlarge: float) -> None:
        """`enlarge` is how many times larger than it is the network sees a picture."""
        self._network, self._exemplar, self._enlarge = network, exemplar, enlarge
        self._layers = network.default_style_layers
        features = self._features(exemplar)
        self._grams = {layer: gram(found) for layer, found in features.items()}
        self._moments = {layer: _moments(found) for layer, found in features.items()}
        self._light, self._blocks = _light(exemplar)

    def measure(self, picture: torch.Tensor) -> dict[str, float]:
        """The numbers of a picture; for the exemplar itself `blocks` is 1, and all others are 0.

        gram: mean over the style layers of |G - A|^2 / |A|^2.
        mean: mean over channels of how far the mean is off, in the exemplar's standard deviations.
        variance: mean over channels of |log2| of the ratio of the standard deviations.
        brightness: mean luminance less the exemplar's.
        blocks: standard deviation of the luminance of blocks over that of the exemplar.
        patches: sliced Wasserstein distance of the patches in pixels.
        """
        features = self._features(picture)
        grams = [float(gram_loss(features[layer], self._grams[layer])) for layer in self._layers]
        means, variances = [], []
        for layer in self._layers:
            mean, deviation = _moments(features[layer])
            goal, goal_deviation = self._moments[layer]
            means.append((mean - goal).abs() / goal_deviation)
            variances.append((deviation / goal_deviation).log2().abs())
        light, blocks = _light(picture)
        patches = sliced_patch_wasserstein(picture, self._exemplar, patch=PATCH, scales=2, projections=32)
        return {
            "gram": sum(grams) / len(grams),
            "mean": float(torch.cat(means).mean()),
            "variance": float(torch.cat(variances).mean()),
            "brightness": light - self._light,
            "blocks": blocks / self._blocks,
            "patches": sum(patches) / len(patches),
        }

    def _features(self, picture: torch.Tensor) -> dict[str, torch.Tensor]:
        size = [round(side * self._enlarge) for side in picture.shape[-2:]]
        with torch.no_grad():
            image = torch.nn.functional.interpolate(picture[None], size=size, mode="bilinear", align_corners=False)
            features: dict[str, torch.Tensor] = self._network(image, self._layers)
        return features


def _as_large(picture: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """A picture at the size of another, as the documents take the painting."""
    return resize(picture, (other.shape[2], other.shape[1]))


def _choose(contenders: Collection[str]) -> str:
    for name in CANDIDATES:
        if name not in contenders:
            try:
                load_network(name)
            except InputError:  # it is not on this machine
                continue
            return name
    return CANDIDATES[0]


def _moments(features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and standard deviation of each channel, (C,); the latter of what is always the same is not quite 0."""
    places = features[0].flatten(1)
    deviation = places.std(1, correction=0)
    return places.mean(1), deviation.clamp_min(1e-2 * float(deviation.mean()))


def _light(picture: torch.Tensor) -> tuple[float, float]:
    """The mean luminance, and the standard deviation of that of blocks."""
    grey = luminance(picture)[None]
    blocks = torch.nn.functional.adaptive_avg_pool2d(grey, BLOCKS)
    return float(grey.mean()), max(float(blocks.std()), 1e-4)
