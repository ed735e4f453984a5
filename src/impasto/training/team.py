"""Processes that train one network together, each on its part of every batch, under torchrun."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Team:
    """One process among those that train together: its number, and how many there are."""

    rank: int = 0
    size: int = 1

    @classmethod
    def here(cls) -> Team:
        """That of torch's process group, which `impasto.runs.workers` makes; alone if there is none."""
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            return cls(torch.distributed.get_rank(), torch.distributed.get_world_size())
        return ALONE

    def share(self, batch: torch.Tensor) -> torch.Tensor:
        """The part of a batch (N, ...) that is this process's; all have the same batch."""
        if self.size == 1:
            return batch
        length = len(batch) // self.size
        return batch[self.rank * length : (self.rank + 1) * length]

    def join(self, network: nn.Module) -> None:
        """Let a network's batch norm and dropout be those of the whole batch, of which this process sees its part."""
        if self.size > 1:
            from impasto.networks.batch_norm import share_statistics
            from impasto.networks.dropout import share_masks

            share_statistics(network, self.total)
            share_masks(network, self.rank, self.size)

    def average(self, parameters: Iterable[torch.nn.Parameter]) -> None:
        """Give all processes the mean of their gradients, in one message."""
        gradients = [each.grad for each in parameters if each.grad is not None]
        if self.size == 1 or not gradients:
            return
        flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
        torch.distributed.all_reduce(flat)
        flat /= self.size
        means = torch.split(flat, [each.numel() for each in gradients])
        for gradient, mean in zip(gradients, means, strict=True):
            gradient.copy_(mean.reshape(gradient.shape))

    def mean(self, values: torch.Tensor) -> torch.Tensor:
        """The mean of a tensor over the processes."""
        if self.size == 1:
            return values
        values = values.detach().clone()
        torch.distributed.all_reduce(values)
        return values / self.size

    def total(self, values: torch.Tensor) -> torch.Tensor:
        """The sum of a tensor over the processes, which gradients go back through, also those of gradients."""
        from impasto.training.total import total

        return total(values)

    def agree(self, wish: bool) -> bool:
        """Whether any of the processes wishes it: all stop together."""
        if self.size == 1:
            return wish
        wishes = torch.tensor(float(wish))
        torch.distributed.all_reduce(wishes)
        return bool(wishes)


ALONE = Team()
