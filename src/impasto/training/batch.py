"""A batch of examples, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor


def one_by_one(count: int, losses: Callable[[], Mapping[str, Tensor]]) -> dict[str, float]:
    """Add the gradients of the mean loss over `count` examples, with the memory of one.

    losses: draws the next example; its losses by name, whose sum is minimised.

    Returns their means, with "loss", the mean of the sums, first.
    """
    names: list[str] = []
    seen: list[Tensor] = []
    for _ in range(count):
        found = losses()
        stacked = torch.stack(list(found.values()))
        torch.autograd.backward(stacked.sum() / count)
        names += found
        seen.append(stacked.detach())
    means: dict[str, float] = {}
    for name, value in zip(names, torch.cat(seen).tolist(), strict=True):  # they leave the device once
        means[name] = means.get(name, 0.0) + value / count
    return {"loss": sum(means.values()), **means}
