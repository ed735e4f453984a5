"""Carry out a run: watch it, write what it makes, and keep what there is when it is cancelled."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from impasto.errors import Cancelled, DiskFullError, InputError
from impasto.grey import run_in_grey
from impasto.images.sources import label
from impasto.images.write import sweep
from impasto.methods import Method, Result
from impasto.observers import Observer, Step
from impasto.runs.again import again
from impasto.runs.enter import enter
from impasto.runs.every import Every
from impasto.runs.folder import RECORD, RunFolder
from impasto.runs.job import Job
from impasto.runs.limits import Allowed
from impasto.runs.outcome import Outcome, Watch, plain
from impasto.runs.pieces import PIECE, Frames, InMemory, Pieces, Written
from impasto.runs.products import check_output, write_output, write_own
from impasto.runs.recipe import State
from impasto.runs.recorder import Recorder
from impasto.runs.report import write_report
from impasto.runs.seal import is_ours
from impasto.runs.sources import kept
from impasto.runs.together import Helped, helped, processes_of

TOLD = 50  # pieces that a run's record and report name


def carry_on(
    folder: RunFolder,
    *,
    job: Job | None = None,
    output: Path | None = None,
    given: Mapping[str, Sequence[str]] | None = None,
    allowed: Allowed = Allowed(),  # noqa: B008 - frozen
    observers: Sequence[Observer] = (),
    every: Every | None = None,
    processes: int | None = None,
    team: Helped = helped,
    say: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """Carry out a recorded run: a new one, a queued one, or one that was stopped, which ends with the same bytes.

    job: what was entered, where that is still at hand; else it is what the record says, with the threads and the device
        of the start, and of a run that was not begun here only if that is `allowed` (see `repeat`).
    output: where the result goes beside the run's folder, by default as the record of a run that was begun here says.
    given: files by input name instead of those that the run keeps; each is known by its hash.
    processes: how many share a training, by default as many as it asks for.
    team: who these are, from the moment on when all is judged; by default processes of this machine.

    Raises InputError if the run is done, is going on in another process, or lacks an input.
    """
    with folder.locked():
        record = folder.read()
        if record.state == "done":
            shutil.rmtree(folder.checkpoints, ignore_errors=True)  # of a process that was killed after the record
            raise InputError(f"{folder.path}: this run is done; to make its picture again: impasto runs repeat")
        new, notes = job is not None, list[str]()
        if job is None:
            folder.check_plain()
            ours = is_ours(record)
            sources = kept(record.inputs, folder.path, given, ours=ours, say=notes.append)
            where, limits = label(folder.path / RECORD), None if ours else allowed
            job = again(record, sources, where, allowed=limits, say=notes.append)
            chosen = output is not None
            if not chosen and record.output is not None:
                output = Path(record.output) if ours else None
                if not ours:
                    notes.append("note: not begun here; what it makes stays in the run's folder, or goes where -o says")
            check_output(job, output, entered=not chosen)
            folder.sweep()
            if output is not None:
                sweep(output.parent, output.stem.partition(PIECE)[0])
        try:
            job.inputs()  # damaged ones are told before the record says that it is running
            for note in notes:
                say(note)
            folder.update(state="running", error=None)
            others = team(folder, processes or processes_of(job), given)
            return _recorded(job, folder, observers, output, every, others, say)
        except InputError as error:
            if new and not folder.has_begun() and not _left_pieces(error, job, folder):
                folder.discard()
            elif isinstance(error, DiskFullError):
                raise InputError(_with_way_on(error, folder)) from error
            raise


def carry_out(
    job: Job,
    *,
    root: Path | None = None,
    place: Path | None = None,
    output: Path | None = None,
    observers: Sequence[Observer] = (),
    every: Every | None = None,
    batch: tuple[str, int] | None = None,
    events: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """Enter a run under `root`, or at `place`, and carry it on; without either, carry it out and record nothing.

    batch, events: as `enter` takes them.
    """
    if root is None and place is None:
        return perform(job, observers, output=output, say=say)
    folder = enter(job, root or Path(), place=place, output=output, batch=batch, events=events)
    return carry_on(folder, job=job, output=output, observers=observers, every=every, say=say)


def perform(
    job: Job,
    observers: Sequence[Observer] = (),
    *,
    output: Path | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """Carry out a run that is not recorded; what it makes is in memory, and written if `output` says where."""
    check_output(job, output)
    if processes_of(job) > 1:
        raise InputError(f"processes {processes_of(job)}: they share a run's folder, which this has none of: take 1")
    if job.method.makes == "clip":
        with tempfile.TemporaryDirectory() as aside:
            frames = Frames(Path(aside))
            outcome = _run(job, observers, frames, say=say)
            return write_output(job, outcome, output, frames)
    pieces = InMemory() if output is None else Written(output, job.recipe)
    return write_output(job, _run(job, observers, pieces, say=say), output)


def _recorded(
    job: Job,
    folder: RunFolder,
    observers: Sequence[Observer],
    output: Path | None,
    every: Every | None,
    team: AbstractContextManager[None],
    say: Callable[[str], None],
) -> Outcome:
    recorder = Recorder(folder, every)
    frames = Frames(folder.pieces) if job.method.makes == "clip" else None
    place = folder.pieces / "piece.png" if output is None else output
    known = [Path(it) for it in folder.read().pieces]
    pieces = Written(place, job.recipe, known) if frames is None else frames
    with _failure_noted(folder, recorder):
        with team:
            outcome = _run(job, [recorder, *observers], pieces, folder.check, say)
        folder.check()
        recorder.close(save=outcome.state == "cancelled")
        files = write_own(job, outcome, folder, frames, output)
    try:
        written = write_output(job, replace(outcome, folder=folder), output, folder)
    except BaseException:
        with suppress(InputError):  # a disk that is full is told once, of what was asked for
            _note_end(folder, outcome, files)
        raise
    _note_end(folder, outcome, files)
    return written


def _run(
    job: Job,
    observers: Sequence[Observer],
    pieces: Pieces,
    check: Callable[[], None] = lambda: None,
    say: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """Run the method; if it is cancelled, what there is after the last step."""
    inputs = job.inputs()
    for each in job.sets:
        each.read(say)
    watch = Watch([pieces, *observers], check)
    started = time.monotonic()
    state: State = "done"
    try:
        result = run_in_grey(job.method, inputs, watch)
    except Cancelled as stop:
        state, result = "cancelled", stop.result or _so_far(job.method, watch.last)
    last = watch.last
    step, frames = (last.index if last and state == "cancelled" else None), None
    if isinstance(pieces, Frames):
        frames = len(pieces), len(job.method.durations(inputs))
        step = frames[0] if state == "cancelled" else None
        if not frames[0]:
            result = Result()
    return Outcome(
        state=state,
        makes=job.method.makes,
        images=result.images,
        recipe=job.recipe.model_copy(update={"state": state, "step": step, "facts": plain(result.facts)}),
        seconds=time.monotonic() - started,
        total=last.total if last else None,
        losses=dict(last.losses) if last else {},
        model=result.model,
        tables=result.tables,
        figures=result.figures,
        pieces=pieces.pictures if isinstance(pieces, InMemory) else {},
        places=pieces.places if isinstance(pieces, Written) else (),
        frames=frames,
        metadata=job.metadata,
    )


def _so_far(method: Method[Any], last: Step | None) -> Result:
    if last is None or method.makes == "table":  # whose previews are on the way to no picture
        return Result()
    return Result({"output": last.preview()}, model=last.model() if last.model else None)


def _note_end(folder: RunFolder, outcome: Outcome, files: Sequence[str]) -> None:
    changes: dict[str, Any] = {name: getattr(outcome.recipe, name) for name in ("state", "step", "facts")}
    seconds = folder.read().seconds + outcome.seconds
    total = outcome.frames[1] if outcome.frames else outcome.total
    pieces = [str(place.absolute()) for place in outcome.places[:TOLD]]
    folder.update(**changes, seconds=round(seconds, 3), total=total, files=list(files), pieces=pieces)
    if outcome.state == "done":
        shutil.rmtree(folder.checkpoints, ignore_errors=True)
    write_report(folder)


@contextmanager
def _failure_noted(folder: RunFolder, recorder: Recorder) -> Iterator[None]:
    """Write into run.json why a run failed."""
    started = time.monotonic()
    try:
        yield
    except BaseException as error:
        with suppress(InputError, OSError):  # there may be no space for that either, or no folder
            recorder.close(save=False)
        with suppress(InputError):
            state = "cancelled" if isinstance(error, KeyboardInterrupt) else "failed"
            seconds = round(folder.read().seconds + time.monotonic() - started, 3)
            folder.update(state=state, error=f"{type(error).__name__}: {error}", seconds=seconds)
        raise


def _left_pieces(error: InputError, job: Job, folder: RunFolder) -> bool:
    """Whether some of what a step makes may be where it was to go, when the disk was full for the rest of it."""
    if not isinstance(error, DiskFullError) or job.method.makes != "pictures":
        return False
    return not error.place.startswith(label(folder.path))


def _with_way_on(error: DiskFullError, folder: RunFolder) -> str:
    """The line for a full disk, and what to do when there is space again."""
    done = folder.read().state == "done"
    if done and not error.place.startswith(label(folder.path)):
        return f"{error}; what was made is in {folder.path}"
    return f"{error.place}, then: impasto runs {'report' if done else 'resume'} {folder.path}"
