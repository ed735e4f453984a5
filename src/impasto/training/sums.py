"""Sums over the processes that train together: by memory that all of them see, on one machine; by messages else."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

    from impasto.training.shared_sums import SharedSums

_shared: SharedSums | None = None


def added(values: Tensor) -> Tensor:
    """The sum of a tensor over all processes, which gradients do not go back through."""
    values = values.clone(memory_format=torch.contiguous_format)
    add([values.view(-1)])
    return values


def add(tensors: Sequence[Tensor]) -> None:
    """Make each of some tensors (N,) the sum of all processes'; they are views of what lies in memory so."""
    if _shared is not None and all(each.device.type == "cpu" for each in tensors):
        for each in tensors:
            _shared.add(each)
        return
    if not tensors:
        return
    together = torch.cat(list(tensors))  # of all one message
    torch.distributed.all_reduce(together)
    for each, found in zip(tensors, torch.split(together, [len(each) for each in tensors]), strict=True):
        each.copy_(found)


def share_memory(folder: Path, rank: int, size: int) -> None:
    """Let all processes of a group, which is there already and on one machine, add by memory where that can be."""
    global _shared
    # What one process writes is seen by others in the order in which it did, on these.
    if platform.machine() in ("x86_64", "AMD64") and platform.system() != "Windows":
        from impasto.training.shared_sums import SharedSums

        _shared = SharedSums(folder, rank, size)
    torch.distributed.barrier()


def share_no_memory() -> None:
    """Add by messages again."""
    global _shared
    if _shared is not None:
        _shared.close()
    _shared = None
