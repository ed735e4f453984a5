"""Several runs, one after the other, as one run to whoever watches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from impasto.observers import Checkpoint, Observer, Step, Unobserved

TICKS = 10  # of the whole's progress for each foreseen second


@dataclass(frozen=True)
class Leg:
    """One of the runs: what it is called, the seconds it is expected to take, and how they spread over its steps.

    costs: (steps, cost of a step in any unit) for each part of the run, such as the scales of one from coarse to fine;
        begun anew if the run has more steps than they tell.
    """

    name: str
    seconds: float
    costs: Sequence[tuple[int, float]] = ((1, 1.0),)

    def share(self, index: int, total: int) -> float:
        """The share of the leg's time that has gone after `index` of `total` steps."""
        cycle = sum(steps for steps, _ in self.costs)
        whole = sum(steps * cost for steps, cost in self.costs)
        rounds = max(total / cycle, 1e-9)
        full, rest = divmod(index, cycle)
        spent = full * whole
        for steps, cost in self.costs:
            spent += min(rest, steps) * cost
            rest -= min(rest, steps)
        return min(spent / (whole * rounds), 1.0)


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
        leg = self._legs[number]
        total = max(1, round(TICKS * sum(leg.seconds for leg in self._legs)))
        done = round(TICKS * (before + leg.seconds * leg.share(step.index, step.total)))
        task = f"{leg.name}, step {step.index} of {step.total}" if step.total > 1 else leg.name
        self._observer.step(replace(step, index=min(max(done, 1), total), total=total, task=task))


@dataclass(frozen=True)
class _Watch:
    legs: Legs
    number: int

    def step(self, step: Step) -> None:
        self.legs.step(self.number, step)

    def checkpoint(self) -> Checkpoint | None:
        return None
