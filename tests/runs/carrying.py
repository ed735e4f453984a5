"""The whole way of a run in one call: entered and carried on where it is recorded, else performed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from impasto.observers import Observer
from impasto.runs.enter import enter
from impasto.runs.every import Every
from impasto.runs.execute import carry_on, perform
from impasto.runs.job import Job
from impasto.runs.outcome import Outcome


def execute(
    job: Job,
    *,
    output: Path | None = None,
    observers: Sequence[Observer] = (),
    root: Path | None = None,
    every: Every | None = None,
) -> Outcome:
    if root is None:
        return perform(job, observers, output=output)
    folder = enter(job, root, output=output)
    return carry_on(folder, job=job, output=output, observers=observers, every=every)
