"""Dropout whose mask comes from the run's own generator, so that a resumed training drops what it would have."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


class Dropout(nn.Module):
    """In training, sets each value to 0 with probability `rate` and divides the others by 1 - rate.

    (Srivastava et al. 2014.) It must be given its generator, which belongs into the training's `keep`, by
    `draw_masks_from`. A mask is drawn on the generator's device, always for `parts` times the batch, of which part
    `part` is used: processes that share a batch drop what one alone would.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate
        self.random: torch.Generator | None = None
        self.part, self.parts = 0, 1

    def forward(self, values: Tensor) -> Tensor:
        """Values of any shape, the batch first. Raises RuntimeError in training without a generator."""
        if not self.training or not self.rate:
            return values
        if self.random is None:
            raise RuntimeError("dropout has no generator: draw_masks_from gives it one")
        shape = (len(values) * self.parts, *values.shape[1:])
        drawn = torch.rand(shape, generator=self.random, device=self.random.device)
        kept = drawn[self.part * len(values) : (self.part + 1) * len(values)] >= self.rate
        return values * (kept.to(values.device, values.dtype) / (1 - self.rate))

    def __deepcopy__(self, memo: dict[int, Any]) -> Dropout:
        """A copy is another network's, which does not draw from this one's generator."""
        copy = Dropout(self.rate)
        return copy.train(self.training)


def draw_masks_from(network: nn.Module, random: torch.Generator) -> None:
    """Give all dropout of a network its generator."""
    for module in network.modules():
        if isinstance(module, Dropout):
            module.random = random


def share_masks(network: nn.Module, part: int, parts: int) -> None:
    """Say to all dropout of a network which part of a batch this process sees."""
    for module in network.modules():
        if isinstance(module, Dropout):
            module.part, module.parts = part, parts
