"""Several runs, one after the other, as one run to whoever watches: resumable as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch

from impasto.observers import Checkpoint, Observer, Piece, Step, fitting, restore, snapshot

TICKS = 10  # of the whole's progress for each foreseen second


class Parts:
    """The runs of an experiment, a tour or a clip. Iterating yields those still to be done, each with its observer.

    names, seconds: what each is called, and how long it is expected to take.
    keep: what has come of the parts that are done, restored where a killed run goes on (see `Loop`).

    A checkpoint holds `keep` and the state of the part that was going on, so that no step is done twice.

    >>> from impasto.observers import Unobserved
    >>> done = []
    >>> parts = Parts(Unobserved(), ["first", "second"], [1.0, 2.0])
    >>> for number, observer in parts:
    ...     done.append(number)  # here a method runs, and is watched by `observer`
    ...     parts.done()
    >>> done
    [0, 1]
    """

    def __init__(
        self,
        observer: Observer,
        names: Sequence[str],
        seconds: Sequence[float],
        *,
        keep: Mapping[str, Any] | None = None,
    ) -> None:
        self._observer, self._names, self._keep = observer, list(names), keep or {}
        self._seconds = [max(it, 0.01) for it in seconds]
        self._number, self._inner = 0, None
        self._ticks = 0
        self._losses: Mapping[str, float] = {}  # of the last step
        checkpoint = observer.checkpoint()
        if checkpoint is not None:
            with fitting():
                state = checkpoint.state
                self._number, self._ticks = int(state["part"]), checkpoint.index
                self._inner = None if state["inner"] is None else Checkpoint(*state["inner"])
                # What is foreseen may be measured: steps are counted on as they were, or they would be beyond the last.
                begun = state.get("seconds", self._seconds)
                self._seconds = [float(each) for each, _ in zip(begun, names, strict=True)]
                restore(self._keep, state["keep"])

    def __iter__(self) -> Iterator[tuple[int, Observer]]:
        """The number of each part that is not done, counted from 0, and the observer of its run."""
        while self._number < len(self._names):
            yield self._number, _Watch(self, self._inner)

    def done(
        self,
        preview: Callable[[], torch.Tensor] | None = None,
        *,
        measures: Mapping[str, float] | None = None,
        pieces: Mapping[str, Piece] | None = None,
    ) -> None:
        """The current part is done, and what came of it is in `keep`. What the observer raises goes on."""
        name = self._names[self._number]
        self._number, self._inner = self._number + 1, None
        step = Step(
            1, 1, self._losses, preview or (lambda: torch.ones(3, 8, 8)), measures=measures or {}, pieces=pieces or {}
        )
        self._tell(step, 0.0, name, None)

    def step(self, step: Step) -> None:
        """Pass a step of the current part on, as a step of the whole."""
        name = self._names[self._number]
        self._losses = step.losses
        task = f"{name}, step {step.index} of {step.total}" if step.total > 1 else name
        self._tell(step, step.done, task, step)

    def _tell(self, step: Step, share: float, task: str, inner: Step | None) -> None:
        whole, seconds = sum(self._seconds), [*self._seconds, 0.0]
        done = (sum(seconds[: self._number]) + seconds[self._number] * share) / whole
        total = max(1, round(TICKS * whole))
        self._ticks = max(self._ticks, 1, round(total * done))
        state = None if inner is not None and inner.state is None else partial(self._state, inner)
        self._observer.step(replace(step, index=self._ticks, total=total, state=state, task=task, work=done))

    def _state(self, inner: Step | None) -> dict[str, Any]:
        state = None if inner is None or inner.state is None else (inner.index, inner.state())
        kept = snapshot(self._keep)
        return {"part": self._number, "inner": state, "keep": kept, "seconds": list(self._seconds)}


@dataclass(frozen=True)
class _Watch:
    """The observer of one part."""

    parts: Parts
    begin: Checkpoint | None

    def step(self, step: Step) -> None:
        self.parts.step(step)

    def checkpoint(self) -> Checkpoint | None:
        return self.begin
