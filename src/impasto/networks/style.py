"""A network that gives photos one style, at any size and at once (Johnson et al. 2016; Ulyanov et al. 2017)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from impasto.model import Model
from impasto.networks.bounds import STYLE_BLOCKS, STYLE_WIDEST, whole
from impasto.networks.shown import shown

WIDTHS = (8, 16, 48)
"""Channels at sizes /1, /2 and /4. Johnson et al.: 32, 64 and 128, which takes many times longer."""

BLOCKS = 5
SMALLEST = 16
"""The least side in pixels of a photo: there must be something to reflect, and to take statistics of."""


class StyleNetwork(nn.Module):
    """A photo becomes a picture of the same size, in the one style that the network was trained for.

    Two convolutions of stride 2, residual blocks at a quarter of the size, and twice a doubling by nearest neighbour
    with a convolution; every convolution but the last is followed by instance norm, and what it sees beyond the edges
    is the picture reflected. (Johnson et al. convolve at the full size first, which a quick network cannot afford.)
    """

    def __init__(self, widths: Sequence[int] = WIDTHS, blocks: int = BLOCKS) -> None:
        """`widths` are the channels at the full size, at half of it and at a quarter."""
        super().__init__()
        self.widths, self.blocks = tuple(widths), blocks
        full, half, quarter = self.widths
        self.encoder = nn.Sequential(_Layer(3, half, 5, stride=2), _Layer(half, quarter, 3, stride=2))
        self.middle = nn.Sequential(*(_Block(quarter) for _ in range(blocks)))
        self.decoder = nn.ModuleList([_Layer(quarter, half, 3), _Layer(half, full, 3)])
        self.colors = _convolution(full, 3, 5, bias=True)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    @property
    def seen(self) -> int:
        """Pixels across that a pixel's colour may depend on, beside the statistics; in whole cells of four."""
        return 2 * (12 + 8 * self.blocks)

    def forward(self, photos: Tensor) -> Tensor:
        """Pictures (N, 3, H, W), not limited to [0, 1], for `photos` (N, 3, H, W) in [0, 1]."""
        features = self.middle(self.encoder(photos.contiguous(memory_format=torch.channels_last) - 0.5))
        for layer in self.decoder:
            features = layer(F.interpolate(features, scale_factor=2.0, mode="nearest"))
        picture: Tensor = self.colors(features) + 0.5
        return picture[..., : photos.shape[-2], : photos.shape[-1]]  # sides that are no multiples of 4 come out larger


class _Layer(nn.Module):
    """A convolution, instance norm and ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int, *, stride: int = 1, activate: bool = True) -> None:
        super().__init__()
        self.convolution = _convolution(inputs, outputs, kernel, stride=stride)
        # As many groups as channels is instance norm, in half the time of torch's own on a CPU.
        self.norm = nn.GroupNorm(outputs, outputs)
        self.activate = activate

    def forward(self, features: Tensor) -> Tensor:
        features = self.norm(self.convolution(features))
        return F.relu(features, inplace=True) if self.activate else features


class _Block(nn.Module):
    """What two convolutions change, added to what was there."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = _Layer(width, width, 3)
        self.second = _Layer(width, width, 3, activate=False)

    def forward(self, features: Tensor) -> Tensor:
        changed: Tensor = self.second(self.first(features))
        return features + changed


def built(model: Model) -> StyleNetwork:
    """The network of a model of kind "style-network"; see `impasto.kinds.build`."""
    widths = [whole(width, 1, STYLE_WIDEST) for width in model.config["widths"]]
    network = StyleNetwork(widths, whole(model.config["blocks"], 0, STYLE_BLOCKS))
    network.load_state_dict(dict(model.tensors))
    return network


def paint(network: nn.Module, photo: Tensor) -> Tensor:
    """What a style network makes of a photo (3, H, W), in [0, 1], on the CPU."""
    device = next(network.parameters()).device
    with torch.inference_mode():
        picture: Tensor = network(photo[None].to(device))[0]
        return shown(picture)


def _convolution(inputs: int, outputs: int, kernel: int, *, stride: int = 1, bias: bool = False) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, padding_mode="reflect", bias=bias)
