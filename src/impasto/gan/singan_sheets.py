"""What is shown and kept of a pyramid while it learns."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from impasto.model import Model
from impasto.networks.singan import Pyramid, drawing
from impasto.networks.singan_sampler import reconstructed, sampled
from impasto.randomness import generator
from impasto.training.sheets import grid


def sheet(pyramid: Pyramid, real: torch.Tensor, samples: int, seed: int) -> torch.Tensor:
    """The picture at the newest scale (1, 3, H, W) in [-1, 1], what is given back of it, and samples of `seed` on."""
    newest = pyramid.generators[-1]
    with drawing(newest):
        drawn = [sampled(pyramid, pyramid.newest, generator(seed + number)) for number in range(samples)]
        return rows_of(real, reconstructed(pyramid), drawn)


def rows_of(real: torch.Tensor, given_back: torch.Tensor, drawn: Sequence[torch.Tensor]) -> torch.Tensor:
    """A picture (1, 3, H, W) in [-1, 1] beside what is given back of it and samples, (3, H, W) in [0, 1]."""
    return grid(torch.stack([((real[0] + 1) / 2).cpu(), given_back, *drawn]))


def model_of(pyramid: Pyramid, *, grey: bool) -> Model:
    """The scales that there are, as a model; pictures drawn with it are as large as the newest."""
    count = len(pyramid.generators)
    config = {
        "sizes": [list(size) for size in pyramid.sizes[:count]],
        "widths": list(pyramid.widths[:count]),
        "factor": pyramid.factor,
        "borders": pyramid.borders,
    }
    config |= ({} if pyramid.residual else {"residual": False}) | ({"sketch": pyramid.sketch} if pyramid.sketch else {})
    tensors = dict(pyramid.state_dict()) | {"sigma": pyramid.sigma[:count]}
    return Model("singan", config | ({"grey": True} if grey else {}), tensors, pyramid.newest)
