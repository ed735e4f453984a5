"""VGG-16 and VGG-19 as perceptual networks (Simonyan & Zisserman 2014), up to the last pooling.

Layers: `conv{b}_{i}` before its ReLU, `relu{b}_{i}`, and `pool{b}`, counted from 1.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from impasto.features.names import Padding, Pool
from impasto.features.network import FeatureNetwork, LayerSize
from impasto.features.padding import pad
from impasto.features.weights import check_shapes, read_weights

WIDTHS = (64, 128, 256, 512, 512)
DEPTHS = {"vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, in sRGB [0, 1]
NOTICE = (
    "this VGG-16 was not trained on ImageNet but stands in for it (stlpips); "
    "the real one looks better: impasto weights get vgg16"
)


class Vgg(FeatureNetwork):
    """A VGG made from convolutions' tensors: `conv1_1.weight` (64, 3, 3, 3), `conv1_1.bias` (64,), and so on."""

    minimum = 32
    default_style_layers = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
    default_content_layers = ("relu4_2",)
    default_histogram_layers = ("relu1_1", "relu4_1")  # as in Risser et al. 2017

    mean: Tensor  # (1, 3, 1, 1)
    std: Tensor  # (1, 3, 1, 1)

    def __init__(
        self, name: str, tensors: Mapping[str, Tensor], weights: dict[str, str], pool: Pool, padding: Padding
    ) -> None:
        super().__init__()
        self.name, self.weights, self.pool, self.padding = name, weights, pool, padding
        self.register_buffer("mean", torch.tensor(MEAN)[None, :, None, None])
        self.register_buffer("std", torch.tensor(STD)[None, :, None, None])
        self.kernels = nn.ParameterDict()
        self.biases = nn.ParameterDict()
        layers: list[str] = []
        for block, depth in enumerate(DEPTHS[name], 1):
            for i in range(1, depth + 1):
                place = f"{block}_{i}"
                self.kernels[place] = nn.Parameter(tensors[f"conv{place}.weight"])
                self.biases[place] = nn.Parameter(tensors[f"conv{place}.bias"])
                layers += [f"conv{place}", f"relu{place}"]
            layers.append(f"pool{block}")
        self.layers = tuple(layers)
        self.in_place = frozenset(layer for layer in layers if layer.startswith("conv"))
        self.freeze()

    def activations(self, image: Tensor, wanted: frozenset[str]) -> Generator[tuple[str, Tensor], Tensor, None]:
        """Yield every layer's name and features in order; a convolution nobody wants is overwritten by its ReLU."""
        features = (image - self.mean) / self.std
        reduce = F.max_pool2d if self.pool == "max" else F.avg_pool2d
        for layer in self.layers:
            if layer.startswith("conv"):
                features = self._convolve(features, layer[4:])
            elif layer.startswith("relu"):
                features = F.relu(features, inplace="conv" + layer[4:] not in wanted)
            else:
                features = reduce(features, 2)
            features = yield layer, features

    def _convolve(self, features: Tensor, place: str) -> Tensor:
        kernel, bias = self.kernels[place], self.biases[place]
        if self.padding == "zero":
            return F.conv2d(features, kernel, bias, padding=1)
        return F.conv2d(pad(features, (1, 1), (1, 1), self.padding), kernel, bias)

    def sizes(self, height: int, width: int) -> list[LayerSize]:
        """Return every layer's size for a picture of that size in pixels; nothing is computed."""
        found: list[LayerSize] = []
        for layer in self.layers:
            if layer.startswith("pool"):
                height, width = height // 2, width // 2
            found.append((layer, WIDTHS[int(layer[4]) - 1], height, width))
        return found

    def reach(self, layer: str) -> tuple[int, int]:
        """The stride of a layer, and how far it sees."""
        stride, radius = 1, 0
        for name in self.layers[: self.layers.index(layer) + 1]:
            radius += 0 if name.startswith("relu") else stride
            stride *= 2 if name.startswith("pool") else 1
        return stride, radius


def shapes(name: str) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the tensors that the network called `name` is made from."""
    found: dict[str, tuple[int, ...]] = {}
    inputs = 3
    for block, depth in enumerate(DEPTHS[name]):
        for i in range(1, depth + 1):
            found[f"conv{block + 1}_{i}.weight"] = (WIDTHS[block], inputs, 3, 3)
            found[f"conv{block + 1}_{i}.bias"] = (WIDTHS[block],)
            inputs = WIDTHS[block]
    return found


def file_names(name: str, *, stand_in: bool = False) -> dict[str, str]:
    """Return what a weights file calls each tensor: torchvision's names, or those of the stand-in.

    Both number the layers through: a convolution, its ReLU, a pooling (which the stand-in counts twice, because
    it blurs).
    """
    found: dict[str, str] = {}
    number = 0
    for block, depth in enumerate(DEPTHS[name], 1):
        for i in range(1, depth + 1):
            folder = f"net.slice{block}" if stand_in else "features"
            for part in ("weight", "bias"):
                found[f"conv{block}_{i}.{part}"] = f"{folder}.{number}.{part}"
            number += 2
        number += 2 if stand_in else 1
    return found


def random_tensors(name: str, seed: int) -> dict[str, Tensor]:
    """Return He-initialised weights (He et al. 2015) and biases of zero."""
    generator = torch.Generator().manual_seed(seed)
    return {
        tensor: torch.randn(shape, generator=generator) * math.sqrt(2 / math.prod(shape[1:]))
        if len(shape) > 1
        else torch.zeros(shape)
        for tensor, shape in shapes(name).items()
    }


def load_vgg(name: str, *, path: Path | None, pool: Pool, padding: Padding, seed: int) -> Vgg:
    """Build the VGG called `name` from a file of weights, or from random ones; see `impasto.features.load_network`."""
    if path is None:
        source = {"network": name, "source": f"random, seed {seed}", "sha256": ""}
        return Vgg(name, random_tensors(name, seed), source, pool, padding)
    tensors, source = read_weights(path, name)
    stand_in = "net.slice1.0.weight" in tensors
    names = file_names(name, stand_in=stand_in)
    check_shapes(tensors, {names[tensor]: shape for tensor, shape in shapes(name).items()}, path, name)
    network = Vgg(name, {tensor: tensors[names[tensor]] for tensor in names}, source, pool, padding)
    if stand_in:
        network.notice = NOTICE
    return network
