"""Pictures from a generator that grew: of any size, from any stage on, and the one it was trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from impasto.networks.bounds import check_claimed, whole
from impasto.networks.consingan import GrowingGenerator
from impasto.networks.drawing_cost import DrawingCost
from impasto.networks.pyramid_sizes import SCALES, WIDEST, Size, sizes_by
from impasto.networks.shown import shown_signed
from impasto.networks.singan_sampler import LARGEST

if TYPE_CHECKING:
    from impasto.model import Model
    from impasto.networks.wish import Wish

PER_VALUE = 2e-8  # seconds of a pixel, as PER_VALUE (w + w^2 / 64) for width w
BYTES_PER_CHANNEL = 30  # of a pixel


def built(model: Model) -> GrowingGenerator:
    """The generator of a model of kind "consingan"; see `impasto.kinds.build`."""
    config = model.config
    sizes = [(whole(width, 1, LARGEST), whole(height, 1, LARGEST)) for width, height in config["sizes"]]
    shares, channels = _shares_and_width(config)
    if len(shares) != len(sizes):
        raise ValueError("there are as many shares as sizes")
    if not isinstance(config["normed"], bool):
        raise TypeError(f"normed is yes or no, got {config['normed']!r}")

    def empty() -> GrowingGenerator:
        made = GrowingGenerator(sizes, shares, channels, normed=config["normed"])
        for _ in shares:
            made.add()
        return made

    check_claimed(model, empty)
    generator = empty()
    generator.load_state_dict(dict(model.tensors))
    return generator.to(memory_format=torch.channels_last).eval()  # type: ignore[call-overload,no-any-return]


def cost_of(model: Model) -> DrawingCost:
    """What it takes to draw from a model of kind "consingan"."""
    shares, width = _shares_and_width(model.config)
    each = PER_VALUE * (width + width**2 / 64)
    factor = shares[-2] if len(shares) > 1 else 1.0
    seconds = each * sum(share**2 for share in shares)
    return DrawingCost(seconds, each, len(shares), factor, per_pixel=BYTES_PER_CHANNEL * width)


def _shares_and_width(config: Any) -> tuple[list[float], int]:
    """The shares of a model's stages and their width. Raises ValueError or TypeError for what no generator has."""
    shares = [float(share) for share in config["shares"]]
    whole(len(shares), 1, SCALES)
    if not all(0 < share <= 1 for share in shares) or shares[-1] != 1:
        raise ValueError("shares lie between 0 and 1, and the last is 1")
    return shares, whole(config["width"], 1, WIDEST)


@torch.no_grad()
def sampled(generator: GrowingGenerator, size: Size, random: torch.Generator, start: int = 0) -> Tensor:
    """A new picture (3, H, W) in [0, 1] of the newest stage at that size; below `start` all is as in the picture."""
    count = len(generator.stages)
    share = generator.shares[count - 1]
    sizes = sizes_by(size, [each / share for each in generator.shares[:count]])
    noises = generator.noises(sizes, random, start)
    below = generator.features(noises[:start], generator.sizes) if start else None
    return shown_signed(generator.picture(generator.features(noises, sizes, below, start)))


@torch.no_grad()
def reconstructed(generator: GrowingGenerator) -> Tensor:
    """The picture that it was trained on, (3, H, W) in [0, 1], as it gives it back."""
    count = len(generator.stages)
    noises = [generator.fixed, *[None] * (count - 1)]
    return shown_signed(generator.picture(generator.features(noises, generator.sizes)))


class GrowingSampler:
    """Pictures of any size, from any stage on; see `impasto.generators.sample`."""

    def __init__(self, generator: GrowingGenerator) -> None:
        self._generator = generator

    @property
    def scales(self) -> int:
        """How many stages there are to start at."""
        return len(self._generator.stages)

    def draw(self, wish: Wish, random: torch.Generator) -> Tensor:
        """A picture (3, H, W) in [0, 1]. Raises InputError for a tile, a class, and a stage that there is not."""
        wish.only_size_and_start(self.scales)
        return sampled(self._generator, wish.size, random, wish.start)

    def reconstruction(self) -> Tensor:
        """The picture itself, (3, H, W) in [0, 1], as it is given back."""
        return reconstructed(self._generator)
