"""Carry out one run: check, run, watch, write, and keep what there is when it is cancelled."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from impasto.errors import Cancelled, InputError
from impasto.images.write import check_target, write, write_atomically
from impasto.methods import Result
from impasto.observers import Observer
from impasto.runs.clips import perform_clip, write_frames
from impasto.runs.folder import RunFolder
from impasto.runs.job import Job
from impasto.runs.limits import check_folder
from impasto.runs.model import save_model
from impasto.runs.outcome import Outcome, Watch, plain
from impasto.runs.pieces import Shelf
from impasto.runs.recipe import RunRecord, State, now
from impasto.runs.recorder import Every, Recorder
from impasto.runs.report import write_report
from impasto.video import check_clip_target, clip_ending


def execute(
    job: Job,
    *,
    output: Path | None = None,
    observers: Sequence[Observer] = (),
    root: Path | None = None,
    place: Path | None = None,
    every: Every | None = None,
) -> Outcome:
    """Run a job; write its picture to `output` and its folder under `root` (or to `place`), if these are given.

    Raises InputError, before anything is written, for what cannot work.
    """
    _check_output(job, output)
    holder = root if place is None else place.parent
    if holder is not None:
        check_folder(holder)
    pictures = job.pictures()
    if holder is None and job.is_clip:
        return _perform_clip(job, pictures, observers, output)
    if holder is None:
        return _write_output(perform(job, pictures, observers), output)
    where = None if output is None else str(output.absolute())
    state: State = "running"
    record = RunRecord(**job.recipe.model_dump() | {"state": state}, created=now(), output=where)
    folder = RunFolder.create(holder, record) if place is None else RunFolder.create_at(place)
    with folder.locked():
        try:
            copies = [source.copy_into(folder.inputs, number) for number, source in enumerate(job.sources, 1)]
            # Last, so that a folder with a record is one that can be resumed, whenever the process was killed.
            folder.write(record.model_copy(update={"inputs": copies}))
        except OSError:
            folder.discard()
            raise
        try:
            return _perform_recorded(job, pictures, folder, observers, output, every)
        except InputError:
            if not folder.has_begun():
                folder.discard()
            raise


def carry_on(
    job: Job,
    folder: RunFolder,
    *,
    output: Path | None = None,
    observers: Sequence[Observer] = (),
    every: Every | None = None,
) -> Outcome:
    """Finish a run that was killed or cancelled, from its newest checkpoint; the caller has locked the folder."""
    _check_output(job, output)
    pictures = job.pictures()
    folder.update(state="running", error=None)
    return _perform_recorded(job, pictures, folder, observers, output, every)


def perform(job: Job, pictures: Mapping[str, Sequence[torch.Tensor]], observers: Sequence[Observer]) -> Outcome:
    """Run the method; if it is cancelled, keep the picture (and model) after the last step."""
    watch = Watch(observers)
    started = time.monotonic()
    state: State = "done"
    try:
        result = job.method.run(pictures, watch)
    except Cancelled:
        state = "cancelled"
        last = watch.last
        model = last.model() if last and last.model else None
        result = Result({"output": last.preview()} if last else {}, model=model)
    facts = plain(result.facts)
    step = watch.last.index if watch.last and state == "cancelled" else None
    return Outcome(
        state=state,
        images=result.images,
        recipe=job.recipe.model_copy(update={"state": state, "step": step, "facts": facts}),
        seconds=time.monotonic() - started,
        total=watch.last.total if watch.last else None,
        losses=dict(watch.last.losses) if watch.last else {},
        model=result.model,
        each=result.each,
    )


def _perform_recorded(
    job: Job,
    pictures: Mapping[str, Sequence[torch.Tensor]],
    folder: RunFolder,
    observers: Sequence[Observer],
    output: Path | None,
    every: Every | None,
) -> Outcome:
    if job.is_clip:
        return _perform_clip_recorded(job, pictures, folder, observers, output)
    recorder = Recorder(folder, every)
    with _failure_noted(folder, recorder):
        outcome = perform(job, pictures, [recorder, *observers])
    recorder.close(save=outcome.state == "cancelled")
    if outcome.model is not None:
        save_model(folder.path, outcome.model)
    files = []
    for number, (name, image) in enumerate(outcome.images.items()):
        path = folder.output if number == 0 else folder.path / f"{name}.png"
        write(image, path, recipe=outcome.embedded(name), bits=outcome.recipe.bits)
        files.append(path.name)
    try:
        return _write_output(replace(outcome, folder=folder), output)
    finally:
        _note_end(folder, outcome, files)


def _perform_clip_recorded(
    job: Job,
    pictures: Mapping[str, Sequence[torch.Tensor]],
    folder: RunFolder,
    observers: Sequence[Observer],
    output: Path | None,
) -> Outcome:
    shelf = Shelf(folder.frames)
    own = folder.output.with_suffix(clip_ending(job.clip.where if output is None else output))
    files = []
    with _failure_noted(folder):
        check_clip_target(own)
        outcome = perform_clip(job, pictures, observers, shelf, folder.losses)
        if outcome.images:
            write_frames(job, outcome, shelf, own)
            write(shelf.sheet(), folder.output, recipe=outcome.embedded("output"))
            files = [folder.output.name, own.name]
    try:
        if output is not None and outcome.images:
            write_atomically(output, own.read_bytes())  # its ending is the same
            return replace(outcome, folder=folder, output=output)
        return replace(outcome, folder=folder)
    finally:
        _note_end(folder, outcome, files)


def _perform_clip(
    job: Job, pictures: Mapping[str, Sequence[torch.Tensor]], observers: Sequence[Observer], output: Path | None
) -> Outcome:
    with tempfile.TemporaryDirectory() as aside:
        shelf = Shelf(Path(aside, "frames"))
        outcome = perform_clip(job, pictures, observers, shelf, Path(aside, "losses.csv"))
        if output is None or not outcome.images:
            return outcome
        write_frames(job, outcome, shelf, output)
        return replace(outcome, output=output)


def _note_end(folder: RunFolder, outcome: Outcome, files: Sequence[str]) -> None:
    changes: dict[str, Any] = {name: getattr(outcome.recipe, name) for name in ("state", "step", "facts")}
    seconds = folder.read().seconds + outcome.seconds
    folder.update(**changes, seconds=round(seconds, 3), total=outcome.total, files=list(files))
    if outcome.state == "done":
        shutil.rmtree(folder.checkpoints, ignore_errors=True)
    write_report(folder)


def _check_output(job: Job, output: Path | None) -> None:
    if output is not None and job.is_clip:
        check_clip_target(output)
    elif output is not None:
        check_target(output, bits=job.recipe.bits)


@contextmanager
def _failure_noted(folder: RunFolder, recorder: Recorder | None = None) -> Iterator[None]:
    """Write into run.json why a run failed."""
    started = time.monotonic()
    try:
        yield
    except BaseException as error:
        if recorder is not None:
            recorder.close(save=False)
        state = "cancelled" if isinstance(error, KeyboardInterrupt) else "failed"
        seconds = round(folder.read().seconds + time.monotonic() - started, 3)
        folder.update(state=state, error=f"{type(error).__name__}: {error}", seconds=seconds)
        raise


def _write_output(outcome: Outcome, output: Path | None) -> Outcome:
    if output is None or not outcome.images:
        return outcome
    name, image = next(iter(outcome.images.items()))
    write(image, output, recipe=outcome.embedded(name), bits=outcome.recipe.bits)
    return replace(outcome, output=output)
