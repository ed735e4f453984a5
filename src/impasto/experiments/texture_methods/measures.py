"""The numbers of a texture: how near it is to its exemplar, and what of it was copied."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from impasto.errors import InputError
from impasto.features import load_network
from impasto.losses import gram
from impasto.metrics import PositionMap, autocorrelation_distance, position_map, sliced_patch_wasserstein

PAIRS = 1 << 30  # of patches that are compared, about, if `every` is left open
SPARSER = 2  # a mean distance needs fewer patches than a map


class GramJudge:
    """Compares Gram matrices of a network's style layers."""

    def __init__(self, network: str, weights: str, layer: str = "") -> None:
        """Load the network; `layer` is the one that is shown. Raises InputError for one that it does not have."""
        self._network = load_network(network, weights=weights)
        self.layers = self._network.default_style_layers
        self.shown = layer or self.layers[len(self.layers) // 2]
        self._network.check([self.shown])

    def matrices(self, picture: torch.Tensor) -> dict[str, torch.Tensor]:
        """The Gram matrices (C, C) of a picture (3, H, W), by layer: F F^T / (H W)."""
        with torch.inference_mode():
            features = self._network(picture[None], {*self.layers, self.shown})
            return {layer: gram(values)[0] for layer, values in features.items()}

    def distance(self, texture: torch.Tensor, exemplar: torch.Tensor) -> float:
        """The mean over the style layers of |G - A| / |A|, in Frobenius norms."""
        ours, theirs = self.matrices(texture), self.matrices(exemplar)
        shares = [float((ours[layer] - theirs[layer]).norm() / theirs[layer].norm()) for layer in self.layers]
        return sum(shares) / len(shares)


@dataclass(frozen=True)
class Measures:
    """What the table says of one texture, and its position map."""

    numbers: dict[str, float]
    positions: PositionMap


def measure(texture: torch.Tensor, exemplar: torch.Tensor, judge: GramJudge, *, patch: int, every: int) -> Measures:
    """Measure a texture (3, H, W); `every` is the step from patch to patch, 0 to choose it by the pictures' sizes.

    Raises InputError if a picture is smaller than a patch.
    """
    every = every or max(1, round(math.sqrt(texture[0].numel() * exemplar[0].numel() / PAIRS)))
    positions = position_map(texture, exemplar, patch=patch, every=every)
    patches = sliced_patch_wasserstein(texture, exemplar, patch=patch)
    looked_at = positions.places.shape[0] * positions.places.shape[1]
    height, width = (side - patch + 1 for side in positions.exemplar)
    numbers = {
        "patches": sum(patches) / len(patches),
        "coherence": positions.distance,
        "completeness": position_map(exemplar, texture, patch=patch, every=SPARSER * every).distance,
        "autocorrelation": autocorrelation_distance(texture, exemplar),
        "Gram": judge.distance(texture, exemplar),
        "copied": positions.copied_share,
        "run px": positions.mean_run_length * every,
        "places": positions.coverage * height * width / looked_at,
    }
    return Measures(numbers, positions)


def check_exemplar(name: str, picture: torch.Tensor, patch: int) -> None:
    """Raise InputError for a picture that is too small to be compared at several sizes."""
    least = max(32, patch)
    if min(picture.shape[1:]) < least:
        raise InputError(
            f"{name}: {picture.shape[2]}x{picture.shape[1]} pixels, needs at least {least} a side; take a larger --size"
        )
