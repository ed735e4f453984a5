"""Features of pictures that are too large to be seen at once: computed in parts, and equal to those of the whole.

Each part is cut out with as much around it as its features depend on, at a place where the network's strides begin
anew, so that they are what they would be in the whole picture. The layers that are asked for are put together; all
between them is forgotten, and computed again for the gradient (Chen et al. 2016, "Training deep nets with sublinear
memory cost"). So any statistic of the whole picture can be had, exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch import Tensor

from impasto.features.network import FeatureNetwork

LARGE = 6_000_000  # pixels of a picture from which on it is seen in tiles
SIDE = 1024  # pixels of a tile, about, without what is around it


def features_of(
    network: FeatureNetwork,
    image: Tensor,
    taps: Collection[str],
    visit: Callable[[str, Tensor], Tensor] | None = None,
    *,
    wrap: bool = False,
) -> dict[str, Tensor]:
    """Return what `network(image, taps, visit)` would; a large picture is seen in tiles, unless it wraps around."""
    if in_tiles(image.shape[-2], image.shape[-1], wrap):
        return features_by_tiles(network, image, taps, visit, side=SIDE)
    return network(image, taps, visit)  # type: ignore[no-any-return]


def in_tiles(height: float, width: float, wrap: bool = False) -> bool:
    """Whether a picture of that size is seen in tiles."""
    return not wrap and height * width > LARGE


def pixels_in_tiles(network: FeatureNetwork, last: str, height: int, width: int) -> int:
    """The pixels of all tiles of a picture of that size together, for the layers up to `last`."""
    stride, radius = network.reach(last)
    rows, columns = (
        sum(part.end - part.begin for part in _parts(length, SIDE, stride, radius)) for length in (height, width)
    )
    return rows * columns


class _Part(NamedTuple):
    """Where a part lies along one side, in pixels: what is its own, and what is cut out to compute that."""

    first: int
    last: int
    begin: int
    end: int


def features_by_tiles(
    network: FeatureNetwork,
    image: Tensor,
    taps: Collection[str],
    visit: Callable[[str, Tensor], Tensor] | None = None,
    *,
    side: int,
) -> dict[str, Tensor]:
    """Return what `network(image, taps, visit)` would, for one picture (1, 3, H, W), in tiles of about `side` pixels.

    The padding must not be "circular". `visit` is called when all is computed, in the order of the layers; what it
    returns is what is returned. About half as fast as the whole, and differentiable once.
    """
    wanted = [layer for layer in network.layers if layer in network.check(taps)]
    if not wanted:
        return {}
    found = dict(zip(wanted, _Tiled.apply(image, network, wanted, side), strict=True))  # type: ignore[no-untyped-call]
    return found if visit is None else {layer: visit(layer, features) for layer, features in found.items()}


class _Tiled(torch.autograd.Function):
    """The layers of a picture; only the picture is kept for the gradient."""

    @staticmethod
    def forward(ctx: Any, image: Tensor, network: FeatureNetwork, layers: list[str], side: int) -> tuple[Tensor, ...]:
        """Fill in the layers, tile by tile."""
        ctx.save_for_backward(image)
        device = image.device.type
        ctx.network, ctx.layers, ctx.side = network, layers, side
        ctx.precision = (torch.is_autocast_enabled(device), torch.get_autocast_dtype(device))
        whole: dict[str, Tensor] = {}
        sizes = {name: size for name, *size in network.sizes(*image.shape[-2:])}
        for rows, columns in _tiles(network, layers, image, side):
            found = network(image[..., rows.begin : rows.end, columns.begin : columns.end], layers)
            for layer in layers:
                if layer not in whole:
                    empty = found[layer].new_empty(image.shape[0], *sizes[layer])
                    whole[layer] = empty.contiguous(memory_format=torch.channels_last)
                there, here = _places(network, layer, (rows, columns), sizes[layer])
                whole[layer][there] = found[layer][here]
        return tuple(whole[layer] for layer in layers)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """Compute each tile again, with its gradient."""
        (image,) = ctx.saved_tensors
        network, layers = ctx.network, ctx.layers
        enabled, dtype = ctx.precision
        sizes = {name: size for name, *size in network.sizes(*image.shape[-2:])}
        arriving = dict(zip(layers, gradients, strict=True))
        total = torch.zeros_like(image)
        for rows, columns in _tiles(network, layers, image, ctx.side):
            cut = (..., slice(rows.begin, rows.end), slice(columns.begin, columns.end))

            def given(layer: str, features: Tensor, parts: tuple[_Part, _Part] = (rows, columns)) -> Tensor:
                there, here = _places(network, layer, parts, sizes[layer])
                return _Given.apply(features, arriving[layer][there], here)  # type: ignore[no-any-return, no-untyped-call]

            with torch.enable_grad(), torch.autocast(image.device.type, dtype, enabled=enabled):
                part = image[cut].detach().requires_grad_()
                last = network(part, layers, given)[layers[-1]]  # all others lead to it
            total[cut] += torch.autograd.grad(last, part, torch.zeros_like(last))[0]
        return total, None, None, None


class _Given(torch.autograd.Function):
    """Features as they are, to whose gradient another one is added, in place, where they are the tile's own."""

    @staticmethod
    def forward(ctx: Any, features: Tensor, gradient: Tensor, here: Any) -> Tensor:
        """Return the features."""
        ctx.gradient, ctx.here = gradient, here
        return features.view_as(features)

    @staticmethod
    def backward(ctx: Any, arriving: Tensor) -> tuple[Tensor | None, ...]:
        """Add to what arrives from later layers."""
        if 0 in arriving.stride():
            arriving = arriving.clone(memory_format=torch.channels_last)
        arriving[ctx.here] += ctx.gradient.to(arriving.dtype)
        return arriving, None, None


def _tiles(network: FeatureNetwork, layers: list[str], image: Tensor, side: int) -> Iterator[tuple[_Part, _Part]]:
    stride, radius = network.reach(layers[-1])
    height, width = image.shape[-2:]
    for rows in _parts(height, side, stride, radius):
        for columns in _parts(width, side, stride, radius):
            yield rows, columns


def _parts(length: int, side: int, stride: int, radius: int) -> list[_Part]:
    """The parts of a side of `length` pixels, of about `side` each."""
    count = max(1, round(length / side))
    bounds = [round(number * length / count / stride) * stride for number in range(count)]
    margin = -(-radius // stride) * stride
    beyond = margin + length % stride  # sides of the same remainder are padded alike
    return [
        _Part(first, last, max(0, first - margin), last + beyond if last + beyond < length else length)
        for first, last in pairwise([*bounds, length])
    ]


def _places(network: FeatureNetwork, layer: str, parts: tuple[_Part, _Part], size: list[int]) -> tuple[Any, Any]:
    """Where a tile's own features are in the whole layer of that size (C, h, w), and where in the tile's."""
    stride, _ = network.reach(layer)
    there, here = [], []
    for part, count, is_last in zip(parts, size[1:], (part.end == part.last for part in parts), strict=True):
        first, last = part.first // stride, count if is_last else part.last // stride
        skipped = part.begin // stride
        there.append(slice(first, last))
        here.append(slice(first - skipped, last - skipped))
    return (..., *there), (..., *here)
