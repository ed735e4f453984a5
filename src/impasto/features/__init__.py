"""Perceptual networks with named layers, and where their weights come from.

`load_network` is the one door. What it returns is a `FeatureNetwork` (in `impasto.features.network`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from impasto.errors import InputError, meant
from impasto.features.names import NETWORKS, WEIGHTS, NetworkName, Padding, Pool, WeightsName, weights_of
from impasto.features.tiles import SIDE, in_tiles
from impasto.features.weights import trained
from impasto.inputs import Inputs, given_file

if TYPE_CHECKING:
    from torch import Tensor

    from impasto.features.network import FeatureNetwork

__all__ = [
    "NETWORKS",
    "WEIGHTS",
    "NetworkName",
    "Padding",
    "Pool",
    "WeightsName",
    "check_weights",
    "features_of",
    "load_network",
    "weights_of",
]


def load_network(
    name: str = "efficientnet-lite0",
    *,
    weights: str | Path = "auto",
    pool: Pool = "max",
    padding: Padding = "zero",
    seed: int = 0,
) -> FeatureNetwork:
    """Build a frozen perceptual network with named layers. Nothing is ever downloaded here.

    `weights` is "auto" (the trained weights that this machine has), "random" (He initialisation from
    `seed`), or the path of a PyTorch weights file. `pool` matters to VGG only: EfficientNet has no
    pooling. `padding` is what the convolutions see beyond the picture's edge ("circular" for tiles).

    Raises InputError for an unknown name, and for weights that are missing or do not fit.

    >>> features = load_network("vgg16", weights="random")(torch.rand(1, 3, 32, 32), ["relu1_1"])
    >>> features["relu1_1"].shape
    torch.Size([1, 64, 32, 32])
    """
    if name not in NETWORKS:
        raise InputError(f"no network is called {name!r}; {meant(name, NETWORKS)}")
    path = None if weights == "random" else trained(name) if weights == "auto" else Path(weights)
    stamp = (path.stat().st_mtime_ns, path.stat().st_size) if path is not None and path.is_file() else None
    from torch import inference_mode

    with inference_mode(False):  # it may be asked for where no gradients are wanted, and then where they are
        return _twin(_read(name, path, stamp, pool, padding, seed))


@lru_cache(maxsize=1)  # a command asks for its network when it foretells the cost, and again when it runs
def _read(
    name: str, path: Path | None, _stamp: tuple[int, int] | None, pool: Pool, padding: Padding, seed: int
) -> FeatureNetwork:
    """The network with the weights of a file, which `_stamp` tells from another at the same place."""
    if name.startswith("vgg"):
        from impasto.features.vgg import load_vgg

        return load_vgg(name, path=path, pool=pool, padding=padding, seed=seed)
    from impasto.features.efficientnet import load_efficientnet

    return load_efficientnet(name, path=path, padding=padding, seed=seed)


def _twin(network: FeatureNetwork) -> FeatureNetwork:
    """A network of its own, to be moved or converted, that shares the memory of its weights until then."""
    from torch.nn import Parameter

    return deepcopy(network, {id(each): Parameter(each.detach(), requires_grad=False) for each in network.parameters()})


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
        from impasto.features.tiled import features_by_tiles

        return features_by_tiles(network, image, taps, visit, side=SIDE)
    return network(image, taps, visit)  # type: ignore[no-any-return]


def check_weights(name: str, inputs: Inputs) -> None:
    """Raise InputError if a file of weights is given that does not fit the network."""
    path = given_file(inputs, "network_weights")
    if path is not None:
        load_network(name, weights=path)
