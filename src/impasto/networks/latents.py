"""What a generator begins with: random points, of the whole space or of its more usual part."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from impasto.networks.shape import LatentName


def draw_latents(kind: LatentName, count: int, length: int, random: torch.Generator, truncation: float = 0.0) -> Tensor:
    """Points (count, length): normal, or uniform in [-1, 1].

    truncation: how far from 0 each number may be; normal ones are then those of the distribution's middle (Brock,
        Donahue & Simonyan 2019), uniform ones fill the smaller cube. 0 takes all.
    """
    if kind == "uniform":
        drawn = torch.rand(count, length, generator=random, device=random.device) * 2 - 1
        return drawn * min(truncation, 1.0) if truncation else drawn
    if not truncation:
        return torch.randn(count, length, generator=random, device=random.device)
    drawn = torch.rand(count, length, generator=random, device=random.device, dtype=torch.float64) * 2 - 1
    # Where the share of the middle that lies below is what was drawn.
    points = torch.erfinv(drawn * math.erf(truncation / 2**0.5)) * 2**0.5
    return points.clamp(-truncation, truncation).float()
