"""What is shown and kept of a generator while it grows."""

from __future__ import annotations

import torch

from impasto.gan.singan_sheets import rows_of
from impasto.model import Model
from impasto.networks.consingan import GrowingGenerator
from impasto.networks.consingan_sampler import reconstructed, sampled
from impasto.networks.singan import drawing
from impasto.randomness import generator


def sheet(network: GrowingGenerator, real: torch.Tensor, samples: int, seed: int) -> torch.Tensor:
    """The picture at the newest stage (1, 3, H, W) in [-1, 1], what is given back of it, and samples of `seed` on."""
    with drawing(network):
        drawn = [sampled(network, network.newest, generator(seed + number)) for number in range(samples)]
        return rows_of(real, reconstructed(network), drawn)


def model_of(network: GrowingGenerator, *, grey: bool) -> Model:
    """The stages that there are, as a model; pictures drawn with it are as large as the newest."""
    count = len(network.stages)
    config = {
        "sizes": [list(size) for size in network.sizes[:count]],
        "shares": [share / network.shares[count - 1] for share in network.shares[:count]],
        "width": network.width,
        "normed": network.normed,
    }
    tensors = dict(network.state_dict()) | {"sigma": network.sigma[:count]}
    return Model("consingan", config | ({"grey": True} if grey else {}), tensors, network.newest)
