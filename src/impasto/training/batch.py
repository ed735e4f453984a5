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
    means: dict[str, float] = {}
    for _ in range(count):
        found = losses()
        torch.autograd.backward(torch.stack(list(found.values())).sum() / count)
        for name, value in found.items():
            means[name] = means.get(name, 0.0) + float(value.detach()) / count
    return {"loss": sum(means.values()), **means}
