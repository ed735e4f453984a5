"""How far a run is: a live bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from impasto.cli.output import say
from impasto.observers import Observer, Step, Unobserved
from impasto.runs.limits import duration

SPARSE = 10.0  # seconds between two lines


class Lines(Unobserved):
    """An observer that prints `30% 12/40 loss 0.123 eta 20 s`, at most every ten seconds."""

    def __init__(self, every: float = SPARSE, before: str = "") -> None:
        self._every, self._before = every, before
        self._last = time.monotonic()
        self._pace = Pace()

    def step(self, step: Step) -> None:
        """Print a line if it is time."""
        left = self._pace.left(step)
        if time.monotonic() - self._last >= self._every:
            self._last = time.monotonic()
            percent = int(100 * step.done + 1e-9)
            done = step.task or f"{step.index}/{step.total}"
            line = f"{self._before}{percent}% {done} {main_loss(step.losses)}"
            say(line + ("" if left is None else f" eta {duration(left)}"))


class Pace:
    """The time that is left, from the work that was seen to be done."""

    def __init__(self) -> None:
        self._first: tuple[float, float] | None = None  # when the first step was done, and the work by then
        self._left: float | None = None

    def left(self, step: Step) -> float | None:
        """Seconds to go, if the rest is done as fast as what was done since the first step; None until then.

        The first step also prepares what all others use, and may be a thousandth of the work.
        """
        now = time.monotonic()
        if self._first is None:
            self._first = now, step.done
        since, before = self._first
        if step.done > before:
            self._left = (now - since) / (step.done - before) * (1 - step.done)
        return self._left


def main_loss(losses: Mapping[str, float]) -> str:
    """The loss that stands for all: the one called "loss" or "total", else the first."""
    for name in ("loss", "total", *losses):
        if name in losses:
            value = losses[name]
            return f"loss {value:.4g}" if math.isfinite(value) else f"loss {value}"
    return ""


@contextmanager
def progress(title: str, *, quiet: bool, notice: str = "", before: str = "") -> Iterator[list[Observer]]:
    """The observers that show a run's progress; none if quiet. The bar shows the notice until the first step.

    before: what each line begins with where there is no bar.
    """
    if quiet:
        yield []
    elif sys.stderr.isatty():
        with _live_bar(title, notice) as bar:
            yield [bar]
    else:
        yield [Lines(before=before)]


@contextmanager
def _live_bar(title: str, notice: str) -> Iterator[Observer]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TextColumn

    class Bar(Unobserved):
        def __init__(self, live: Progress, task: TaskID) -> None:
            self._live, self._task, self._pace = live, task, Pace()

        def step(self, step: Step) -> None:
            seconds = self._pace.left(step)
            left = "" if seconds is None else f"{duration(seconds)} left"
            loss = main_loss(step.losses)
            done = step.task or f"{step.index}/{step.total}"
            self._live.update(self._task, completed=step.done, total=1, done=done, loss=loss, left=left)

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[done]} {task.fields[loss]} {task.fields[left]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as live:
        yield Bar(live, live.add_task(title, total=None if notice else 1, done=notice, loss="", left=""))
