"""How a method's own loss goes down over its steps."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import torch

from impasto.observers import Checkpoint, Step

MAIN = ("loss", "total")  # what the loss is called that stands for all, where there are several


@dataclass
class Curve:
    """An observer of one run that remembers the main loss of each step, and when it came."""

    name: str = ""
    seconds: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    _started: float = field(default_factory=time.perf_counter)

    def step(self, step: Step) -> None:
        """Take note of a step's loss, if it has one."""
        self.name = main_loss(step.losses)
        if self.name:
            self.seconds.append(time.perf_counter() - self._started)
            self.losses.append(float(step.losses[self.name]))

    def checkpoint(self) -> Checkpoint | None:
        """Begin at the beginning."""
        return None

    @property
    def trend(self) -> float | None:
        """Spearman's rank correlation of loss and step: -1 if it always falls, 0 if it goes nowhere, 1 if it rises.

        None if there are fewer than three losses, one is no number, or all are equal.
        """
        if len(self.losses) < 3 or len(set(self.losses)) == 1 or any(map(math.isnan, self.losses)):
            return None
        from scipy.stats import spearmanr

        return float(spearmanr(range(len(self.losses)), self.losses).statistic)

    @property
    def rises(self) -> float | None:
        """The share of steps after which the loss is higher than before."""
        if len(self.losses) < 2:
            return None
        values = torch.tensor(self.losses, dtype=torch.float64)
        return float((values.diff() > 0).double().mean())


def main_loss(losses: Mapping[str, float]) -> str:
    """The name of the loss that stands for all: "loss" or "total", else the first; "" if there is none."""
    return next((name for name in (*MAIN, *losses) if name in losses), "")
