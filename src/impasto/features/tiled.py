"""Features of pictures that are too large to be seen at once: computed in parts, and equal to those of the whole.

The layers that are asked for are put together; all between them is forgotten, and computed again for the gradient
(Chen et al. 2016, "Training deep nets with sublinear memory cost"). So any statistic of the whole picture can be had,
exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import torch
from torch import Tensor

from impasto.features.network import FeatureNetwork
from impasto.features.tiles import Part, places, tiles


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
        for rows, columns in tiles(network, layers, image, side):
            found = network(image[..., rows.begin : rows.end, columns.begin : columns.end], layers)
            for layer in layers:
                if layer not in whole:
                    empty = found[layer].new_empty(image.shape[0], *sizes[layer])
                    whole[layer] = empty.contiguous(memory_format=torch.channels_last)
                there, here = places(network, layer, (rows, columns), sizes[layer])
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
        for rows, columns in tiles(network, layers, image, ctx.side):
            cut = (..., slice(rows.begin, rows.end), slice(columns.begin, columns.end))

            def given(layer: str, features: Tensor, parts: tuple[Part, Part] = (rows, columns)) -> Tensor:
                there, here = places(network, layer, parts, sizes[layer])
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
