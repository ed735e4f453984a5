"""The observer that keeps a run's folder: losses at every step, previews at every tenth, checkpoints now and then."""

from __future__ import annotations

import time
from dataclasses import dataclass

from impasto.images.write import write
from impasto.observers import Checkpoint, Step
from impasto.runs import checkpoint as checkpoints
from impasto.runs.folder import RunFolder
from impasto.runs.losses import LossTable

PREVIEWS = 10  # per run, evenly spaced


@dataclass(frozen=True)
class Every:
    """How often a checkpoint is written: after so many seconds, or after so many steps."""

    seconds: float = 15.0
    steps: int | None = None


class Recorder:
    """Writes a run's folder as the run goes on."""

    def __init__(self, folder: RunFolder, every: Every | None = None) -> None:
        self._folder = folder
        self._every = every or Every()
        self._begin = checkpoints.load(folder.checkpoints)
        self._losses = LossTable(folder.losses, done=self._begin.index if self._begin else 0)
        self._saved = time.monotonic()
        self._last: Step | None = None

    def checkpoint(self) -> Checkpoint | None:
        """The newest checkpoint in the folder."""
        return self._begin

    def step(self, step: Step) -> None:
        """Record a step."""
        self._last = step
        self._losses.append(step.index, step.losses)
        tenth = step.index * PREVIEWS // step.total
        if tenth > (step.index - 1) * PREVIEWS // step.total:
            self._folder.previews.mkdir(exist_ok=True)
            write(step.preview(), self._folder.previews / f"{tenth:04d}.png")
        if self._is_due(step):
            self._save(step)

    def close(self, *, save: bool) -> None:
        """End the recording; with `save`, leave a checkpoint of the last step to go on from."""
        if save and self._last is not None and self._last.index < self._last.total:
            self._save(self._last)
        self._losses.close()

    def _is_due(self, step: Step) -> bool:
        if step.index == step.total:
            return False
        if self._every.steps is not None:
            return step.index % self._every.steps == 0
        return time.monotonic() - self._saved >= self._every.seconds

    def _save(self, step: Step) -> None:
        self._losses.sync()
        checkpoints.save(self._folder.checkpoints, Checkpoint(step.index, step.state()))
        self._saved = time.monotonic()
