"""Several runs, one after the other, as one run to whoever watches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from impasto.observers import Checkpoint, Observer, Step, Unobserved

TICKS = 10  # of the whole's progress for each foreseen second


@dataclass(frozen=True)
class Leg:
    """One of the runs: what it is called, and the seconds it is expected to take."""

    name: str
    seconds: float


class Legs:
    """The runs of a tour or an experiment; `watch(i)` is the observer of the i-th."""

    def __init__(self, legs: Sequence[Leg], observer: Observer | None = None) -> None:
        self._legs = list(legs)
        self._observer = observer or Unobserved()

    def watch(self, number: int) -> Observer:
        """The observer of run `number`, counted from 0; it passes its steps on as steps of the whole."""
        return _Watch(self, number)

    def step(self, number: int, step: Step) -> None:
        """Tell the observer of the whole about a step of run `number`. What that one raises goes on to the caller."""
        before = sum(leg.seconds for leg in self._legs[:number])
        leg, whole = self._legs[number], sum(leg.seconds for leg in self._legs)
        done, total = (before + leg.seconds * step.done) / whole, max(1, round(TICKS * whole))
        task = f"{leg.name}, step {step.index} of {step.total}" if step.total > 1 else leg.name
        self._observer.step(replace(step, index=max(1, round(total * done)), total=total, task=task, work=done))


@dataclass(frozen=True)
class _Watch:
    legs: Legs
    number: int

    def step(self, step: Step) -> None:
        self.legs.step(self.number, step)

    def checkpoint(self) -> Checkpoint | None:
        return None
