"""What is noted of a run at its steps, and when: kept in checkpoints, so that a killed run leaves no gap in it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median
from typing import Any, NamedTuple

import torch

from impasto.errors import Cancelled
from impasto.observers import Checkpoint, Observer, Step, Unobserved
from impasto.runs.execute import perform
from impasto.runs.job import Job
from impasto.runs.outcome import Outcome

MAIN = ("loss", "total")  # what the loss is called that stands for all, where there are several

Note = Callable[[Step], Mapping[str, float]]
"""What is worth noting of a step; nothing if it is empty."""


class Moment(NamedTuple):
    """What was noted at a step. The time is that of the run so far: on the clock, and at work of all its threads."""

    step: int
    seconds: float
    processor: float
    values: Mapping[str, float]


class Trace:
    """An observer of one run, and what it has noted. What it is told it tells `watch`; neither is on the clock."""

    def __init__(self, moments: Sequence[Moment] = (), total: int | None = None) -> None:
        self.moments = list(moments)
        self.total = total  # steps of the run
        self.index = 0  # the last of them that was taken
        self.kept: dict[str, torch.Tensor] = {}  # what a note needs of earlier steps
        self.watch: Observer = Unobserved()
        self._note: Note = losses_of
        self._resume(0.0, 0.0)

    def carry_out(self, job: Job, note: Note | None = None) -> Outcome:
        """Run a job and note its losses, or what `note` says. Raises Cancelled if the watch wants an end."""
        self._note = note or losses_of
        self._resume(*(self.moments[-1][1:3] if self.moments else (0.0, 0.0)))
        outcome = perform(job, [self])
        if outcome.state == "cancelled":
            raise Cancelled
        return outcome

    def step(self, step: Step) -> None:
        """Take note of a step."""
        seconds, processor = time.perf_counter() - self._started, time.process_time() - self._worked
        values = {name: float(value) for name, value in self._note(step).items()}
        if values:
            self.moments.append(Moment(step.index, seconds, processor, values))
        self.total, self.index = step.total, step.index
        self.watch.step(replace(step, model=None, pieces={}))  # what it makes is no result of the experiment
        self._resume(seconds, processor)

    def checkpoint(self) -> Checkpoint | None:
        """Where the watch says that the run is to go on from."""
        return self.watch.checkpoint()

    def state_dict(self) -> dict[str, Any]:
        """All that was noted."""
        moments = [tuple(moment) for moment in self.moments]
        return {"moments": moments, "total": self.total, "index": self.index, "kept": dict(self.kept)}

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Trace:
        """What was noted before the run was killed, from its state."""
        trace = cls([Moment(*moment) for moment in state["moments"]], state["total"])
        trace.index = state.get("index", len(trace.moments))  # runs of before 2027 noted every step, and kept nothing
        trace.kept.update(state.get("kept", {}))
        return trace

    @property
    def last(self) -> Mapping[str, float]:
        """What was noted last."""
        return self.moments[-1].values if self.moments else {}

    @property
    def name(self) -> str:
        """The name of the main loss; "" if there is none."""
        return main_loss(self.last)

    @property
    def losses(self) -> list[float]:
        """The main loss at each step."""
        return [moment.values[main_loss(moment.values)] for moment in self.moments]

    @property
    def trend(self) -> float | None:
        """Spearman's rank correlation of loss and step: -1 if it always falls, 0 if it goes nowhere, 1 if it rises.

        None if there are fewer than three losses, one is no number, or all are equal.
        """
        losses = self.losses
        if len(losses) < 3 or len(set(losses)) == 1 or any(map(math.isnan, losses)):
            return None
        from scipy.stats import spearmanr

        return float(spearmanr(range(len(losses)), losses).statistic)

    @property
    def rises(self) -> float | None:
        """The share of steps after which the loss is higher than before."""
        rising = [after > before for before, after in pairwise(self.losses)]
        return sum(rising) / len(rising) if rising else None

    @property
    def seconds_per_step(self) -> float | None:
        """The median, in which what is done once does not count; None for a single step."""
        between = [after.seconds - before.seconds for before, after in pairwise(self.moments)]
        return median(between) if between else None

    def _resume(self, seconds: float, processor: float) -> None:
        self._started, self._worked = time.perf_counter() - seconds, time.process_time() - processor


def losses_of(step: Step) -> Mapping[str, float]:
    """All losses of a step."""
    return step.losses


def main_loss(losses: Mapping[str, float]) -> str:
    """The name of the loss that stands for all: "loss" or "total", else the first; "" if there is none."""
    return next((name for name in (*MAIN, *losses) if name in losses), "")
