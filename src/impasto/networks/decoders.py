"""Decoders that lead from the bottlenecks of EfficientNet-Lite back to a picture, one bottleneck at a time."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LEVELS = ("p0", "p1", "p3", "p5")
"""The bottlenecks, finest first: 1/2, 1/4, 1/8 and 1/16 of the picture's size.

They are linear (no ReLU), they are the first of their size (no residual sums), and all that a deeper layer knows has
passed through them.
"""

CHANNELS = (3, 16, 24, 40, 80)  # of the picture and of each bottleneck of EfficientNet-Lite0
WIDTHS = (24, 48, 96, 128)
SLOPE = 0.1  # of the leaky ReLU
DEEP = ("p3", "p5")
"""Where a decoder has a third convolution: pictures are decoded from there at small sizes only."""

STRIDE = 2 ** len(LEVELS)  # what the sides of a picture are multiples of


class Decoders(nn.Module):
    """One decoder a bottleneck: `p5` gives what `p3` was, `p3` what `p1` was, `p1` what `p0` was, `p0` the picture.

    Features are taken and given in units of their deviations over photographs (`normalize`). Each decoder works at
    the coarse size, where convolutions are cheap, and gives four values a channel, which become 2x2 pixels (Shi et
    al. 2016), of which each 2x2 neighbours are averaged.
    """

    def __init__(self, widths: tuple[int, ...] = WIDTHS) -> None:
        """`widths` are the channels inside of each decoder, the finest first."""
        super().__init__()
        self.stages = nn.ModuleDict(
            {
                level: _Stage(CHANNELS[i + 1], width, CHANNELS[i], deep=level in DEEP)
                for i, (level, width) in enumerate(zip(LEVELS, widths, strict=True))
            }
        )
        self.means = nn.ParameterDict({level: _constant(CHANNELS[i + 1], 0.0) for i, level in enumerate(LEVELS)})
        self.deviations = nn.ParameterDict({level: _constant(CHANNELS[i + 1], 1.0) for i, level in enumerate(LEVELS)})
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def normalize(self, features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Features (N, C, h, w) by level, in units of their deviations over photographs."""
        return {level: (features[level] - self.means[level]) / self.deviations[level] for level in features}

    def forward(self, features: Tensor, level: str) -> Tensor:
        """What was before bottleneck `level`: the next finer one (N, C, 2h, 2w), or a picture, not held to [0, 1]."""
        finer: Tensor = self.stages[level](features)
        return finer + 0.5 if level == LEVELS[0] else finer


class _Stage(nn.Module):
    """Two or three 3x3 convolutions at one size, and pixels from channels."""

    def __init__(self, inputs: int, width: int, outputs: int, *, deep: bool) -> None:
        super().__init__()
        self.first = _convolution(inputs, width)
        self.second = _convolution(width, width) if deep else None
        self.last = _convolution(width, 4 * outputs)

    def forward(self, features: Tensor) -> Tensor:
        features = F.leaky_relu(self.first(features), SLOPE, inplace=True)
        if self.second is not None:
            features = features + F.leaky_relu(self.second(features), SLOPE, inplace=True)
        return smoothed(F.pixel_shuffle(self.last(features), 2))


def smoothed(features: Tensor) -> Tensor:
    """The means of 2x2 neighbours.

    The four values that a cell becomes come from weights of their own; what differs between them everywhere would be a
    lattice. Means have nothing of that frequency, and the convolutions learn to make up for what else they soften.
    """
    around = F.pad(features, (0, 1, 0, 1), mode="reflect")
    pairs = around[..., 1:, :] + around[..., :-1, :]
    return (pairs[..., 1:] + pairs[..., :-1]) / 4


def _convolution(inputs: int, outputs: int) -> nn.Conv2d:
    """3x3, mirrored beyond the edges: zeros would leave a grey frame."""
    return nn.Conv2d(inputs, outputs, 3, padding=1, padding_mode="reflect")


def _constant(channels: int, value: float) -> nn.Parameter:
    return nn.Parameter(torch.full((1, channels, 1, 1), value), requires_grad=False)
