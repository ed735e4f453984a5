"""The observers that keep a run's folder: losses at every step, previews at every tenth, checkpoints now and then."""

from __future__ import annotations

import time
from pathlib import Path

from impasto.images.write import write
from impasto.observers import Checkpoint, Step
from impasto.runs import checkpoint as checkpoints
from impasto.runs.events import Events
from impasto.runs.every import Every
from impasto.runs.folder import RunFolder
from impasto.runs.losses import LossTable
from impasto.runs.model import save_model

PREVIEWS = 10  # per run, evenly spaced
NUMBERED = "[0-9][0-9][0-9][0-9].png"  # their names
COST = 20  # times as long as the last checkpoint took to save, until the next one


class Checkpoints:
    """Writes the state of a run into a folder, now and then, and gives it back to a run that goes on."""

    def __init__(self, folder: Path, every: Every | None = None) -> None:
        self._folder, self._every = folder, every or Every()
        self._begin = checkpoints.load(folder)
        self.begun_at = self._begin.index if self._begin else 0
        self._next = time.monotonic() + self._every.seconds

    def checkpoint(self) -> Checkpoint | None:
        """The newest checkpoint in the folder, until the first step."""
        return self._begin

    def step(self, step: Step) -> None:
        """Save the step's state if it is time."""
        self._begin = None  # it was restored: there is no need to hold it
        if step.done < 1 and self._is_due(step):
            self.save(step)

    def save(self, step: Step) -> None:
        """Save the step's state, if it is one to go on from."""
        if step.state is None:
            return
        started = time.monotonic()
        checkpoints.save(self._folder, Checkpoint(step.index, step.state()))
        now = time.monotonic()
        self._next = now + max(self._every.seconds, COST * (now - started))

    def _is_due(self, step: Step) -> bool:
        if self._every.steps is not None:
            return step.index % self._every.steps == 0
        return time.monotonic() >= self._next


class Recorder(Checkpoints):
    """Writes a run's folder as the run goes on."""

    def __init__(self, folder: RunFolder, every: Every | None = None) -> None:
        super().__init__(folder.checkpoints, every)
        self._run = folder
        self._losses = LossTable(folder.losses, done=self.begun_at)
        self._measures: LossTable | None = None  # made when there is something to write
        self._events = Events(folder.events, done=self.begun_at) if folder.events.is_dir() else None
        self._last: Step | None = None
        self._tenth = max((int(path.stem) for path in folder.previews.glob(NUMBERED)), default=0)

    def step(self, step: Step) -> None:
        """Record a step. Raises InputError if the disk is full."""
        self._last = step
        self._losses.append(step.index, step.losses)
        if step.measures:
            if self._measures is None:
                self._measures = LossTable(self._run.measures, done=self.begun_at)
            self._measures.append(step.index, step.measures)
        sheet = step.preview() if step.sheet else None
        if sheet is not None:
            write(sheet, self._run.sheets / f"{step.sheet}.png")
        if self._events is not None:
            self._events.append(step, sheet)
        for name, model in step.models.items():
            save_model(self._run.models / name, model())
        tenth = step.index * PREVIEWS // step.total
        if tenth > self._tenth:
            self._tenth = tenth
            write(step.preview(), self._run.previews / f"{tenth:04d}.png")
        super().step(step)

    def save(self, step: Step) -> None:
        """Save the step's state; the tables are on the disk before it."""
        for table in (self._losses, self._measures, self._events):
            if table is not None:
                table.sync()
        super().save(step)

    def close(self, *, save: bool) -> None:
        """End the recording; with `save`, leave a checkpoint of the last step to go on from."""
        if save and self._last is not None and self._last.done < 1:
            self.save(self._last)
        for table in (self._losses, self._measures, self._events):
            if table is not None:
                table.close()
