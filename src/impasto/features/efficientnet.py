"""EfficientNet-Lite 0, 1 and 2 as perceptual networks (Tan & Le 2019; the Lite variants by Google, 2020).

Layers, for block i counted from 0: `stem`, `e{i}` (expanded by a 1x1 convolution), `d{i}` (after the
depthwise convolution), `p{i}` (projected back, plus the block's input where they have one shape).
`stem`, `e` and `d` are after batch norm and ReLU6; batch norm is folded into the convolutions at load.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from impasto.features.names import Padding
from impasto.features.network import FeatureNetwork, LayerSize
from impasto.features.padding import pad, same_padding
from impasto.features.weights import check_shapes, read_weights

STAGES = (  # outputs, depth, kernel, stride, expansion (Tan & Le 2019, table 1)
    (16, 1, 3, 1, 1),
    (24, 2, 3, 2, 6),
    (40, 2, 5, 2, 6),
    (80, 3, 3, 2, 6),
    (112, 3, 5, 1, 6),
    (192, 4, 5, 2, 6),
    (320, 1, 3, 1, 6),
)
SCALING = {"efficientnet-lite0": (1.0, 1.0), "efficientnet-lite1": (1.0, 1.1), "efficientnet-lite2": (1.1, 1.2)}
STEM = 32
EPSILON = 1e-3  # of batch norm
INPUT_SCALE, INPUT_SHIFT = 255 / 128, -127 / 128  # the weights were trained on (255 x - 127) / 128


@dataclass(frozen=True)
class Block:
    """The shape of one inverted residual block; `expanded` equals `inputs` where nothing is expanded."""

    inputs: int
    expanded: int
    outputs: int
    kernel: int
    stride: int

    @property
    def expands(self) -> bool:
        """Whether the block begins with a 1x1 convolution."""
        return self.expanded != self.inputs

    @property
    def residual(self) -> bool:
        """Whether the block adds its input to its output."""
        return self.stride == 1 and self.inputs == self.outputs


def blocks(name: str) -> list[Block]:
    """Return the blocks of the network called `name`.

    Widths are rounded to multiples of 8 and depths up; the Lite networks leave the stem and the depth of
    the first and the last stage as they are.
    """
    width, depth = SCALING[name]
    found: list[Block] = []
    inputs = STEM
    for stage, (channels, repeats, kernel, stride, expansion) in enumerate(STAGES):
        outputs = round_width(channels * width)
        if 0 < stage < len(STAGES) - 1:
            repeats = math.ceil(repeats * depth)
        for i in range(repeats):
            found.append(Block(inputs, inputs * expansion, outputs, kernel, stride if i == 0 else 1))
            inputs = outputs
    return found


def round_width(channels: float) -> int:
    """Round to the nearest multiple of 8, but never down by more than a tenth.

    >>> [round_width(c) for c in (17.6, 26.4, 44.0)]
    [16, 24, 48]
    """
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded


class Convolution(nn.Module):
    """A convolution with TensorFlow's "SAME" padding, optionally followed by ReLU6."""

    def __init__(
        self,
        weight: Tensor,
        bias: Tensor,
        *,
        stride: int,
        groups: int,
        activate: bool,
        padding: Padding,
        edge: float = 0.0,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight)  # (outputs, inputs / groups, kernel, kernel)
        self.bias = nn.Parameter(bias)
        self.kernel, self.stride, self.groups, self.activate = weight.shape[-1], stride, groups, activate
        self.padding, self.edge = padding, edge  # edge: what "zero" padding is filled with

    def forward(self, features: Tensor) -> Tensor:
        """Return (N, outputs, ceil(H / stride), ceil(W / stride)) for `features` (N, inputs, H, W)."""
        weight: Tensor = self.weight
        amount = (0, 0)
        if self.kernel > 1:
            (top, bottom), (left, right) = (
                same_padding(side, self.kernel, self.stride) for side in features.shape[-2:]
            )
            if self.padding == "zero" and self.edge == 0:
                # More padding after than before is as much padding on both sides and a kernel that begins with a
                # zero: the same numbers as padding the features first, in two thirds of the time.
                amount = (bottom, right)
                if (top, left) != amount:
                    weight = F.pad(weight, (right - left, 0, bottom - top, 0))
            else:
                features = pad(features, (top, bottom), (left, right), self.padding, self.edge)
        output = F.conv2d(features, weight, self.bias, self.stride, amount, groups=self.groups)
        return F.hardtanh(output, 0.0, 6.0, inplace=True) if self.activate else output


