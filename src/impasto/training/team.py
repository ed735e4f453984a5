"""Processes that train one network together, each on its part of every batch, under torchrun."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from impasto.training.sums import add, added

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
            from impasto.training.total import total

            share_statistics(network, total)
            share_masks(network, self.rank, self.size)

    def average(self, parameters: Iterable[torch.nn.Parameter]) -> None:
        """Give all processes the mean of their gradients."""
        if self.size == 1:
            return
        gradients = [_as_it_lies(each.grad) for each in parameters if each.grad is not None]
        add(gradients)
        torch._foreach_div_(gradients, self.size)

    def mean(self, values: torch.Tensor) -> torch.Tensor:
        """The mean of a tensor over the processes."""
        return values if self.size == 1 else added(values.detach()) / self.size

    def agree(self, wish: bool) -> bool:
        """Whether any of the processes wishes it: all stop together."""
        return wish if self.size == 1 else bool(added(torch.tensor([float(wish)])))


def _as_it_lies(gradient: torch.Tensor) -> torch.Tensor:
    """A view of a gradient's numbers, (N,), in the order of memory, which is the same in all processes."""
    order = sorted(range(gradient.ndim), key=gradient.stride, reverse=True)
    return gradient.permute(order).view(-1)


ALONE = Team()
