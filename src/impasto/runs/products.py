"""What a run has made, written: into its folder, and where the user wants it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from impasto.data.stores.tree import is_run
from impasto.errors import InputError
from impasto.images.write import check_target, write, write_atomically
from impasto.runs.figures import drawn
from impasto.runs.folder import RunFolder
from impasto.runs.job import Job
from impasto.runs.model import save_model
from impasto.runs.outcome import Outcome, plain
from impasto.runs.pieces import PIECE, Frames
from impasto.runs.recipe import as_utf8
from impasto.tables import Chart, Table
from impasto.video import Clip, check_clip_target, clip_ending, write_clip

RECIPE = "data.json"  # beside a set of pictures: how it was made
FINDINGS = "tables.json"  # what the report shows of tables and figures


def check_output(job: Job, output: Path | None, *, entered: bool = False) -> None:
    """Raise InputError if what the job makes cannot be written to `output`, or would replace an input.

    entered: whether the run was recorded before, so that its inputs are copies now.
    """
    if output is not None:
        if job.method.makes == "clip" and job.recipe.metadata != "none" and output.suffix.lower() == ".gif":
            raise InputError(f"-o {output}: a GIF has no place for metadata; write a .webp or a film, or leave it out")
        used = [] if entered else [source.record.path for source in job.sources if source.record.path]
        check_places([output], used, bits=job.recipe.bits, clip=job.method.makes == "clip")
        if getattr(job.method.config, "copies", False):
            _check_beside(output.parent, used)


def check_places(places: Sequence[Path], used: Sequence[str], *, bits: int = 8, clip: bool = False) -> None:
    """Raise InputError if a result cannot be written to one of its places, or if that is one of the files `used`."""
    for place in places:
        check_clip_target(place) if clip else check_target(place, bits=bits)
        if any(_same(place, path) for path in used):
            raise InputError(f"-o {place}: is an input of this run; give the output another name")
        if PIECE in place.name and any(_same(place.parent, path) for path in used):
            raise InputError(f"-o {place.parent}: is the folder of this run's pictures; give the new ones another")
        if PIECE in place.name:
            _check_beside(place.parent, used)


def _check_beside(folder: Path, used: Sequence[str]) -> None:
    """Raise InputError for a folder of new pictures that lies in one that the run's own come from."""
    within = next((path for path in used if _is_below(folder, path)), None)
    if within is not None:
        raise InputError(f"-o {folder}: lies in {within}, whose pictures the new ones would join; take another")


def _is_below(folder: Path, path: str) -> bool:
    """Whether a folder lies in that of a set of pictures; the folder of a run may have more in it."""
    given = Path(path)
    if not given.is_dir() or is_run(given):
        return False
    return given.resolve() in folder.resolve().parents


def _same(place: Path, path: str) -> bool:
    try:
        return path != "-" and place.samefile(path)
    except OSError:  # one of them is not there, or out of reach
        return False


def ending_of(job: Job) -> str:
    """The ending that an output gets whose name was left open."""
    if job.method.makes != "clip":
        return ".png"
    clips = [source.record.path for source in job.sources if source.record.kind == "clip"]
    return clip_ending(clips[0] if clips else "clip.gif")


def write_own(job: Job, outcome: Outcome, folder: RunFolder, frames: Frames | None, output: Path | None) -> list[str]:
    """Write what was made into the run's folder; returns the files' names there, the main one first."""
    if outcome.model is not None:
        save_model(folder.path, outcome.model)
    files = _write_tables(job, outcome, folder)
    if frames is not None:
        if len(frames):
            clip = folder.output.with_suffix(ending_of(job) if output is None else output.suffix.lower())
            _write_frames(job, outcome, frames, clip)
            write(frames.sheet(), folder.output, recipe=outcome.recipe.embedded())
            files = [folder.output.name, clip.name, *files]
        return files
    for number, (name, image) in enumerate(outcome.images.items()):
        path = folder.output if number == 0 else folder.path / f"{name}.png"
        kept = None if number else outcome.metadata
        write(image, path, recipe=outcome.recipe.embedded(), metadata=kept, bits=outcome.recipe.bits)
        files.insert(number, path.name)
    return files


def write_output(job: Job, outcome: Outcome, output: Path | None, own: Frames | RunFolder | None = None) -> Outcome:
    """Write what the user asked for to its place, from what is in the run's folder already if that will do."""
    if output is not None and PIECE in output.name:
        _write_about(outcome, output.parent)
    if output is None or outcome.makes == "pictures" or not outcome.images:
        # Pieces are at their places since they were made.
        return replace(outcome, output=outcome.places[0]) if output is not None and outcome.places else outcome
    if isinstance(own, Frames):
        if not len(own):
            return outcome
        _write_frames(job, outcome, own, output)
    elif own is not None and (outcome.makes == "clip" or output.suffix.lower() == ".png"):
        write_atomically(output, own.output.with_suffix(output.suffix.lower()).read_bytes())
    else:
        image = next(iter(outcome.images.values()))
        recipe = outcome.recipe
        write(image, output, recipe=recipe.embedded(), metadata=outcome.metadata, bits=recipe.bits)
    return replace(outcome, output=output)


def _write_frames(job: Job, outcome: Outcome, frames: Frames, path: Path) -> None:
    inputs = job.inputs()
    durations = job.method.durations(inputs)[: len(frames)]
    plays = next((item.plays for given in inputs.values() for item in given if isinstance(item, Clip)), 0)
    write_clip(frames, durations, path, recipe=outcome.recipe.embedded(), metadata=outcome.metadata, plays=plays)


def _write_about(outcome: Outcome, folder: Path) -> None:
    """Write what goes with a set of pictures into its folder: its tables, and the recipe that makes all of it."""
    for table in outcome.tables:
        write_atomically(folder / f"{table.name}.csv", as_utf8(_csv(table)).encode())
    write_atomically(folder / RECIPE, json.dumps(outcome.recipe.embedded(), indent=1).encode())


def _write_tables(job: Job, outcome: Outcome, folder: RunFolder) -> list[str]:
    for table in outcome.tables:
        write_atomically(folder.tables / f"{table.name}.csv", as_utf8(_csv(table)).encode())
    for figure in outcome.figures:
        path = folder.figures / f"{figure.name}.png"
        if isinstance(figure, Chart):
            write_atomically(path, drawn(figure))
        else:
            write(figure.picture, path)
    if not outcome.tables and not outcome.figures:
        return []
    shown = {
        "title": getattr(job.method, "title", ""),
        "question": getattr(job.method, "question", ""),
        "tables": [_shown(table) for table in outcome.tables if table.shown],
        "figures": [{"name": it.name, "caption": it.caption} for it in outcome.figures if it.shown],
    }
    write_atomically(folder.path / FINDINGS, json.dumps(shown, indent=1).encode())
    tables = [f"tables/{table.name}.csv" for table in outcome.tables]
    return [*tables, *(f"figures/{figure.name}.png" for figure in outcome.figures)]


def _shown(table: Table) -> dict[str, Any]:
    columns = [asdict(column) for column in table.columns]
    return plain({"name": table.name, "caption": table.caption, "columns": columns, "cells": table.cells()})


def _csv(table: Table) -> str:
    """All rows with full precision."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    names = [column.name for column in table.columns]
    writer.writerow(names)
    writer.writerows([row.get(name) for name in names] for row in table.rows)
    return stream.getvalue()
