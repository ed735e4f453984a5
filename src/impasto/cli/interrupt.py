"""Ctrl-C: the first ends the run after its current step and keeps the picture, the second stops at once."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Any

from impasto.cli.output import say
from impasto.errors import Cancelled
from impasto.observers import Step, Unobserved


class Interrupt(Unobserved):
    """An observer, and the handler of SIGINT and SIGTERM in its block; before the first step it stops at once."""

    def __init__(self) -> None:
        self.asked: int | None = None  # the signal that came
        self._begun = False
        self._old: dict[int, Any] = {}

    @property
    def status(self) -> int:
        """The exit status of a process that such a signal ended."""
        return 128 + (self.asked or signal.SIGINT)

    def begin(self) -> None:
        """A new run begins: there is nothing to keep yet."""
        self._begun = False

    def step(self, step: Step) -> None:  # noqa: ARG002 - an observer's
        """End the run if that was asked for."""
        self._begun = True
        if self.asked is not None:
            raise Cancelled

    def __enter__(self) -> Interrupt:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._old[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._old.items():
            if signal.getsignal(number) == self._handle:  # not so once the process is ending
                signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a handler's
        if self.asked is not None or not self._begun:
            self.asked = number
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process is ending: another one would break that off
            raise KeyboardInterrupt
        self.asked = number
        say("stopping after this step, and keeping the picture; once more to stop at once")
