"""Observers that many tests need: one that ends a run, one that keeps what it sees, one that knows where to go on."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from impasto.errors import Cancelled
from impasto.observers import Checkpoint, Step, Unobserved


class StopAt(Unobserved):
    """Ends a run at the n-th step that it sees, as Ctrl-C does, or with another error."""

    def __init__(self, count: int, error: type[BaseException] = Cancelled) -> None:
        self._left, self._error = count, error

    def step(self, step: Step) -> None:
        self._left -= 1
        if self._left == 0:
            raise self._error


class Keep(Unobserved):
    """Keeps all steps, and if asked for the state after each."""

    def __init__(self, *, states: bool = False) -> None:
        self.steps: list[Step] = []
        self.states: list[dict[str, Any] | None] = []
        self._wanted = states

    def step(self, step: Step) -> None:
        self.steps.append(step)
        if self._wanted:
            state = step.state() if step.state else None
            self.states.append(deepcopy(state))  # that of an optimiser goes on changing


class Resume(Unobserved):
    """Lets a run go on from a checkpoint."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint

    def checkpoint(self) -> Checkpoint:
        return self._checkpoint
