"""A perceptual network of two random layers, small enough to compute by hand, and the same in NumPy."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from scipy.signal import correlate2d

from impasto.features.network import FeatureNetwork


class TinyNetwork(FeatureNetwork):
    """`a`: 3x3 convolution to 5 channels and ReLU; `b`: means of 2x2, 3x3 convolution to 4 channels and ReLU."""

    name = "tiny"
    layers = ("a", "b")
    minimum = 4
    default_style_layers = ("a", "b")
    default_content_layers = ("b",)
    default_histogram_layers = ("b",)

    def __init__(self) -> None:
        super().__init__()
        self.weights = {"network": "tiny", "source": "random", "sha256": "00"}
        random = torch.Generator().manual_seed(17)
        self.first = torch.randn(5, 3, 3, 3, generator=random) / 3
        self.second = torch.randn(4, 5, 3, 3, generator=random) / 4

    def activations(self, image: torch.Tensor, wanted: frozenset[str]) -> Iterator[tuple[str, torch.Tensor]]:
        functional = torch.nn.functional
        a = functional.conv2d(image, self.first, padding=1).relu()
        yield "a", a
        yield "b", functional.conv2d(functional.avg_pool2d(a, 2), self.second, padding=1).relu()

    def sizes(self, height: int, width: int) -> list[tuple[str, int, int, int]]:
        return [("a", 5, height, width), ("b", 4, height // 2, width // 2)]

    def reach(self, layer: str) -> tuple[int, int]:
        return {"a": (1, 1), "b": (2, 4)}[layer]

    def by_hand(self, picture: torch.Tensor) -> dict[str, np.ndarray]:
        """The features of a picture (1, 3, H, W) as matrices (channels, positions), without torch's convolutions."""
        a = _convolved(picture[0].double().numpy(), self.first.double().numpy())
        channels, height, width = a.shape
        even = a[:, : height // 2 * 2, : width // 2 * 2]
        means = even.reshape(channels, height // 2, 2, width // 2, 2).mean((2, 4))
        b = _convolved(means, self.second.double().numpy())
        return {"a": a.reshape(len(a), -1), "b": b.reshape(len(b), -1)}


def _convolved(picture: np.ndarray, kernels: np.ndarray) -> np.ndarray:
    sums = [sum(correlate2d(plane, tap, mode="same") for plane, tap in zip(picture, kernel)) for kernel in kernels]
    return np.maximum(np.stack(sums), 0)


def noise(height: int, width: int, seed: int = 0, channels: int = 3) -> torch.Tensor:
    """Smooth coloured noise (1, C, H, W), well inside [0, 1]."""
    random = torch.Generator().manual_seed(seed)
    coarse = torch.rand(1, channels, max(2, height // 3), max(2, width // 3), generator=random)
    fine = torch.nn.functional.interpolate(coarse, size=(height, width), mode="bilinear", align_corners=True)
    return 0.15 + 0.7 * fine