class EfficientNetLite(FeatureNetwork):
    """An EfficientNet-Lite without its classifier, made from the tensors of a checkpoint."""

    minimum = 16
    default_style_layers = ("stem", "d0", "e1", "d2", "e2", "e4", "e6", "e8")
    default_content_layers = ("e6",)
    default_histogram_layers = ("stem", "e6")

    def __init__(self, name: str, tensors: Mapping[str, Tensor], weights: dict[str, str], padding: Padding) -> None:
        super().__init__()
        self.name, self.weights = name, weights
        self.blocks = blocks(name)
        self.convolutions = nn.ModuleDict()
        weight, bias = fold(tensors, "_conv_stem", "_bn0")
        # The input's scaling goes into the stem too; its padding is then filled with the scaled input's zero.
        bias = bias + INPUT_SHIFT * weight.sum((1, 2, 3))
        self.convolutions["stem"] = Convolution(
            weight * INPUT_SCALE,
            bias,
            stride=2,
            groups=1,
            activate=True,
            padding=padding,
            edge=-INPUT_SHIFT / INPUT_SCALE,
        )
        for i, block in enumerate(self.blocks):
            key = f"_blocks.{i}."
            if block.expands:
                weight, bias = fold(tensors, key + "_expand_conv", key + "_bn0")
                self.convolutions[f"e{i}"] = Convolution(
                    weight, bias, stride=1, groups=1, activate=True, padding=padding
                )
            weight, bias = fold(tensors, key + "_depthwise_conv", key + "_bn1")
            self.convolutions[f"d{i}"] = Convolution(
                weight, bias, stride=block.stride, groups=block.expanded, activate=True, padding=padding
            )
            weight, bias = fold(tensors, key + "_project_conv", key + "_bn2")
            self.convolutions[f"p{i}"] = Convolution(weight, bias, stride=1, groups=1, activate=False, padding=padding)
        self.layers = tuple(self.convolutions)
        self.freeze()

    def activations(self, image: Tensor, wanted: frozenset[str]) -> Generator[tuple[str, Tensor], Tensor, None]:  # noqa: ARG002
        """Yield every layer's name and features in order. No layer is ever overwritten."""
        features = image
        block_input = image
        for layer, convolution in self.convolutions.items():
            features = convolution(features)
            if layer[0] == "p" and self.blocks[int(layer[1:])].residual:
                features += block_input
            features = yield layer, features
            if layer[0] in "ps":
                block_input = features

    def sizes(self, height: int, width: int) -> list[LayerSize]:
        """Return every layer's size for a picture of that size in pixels; nothing is computed."""
        found: list[LayerSize] = []
        for layer, convolution in self.convolutions.items():
            assert isinstance(convolution, Convolution)
            height, width = -(-height // convolution.stride), -(-width // convolution.stride)
            found.append((layer, convolution.weight.shape[0], height, width))
        return found

    def reach(self, layer: str) -> tuple[int, int]:
        """The stride of a layer, and how far it sees; with "SAME" padding further down and right than up and left."""
        stride, radius = 1, 0
        for name, convolution in self.convolutions.items():
            assert isinstance(convolution, Convolution)
            radius += (convolution.kernel - 1 - (convolution.kernel - convolution.stride) // 2) * stride
            stride *= convolution.stride
            if name == layer:
                break
        return stride, radius


def fold(tensors: Mapping[str, Tensor], convolution: str, norm: str) -> tuple[Tensor, Tensor]:
    """Return the weight and bias of a convolution with the batch norm after it folded in."""
    scale = tensors[norm + ".weight"] / torch.sqrt(tensors[norm + ".running_var"] + EPSILON)
    weight = tensors[convolution + ".weight"] * scale[:, None, None, None]
    return weight, tensors[norm + ".bias"] - tensors[norm + ".running_mean"] * scale


def shapes(name: str) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the checkpoint's tensors that the network called `name` is made from."""
    found: dict[str, tuple[int, ...]] = {}

    def add(convolution: str, norm: str, *shape: int) -> None:
        found[convolution + ".weight"] = shape
        for part in ("weight", "bias", "running_mean", "running_var"):
            found[f"{norm}.{part}"] = shape[:1]

    add("_conv_stem", "_bn0", STEM, 3, 3, 3)
    for i, block in enumerate(blocks(name)):
        key = f"_blocks.{i}."
        if block.expands:
            add(key + "_expand_conv", key + "_bn0", block.expanded, block.inputs, 1, 1)
        add(key + "_depthwise_conv", key + "_bn1", block.expanded, 1, block.kernel, block.kernel)
        add(key + "_project_conv", key + "_bn2", block.outputs, block.expanded, 1, 1)
    return found


def random_tensors(name: str, seed: int) -> dict[str, Tensor]:
    """Return He-initialised weights (He et al. 2015) and batch norms that change nothing."""
    generator = torch.Generator().manual_seed(seed)
    tensors: dict[str, Tensor] = {}
    for tensor, shape in shapes(name).items():
        if len(shape) > 1:
            tensors[tensor] = torch.randn(shape, generator=generator) * math.sqrt(2 / math.prod(shape[1:]))
        else:
            tensors[tensor] = torch.ones(shape) if tensor.endswith((".weight", "_var")) else torch.zeros(shape)
    return tensors


def load_efficientnet(name: str, *, path: Path | None, padding: Padding, seed: int) -> EfficientNetLite:
    """Build the EfficientNet-Lite called `name` from a file of weights, or from random ones; see `load_network`."""
    if path is None:
        source = {"network": name, "source": f"random, seed {seed}", "sha256": ""}
        return EfficientNetLite(name, random_tensors(name, seed), source, padding)
    tensors, source = read_weights(path, name)
    check_shapes(tensors, shapes(name), path, name)
    return EfficientNetLite(name, tensors, source, padding)
