"""One generator of a single picture that grows, stage by stage (Hinz, Fisher, Wang & Wermter 2021)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from impasto.networks.pyramid_sizes import Size
from impasto.networks.singan import Convolutions

LAYERS = 3  # convolutions of a stage
SLOPE = 0.05  # of the leaky ReLU


class Stage(nn.Module):
    """What a stage adds to the features of the one below: three convolutions, each with leaky ReLU."""

    def __init__(self, inputs: int, width: int, layers: int = LAYERS, *, normed: bool) -> None:
        super().__init__()
        ends = [inputs, *[width] * layers]
        self.convolutions = nn.ModuleList(nn.Conv2d(start, end, 3) for start, end in pairwise(ends))
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) if normed else nn.Identity() for _ in range(layers))

    def forward(self, features: Tensor) -> Tensor:
        """Features (N, width, H - 2L, W - 2L) of (N, inputs, H, W), L being the number of layers."""
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            features = F.leaky_relu(norm(convolution(features)), SLOPE, inplace=True)
        return features


class GrowingGenerator(nn.Module):
    """Noise becomes features, which each stage enlarges and adds to; the last convolution makes them a picture.

    Pictures are in [-1, 1] here. `sigma` is how much noise each stage takes, `fixed` the noise (z*) of the first one of
    which, without any at the others, the picture itself comes.
    """

    sigma: Tensor  # (stages,)
    fixed: Tensor  # (1, 3, H, W) of the first stage

    def __init__(self, sizes: Sequence[Size], shares: Sequence[float], width: int, *, normed: bool) -> None:
        """`sizes` are those of all stages that there shall be, which come one by one; `shares` are of the finest's."""
        super().__init__()
        self.sizes, self.shares, self.width, self.normed = tuple(sizes), tuple(shares), width, normed
        self.first = Stage(3, width, 1, normed=normed)
        self.stages = nn.ModuleList()
        self.last = nn.Conv2d(width, 3, 3)
        self.register_buffer("sigma", torch.zeros(len(self.sizes)))
        self.register_buffer("fixed", torch.zeros(1, 3, *self.sizes[0][::-1]))

    @property
    def newest(self) -> Size:
        """The size of the newest stage."""
        return self.sizes[len(self.stages) - 1]

    def add(self) -> nn.Module:
        """One stage more, which begins as the one below."""
        stage = Stage(self.width, self.width, normed=self.normed)
        if len(self.stages):
            stage.load_state_dict(self.stages[-1].state_dict())
        self.stages.append(stage)
        return stage

    def noise(self, stage: int, size: Size, random: torch.Generator) -> Tensor:
        """Fresh noise for a stage at that size: (1, 3, H, W) of the first, (1, width, H + 6, W + 6) of the others."""
        width, height = size
        shape = (3, height, width) if stage == 0 else (self.width, height + 2 * LAYERS, width + 2 * LAYERS)
        return torch.randn(1, *shape, generator=random).to(self.sigma.device)

    def noises(self, sizes: Sequence[Size], random: torch.Generator, start: int = 0) -> list[Tensor | None]:
        """The noise of every stage: fresh from stage `start` on, below it that of the picture itself."""
        fresh = [self.noise(stage, size, random) if stage >= start else None for stage, size in enumerate(sizes)]
        return [self.fixed if start else fresh[0], *fresh[1:]]

    def features(
        self, noises: Sequence[Tensor | None], sizes: Sequence[Size], below: Tensor | None = None, start: int = 0
    ) -> Tensor:
        """Features (1, width, H, W) of the last of these noises' stages.

        below: the features of the stage before `start`, from which on they are grown; None begins with the noise.
        """
        if below is None:
            assert noises[0] is not None
            below = self.first(_last_in_memory(F.pad(noises[0], [1] * 4)))
        for number in range(start, len(noises)):
            below = self._grown(number, below, noises[number] if number else None, sizes[number])
        return below

    def picture(self, features: Tensor) -> Tensor:
        """The picture (1, 3, H, W) of a stage's features."""
        drawn: Tensor = self.last(F.pad(features, [1] * 4))
        return drawn.float().tanh()

    def _grown(self, number: int, below: Tensor, noise: Tensor | None, size: Size) -> Tensor:
        width, height = size
        if below.shape[2:] != (height, width):
            below = F.interpolate(below, (height, width), mode="bilinear", align_corners=False)
        seen = F.pad(below, [LAYERS] * 4)
        if noise is not None:
            seen = seen + self.sigma[number] * noise
        added: Tensor = self.stages[number](_last_in_memory(seen)) + below
        return added


class StageCritic(Convolutions):
    """How real each patch of 11x11 pixels looks; without batch norm."""

    def __init__(self, width: int) -> None:
        super().__init__(3, width, 1, normed=False, slope=SLOPE)


def _last_in_memory(features: Tensor) -> Tensor:
    return features.contiguous(memory_format=torch.channels_last)
