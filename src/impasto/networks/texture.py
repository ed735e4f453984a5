"""The feed-forward texture network: noise at several sizes, joined coarse to fine (Ulyanov et al. 2016)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from impasto.errors import InputError
from impasto.images.periodic import periodic_resize
from impasto.model import Model
from impasto.networks.bounds import TEXTURE_LEVELS, TEXTURE_NOISE, TEXTURE_WIDEST, whole
from impasto.networks.shown import shown
from impasto.networks.wish import Wish

WIDTHS = (16, 24, 32, 48, 64, 64)
"""Channels at sizes /1, /2, /4, /8, /16 and /32. The paper: 48 at /1, 8 at /32, which takes four times longer."""

NOISE = 3  # channels of noise at each size, as in the paper
SLOPE = 0.2  # of the leaky ReLU


class TextureNetwork(nn.Module):
    """Noise becomes a texture of any size, with or without a seam.

    At each size, a 3x3 convolution of the coarser features, doubled, and a 3x3 convolution of noise are added and
    pass batch norm, leaky ReLU, another 3x3 convolution, batch norm and leaky ReLU; a 1x1 convolution gives the
    colours at last. (The paper convolves after doubling and joining, which costs four times as much for the same
    reach.) No convolution pads: the noise has a margin instead, so that no pixel knows where the picture ends, and a
    tile is what comes of noise whose margin repeats it.
    """

    def __init__(self, widths: Sequence[int] = WIDTHS, noise: int = NOISE) -> None:
        """`widths` are the channels from the finest size to the coarsest, each half as large as the one before."""
        super().__init__()
        self.widths, self.noise_channels = tuple(widths), noise
        self.margins = _margins(len(self.widths))
        coarser = (*self.widths[1:], 0)
        # From the finest to the coarsest, as all that is named here.
        self.stages = nn.ModuleList(_Stage(*channels, noise) for channels in zip(coarser, self.widths, strict=True))
        self.colors = nn.Conv2d(self.widths[0], 3, 1)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # 2.4 times faster on a CPU

    @property
    def step(self) -> int:
        """What the sides of its pictures are multiples of, in pixels."""
        return int(2 ** (len(self.widths) - 1))

    def draw(
        self, height: int, width: int, generator: torch.Generator, count: int = 1, *, wrap: bool = False
    ) -> list[Tensor]:
        """Draw the noise of `count` pictures, uniform in [0, 1], from the finest size to the coarsest, with margins.

        height, width: of the pictures, multiples of `step`.
        wrap: whether the pictures shall be tiles.
        """
        noise = []
        for level, margin in enumerate(self.margins):
            rows, columns = height >> level, width >> level
            inner = 0 if wrap else 2 * margin
            shape = (count, self.noise_channels, rows + inner, columns + inner)
            drawn = torch.rand(shape, generator=generator, device=generator.device)
            noise.append(repeated(drawn, margin) if wrap else drawn)
        return noise

    def forward(self, noise: Sequence[Tensor]) -> Tensor:
        """Return pictures (N, 3, H, W), not limited to [0, 1], for what `draw` drew."""
        features: Tensor | None = None
        for stage, drawn in zip(reversed(self.stages), reversed(noise), strict=True):
            features = stage(features, drawn.contiguous(memory_format=torch.channels_last))
        picture: Tensor = self.colors(features)
        return picture


class _Stage(nn.Module):
    """The features of one size, from those of the next coarser size, if there is one, and noise."""

    def __init__(self, coarser: int, width: int, noise: int) -> None:
        super().__init__()
        self.coarser = nn.Conv2d(coarser, width, 3, bias=False) if coarser else None
        self.noise = nn.Conv2d(noise, width, 3, bias=False)
        self.join = nn.BatchNorm2d(width)
        self.mix = nn.Conv2d(width, width, 3, bias=False)
        self.norm = nn.BatchNorm2d(width)

    def forward(self, features: Tensor | None, noise: Tensor) -> Tensor:
        joined = self.noise(noise)
        if self.coarser is not None and features is not None:
            # The paper doubles by nearest neighbour, which leaves a weave of single pixels and blobs in rows.
            doubled = F.interpolate(self.coarser(features), scale_factor=2.0, mode="bilinear", align_corners=False)
            joined = joined + _middle(doubled, joined.shape)
        joined = F.leaky_relu(self.join(joined), SLOPE, inplace=True)
        return F.leaky_relu(self.norm(self.mix(joined)), SLOPE, inplace=True)


def built(model: Model) -> TextureNetwork:
    """The network of a model of kind "texture-network"; see `impasto.kinds.build`."""
    widths = [whole(width, 1, TEXTURE_WIDEST) for width in model.config["widths"]]
    whole(len(widths), 1, TEXTURE_LEVELS)
    network = TextureNetwork(widths, whole(model.config["noise"], 1, TEXTURE_NOISE))
    network.load_state_dict(dict(model.tensors))
    return network


def render(network: TextureNetwork, height: int, width: int, random: torch.Generator, *, wrap: bool = False) -> Tensor:
    """A texture (3, height, width) in [0, 1], on the CPU. A tile's sides must be multiples of the network's step."""
    device = next(network.parameters()).device
    rows, columns = (-(-side // network.step) * network.step for side in (height, width))
    with torch.inference_mode():
        noise = network.draw(rows, columns, random, wrap=wrap)
        picture: Tensor = network([drawn.to(device) for drawn in noise])[0, :, :height, :width]
        return shown(picture)


class TextureSampler:
    """Textures of any size; see `impasto.generators.sample`."""

    def __init__(self, network: TextureNetwork) -> None:
        self._network = network

    def draw(self, wish: Wish, random: torch.Generator) -> Tensor:
        """A picture (3, H, W) in [0, 1], of any size, with or without a seam. Raises InputError for a class."""
        if wish.label or wish.truncation:
            what = f"--class {wish.label}" if wish.label else f"--truncation {wish.truncation:g}"
            raise InputError(f"{what}: a texture network knows nothing of that: leave it out")
        width, height = wish.size
        if not wish.tile:
            return render(self._network, height, width, random)
        # A tile has whole cells of the coarsest noise; other sizes are those of the nearest that has.
        step = self._network.step
        rows, columns = (max(1, round(side / step)) * step for side in (height, width))
        drawn = render(self._network, rows, columns, random, wrap=True)
        return drawn if (rows, columns) == (height, width) else periodic_resize(drawn[None], (height, width))[0]


def repeated(tile: Tensor, margin: int) -> Tensor:
    """A tile (N, C, H, W) gone on over its edges by `margin` on each side, which may be more than the tile has."""
    rows, columns = (torch.arange(-margin, side + margin, device=tile.device) % side for side in tile.shape[-2:])
    return tile[..., rows[:, None], columns]


def _margins(levels: int) -> tuple[int, ...]:
    """How far the noise of each size must go on beyond the picture, from the finest size.

    Two convolutions take away 1 each; doubling takes away 1 of what is then twice as many.
    """
    margins, out = [], 0
    for _ in range(levels):
        margins.append(out + 2)
        out = (out + 3) // 2 + 1
    return tuple(margins)


def _middle(features: Tensor, shape: torch.Size) -> Tensor:
    top, left = (features.shape[-2] - shape[-2]) // 2, (features.shape[-1] - shape[-1]) // 2
    return features[..., top : top + shape[-2], left : left + shape[-1]]
