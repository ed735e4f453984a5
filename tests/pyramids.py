"""Pyramids of a single picture that nobody has trained: their numbers are random, and what they draw varies."""

from __future__ import annotations

import torch

from impasto.networks.pyramid_sizes import Size, sizes_of
from impasto.networks.singan import Pyramid

SIGMA = (1.0, 0.3, 0.1, 0.1)


def untrained(size: Size, scales: int = 3, *, factor: float = 0.7, borders: str = "zero", seed: int = 1) -> Pyramid:
    torch.manual_seed(seed)
    made = Pyramid(sizes_of(size, factor, scales), (4,) * scales, factor, borders)
    for _ in made.sizes:
        made.add()
    made.sigma.copy_(torch.tensor(SIGMA[:scales]))
    made.fixed.copy_(torch.randn(made.fixed.shape))
    return made.eval()
