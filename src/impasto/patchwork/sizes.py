"""How large exemplars and results are."""

from __future__ import annotations

import torch

from impasto.images import reduced_to, resize
from impasto.patchwork.settings import PatchworkConfig


def within(size: tuple[int, int], config: PatchworkConfig) -> tuple[int, int]:
    """The (width, height) that an exemplar is reduced to."""
    return reduced_to(size, config.exemplar_size)


def reduced(exemplar: torch.Tensor, config: PatchworkConfig) -> torch.Tensor:
    """An exemplar (3, H, W) at that size."""
    return resize(exemplar, within((exemplar.shape[2], exemplar.shape[1]), config))
