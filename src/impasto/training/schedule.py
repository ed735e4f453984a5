"""How the step size changes over a training; a function of the step alone, so that a resumed run has the same."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def cosine(done: float, last: float = 0.01) -> float:
    """The factor of the step size, from 1 to `last` as `done` goes from 0 to 1 (Loshchilov & Hutter 2017).

    >>> cosine(0.0), round(cosine(1.0), 6)
    (1.0, 0.01)
    """
    return last + (1 - last) * (1 + math.cos(math.pi * done)) / 2


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Give all parameters of an optimiser this step size, or their share of it (`update.adam_of_parts`)."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group.get("share", 1.0)
