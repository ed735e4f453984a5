"""What TensorBoard shows of a run, on request: its losses, measures and sheets as event files in the run's folder.

A run that goes on begins a further file, and that tells TensorBoard to forget what an earlier process has written of
the steps that are done again.
"""

from __future__ import annotations

import os
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from impasto.errors import InputError, writing
from impasto.images import encode
from impasto.images.sources import label
from impasto.observers import Step

VERSION = "brain.Event:2"  # of the form of these files, which begin with it


def check_tensorboard(otherwise: str = "leave --tensorboard out") -> None:
    """Raise InputError if the package that writes events is not here; `otherwise` is what does without it."""
    if find_spec("tensorboard") is None:
        raise InputError(
            f"TensorBoard's events need one more package: pip install 'impasto[tensorboard]'; or {otherwise}"
        )


class Events:
    """Appends to a run's event files. Raises InputError if the disk is full."""

    def __init__(self, folder: Path, *, done: int = 0) -> None:
        """Begin a file in `folder`, after the first `done` steps of the run."""
        check_tensorboard(f"take out {folder}")
        from tensorboard.compat.proto import event_pb2, summary_pb2
        from tensorboard.summary.writer.record_writer import RecordWriter

        self._event, self._session, self._summary = event_pb2.Event, event_pb2.SessionLog, summary_pb2.Summary
        self._last = done
        earlier = sum(1 for _ in folder.glob("*tfevents*")) if folder.is_dir() else 0
        self._path = folder / f"events.out.tfevents.{int(time.time()):010d}.{earlier:04d}"  # read in this order
        with writing(label(self._path)):
            folder.mkdir(exist_ok=True)
            self._file = self._path.open("ab")
        self._records = RecordWriter(self._file)
        self._write(file_version=VERSION)
        self._write(step=done + 1, session_log=self._session(status=self._session.START))

    def append(self, step: Step, sheet: torch.Tensor | None = None) -> None:
        """Write a step's losses and measures, and its sheet (3, H, W) in [0, 1]. The first of equals stays."""
        if step.index <= self._last:
            return
        self._last = step.index
        value = self._summary.Value
        values = [value(tag=name, simple_value=number) for name, number in {**step.losses, **step.measures}.items()]
        if sheet is not None:
            image = self._summary.Image(
                height=sheet.shape[1], width=sheet.shape[2], colorspace=3, encoded_image_string=encode(sheet, "png")
            )
            values.append(value(tag="sheet", image=image))
        self._write(step=step.index, summary=self._summary(value=values))

    def sync(self) -> None:
        """Put all of it on the disk, so that a checkpoint never knows more."""
        with writing(label(self._path)):
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, **fields: Any) -> None:
        data = self._event(wall_time=time.time(), **fields).SerializeToString()
        with writing(label(self._path), len(data)):
            self._records.write(data)
            self._file.flush()
