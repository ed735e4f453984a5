"""Pictures from a pyramid of generators: of any size, from any scale on, and the one it was trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from impasto.images import resize
from impasto.networks.bounds import check_claimed, whole
from impasto.networks.drawing_cost import DrawingCost
from impasto.networks.pyramid_sizes import SCALES, WIDEST, Size, sizes_of
from impasto.networks.shown import shown_signed
from impasto.networks.singan import REACH, Pyramid, enlarged

if TYPE_CHECKING:
    from impasto.model import Model
    from impasto.networks.wish import Wish

LARGEST = 16_384  # pixels of a side at a scale that a model may claim
PER_VALUE = 2e-8  # seconds of a pixel, fitted to widths w of 8 to 256 as PER_VALUE (w + w^2 / 64) + PER_PIXEL
PER_PIXEL = 1e-7


def built(model: Model) -> Pyramid:
    """The pyramid of a model of kind "singan"; see `impasto.kinds.build`."""
    config = model.config
    sizes = [(whole(width, 1, LARGEST), whole(height, 1, LARGEST)) for width, height in config["sizes"]]
    whole(len(sizes), 1, SCALES)
    if config["borders"] not in ("zero", "noise"):
        raise ValueError(f"borders are zero or noise, got {config['borders']!r}")
    widths, factor = _widths_and_factor(config)
    if len(widths) != len(sizes):
        raise ValueError("there are as many widths as sizes")

    residual = config.get("residual", True)
    if not isinstance(residual, bool):
        raise TypeError(f"residual is yes or no, got {residual!r}")

    sketch = whole(config.get("sketch", 0), 0, SCALES)

    def empty() -> Pyramid:
        made = Pyramid(sizes, widths, factor, config["borders"], residual=residual, sketch=sketch)
        for _ in sizes:
            made.add()
        return made

    check_claimed(model, empty)
    pyramid = empty()
    pyramid.load_state_dict(dict(model.tensors))
    pyramid.generators.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return pyramid.eval()


def cost_of(model: Model) -> DrawingCost:
    """What it takes to draw from a model of kind "singan", by the widths of its scales."""
    widths, factor = _widths_and_factor(model.config)
    each = [PER_VALUE * (width + width**2 / 64) + PER_PIXEL for width in widths]
    seconds = sum(cost * factor ** (2 * coarser) for coarser, cost in enumerate(reversed(each)))
    return DrawingCost(seconds, each[-1], len(widths), factor, per_pixel=200, strip=24 * max(widths), around=2 * REACH)


def _widths_and_factor(config: Mapping[str, Any]) -> tuple[list[int], float]:
    """The widths of a model's scales and their factor. Raises ValueError or TypeError for what no pyramid has."""
    widths, factor = [whole(width, 1, WIDEST) for width in config["widths"]], float(config["factor"])
    whole(len(widths), 1, SCALES)
    if not 0.1 <= factor <= 1:
        raise ValueError(f"a factor is between .1 and 1, got {factor}")
    return widths, factor


@torch.no_grad()
def sampled(pyramid: Pyramid, size: Size, random: torch.Generator, start: int = 0) -> Tensor:
    """A new picture (3, H, W) in [0, 1] of that size; below `start` all is as in the picture itself."""
    newest = len(pyramid.generators) - 1
    sizes = sizes_of(size, pyramid.factor, newest + 1)
    below = pyramid.below(sizes, newest, random, start)
    return shown_signed(pyramid.draw(newest, below, pyramid.noise(newest, size, random)))


@torch.no_grad()
def redrawn(pyramid: Pyramid, picture: Tensor, start: int, random: torch.Generator) -> Tensor:
    """A picture (3, H, W) in [0, 1], drawn anew from scale `start` on, which is 1 or more: only what is coarser stays.

    It is let in at the size of the scale below, as the authors do it.
    """
    newest = len(pyramid.generators) - 1
    size = picture.shape[2], picture.shape[1]
    sizes = sizes_of(size, pyramid.factor, newest + 1)
    coarse = resize(picture.to(pyramid.sigma.device), sizes[start - 1])[None] * 2 - 1
    below = pyramid.below(sizes, newest, random, start, enlarged(coarse, sizes[start]))
    return shown_signed(pyramid.draw(newest, below, pyramid.noise(newest, size, random)))


@torch.no_grad()
def reconstructed(pyramid: Pyramid) -> Tensor:
    """The picture that the pyramid was trained on, (3, H, W) in [0, 1], as it gives it back."""
    newest = len(pyramid.generators) - 1
    below = pyramid.reconstruction(newest, pyramid.newest)
    return shown_signed(pyramid.draw(newest, below, None if newest else pyramid.fixed))


class PyramidSampler:
    """Pictures of any size, from any scale on; see `impasto.generators.sample`."""

    def __init__(self, pyramid: Pyramid) -> None:
        self._pyramid = pyramid

    @property
    def scales(self) -> int:
        """How many scales there are to start at."""
        return len(self._pyramid.generators)

    def draw(self, wish: Wish, random: torch.Generator) -> Tensor:
        """A picture (3, H, W) in [0, 1]. Raises InputError for a tile, a class, and a scale that there is not."""
        wish.only_size_and_start(self.scales)
        return sampled(self._pyramid, wish.size, random, wish.start)

    def redraw(self, picture: Tensor, start: int, random: torch.Generator) -> Tensor:
        """A picture (3, H, W) in [0, 1], of which only what is coarser than scale `start` stays."""
        return redrawn(self._pyramid, picture, start, random)

    @torch.no_grad()
    def refine(self, picture: Tensor, random: torch.Generator) -> Tensor:
        """A picture (3, H, W) in [0, 1] with the details of the finest scale."""
        newest, size = self.scales - 1, (picture.shape[2], picture.shape[1])
        noise = self._pyramid.noise(newest, size, random)
        return shown_signed(self._pyramid.draw(newest, picture.to(noise.device)[None] * 2 - 1, noise))

    def noises(self, size: Size, random: torch.Generator) -> list[Tensor]:
        """Fresh noise of every scale, the coarsest first, for a picture of that size."""
        sizes = self._sizes(size)
        return [self._pyramid.noise(scale, each, random) for scale, each in enumerate(sizes)]

    def own_noises(self, size: Size) -> list[Tensor]:
        """The noise of every scale of which the picture itself is drawn; at another size it is repeated."""
        fixed, (height, width) = self._pyramid.fixed, self.noises(size, torch.Generator())[0].shape[2:]
        rows, columns = (-(-side // own) for side, own in zip((height, width), fixed.shape[2:], strict=True))
        first = fixed.repeat(1, 1, rows, columns)[..., :height, :width]
        return [first, *(torch.zeros_like(each) for each in self.noises(size, torch.Generator())[1:])]

    @torch.no_grad()
    def of_noises(self, size: Size, noises: Sequence[Tensor]) -> Tensor:
        """The picture (3, H, W) in [0, 1] of that size, of the noise of every scale."""
        return shown_signed(self._pyramid.of_noises(self._sizes(size), noises))

    def _sizes(self, size: Size) -> list[Size]:
        return sizes_of(size, self._pyramid.factor, self.scales)

    def reconstruction(self) -> Tensor:
        """The picture itself, (3, H, W) in [0, 1], as it is given back."""
        return reconstructed(self._pyramid)
