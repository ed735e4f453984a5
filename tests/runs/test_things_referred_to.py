"""Models, sets and files that a run refers to: a recipe says the same of them before and after a kill."""

from __future__ import annotations

from pathlib import Path

import pytest

from impasto.images.sources import file_bytes
from impasto.runs.enter import enter
from impasto.runs.sources import kept
from tiny import CASES, Case, Place

REFERRING = [case for case in CASES if case.method in ("sample", "train dcgan", "data edges", "style network")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("referred")


@pytest.mark.parametrize("case", REFERRING, ids=lambda case: case.name)
def test_a_run_that_goes_on_says_of_its_inputs_what_it_said_at_first(case: Case, folder, monkeypatch):
    """Named by a relative path, as most people do; where the run looks for them is another matter."""
    for things in case.inputs.values():
        for thing in things:
            Place(folder).path(thing)
    monkeypatch.chdir(folder)
    job = case.job(Place(Path()))
    said = [source.record for source in job.sources]
    assert not any(Path(record.path).is_absolute() for record in said)
    run = enter(job, Path("runs"))
    records = run.read().inputs
    monkeypatch.chdir("/")
    again = kept(records, folder / run.path)
    told = [source.record.model_copy(update={"copy_path": ""}) for source in again]
    assert told == said


def test_a_model_is_read_once_when_a_run_goes_on(folder, monkeypatch):
    case = next(case for case in REFERRING if case.name == "sample")
    run = enter(case.job(Place(folder)), folder / "runs")
    read = []
    for module in ("find", "reference"):
        monkeypatch.setattr(
            f"impasto.runs.sources.{module}.file_bytes", lambda file: (read.append(file), file_bytes(file))[1]
        )
    kept(run.read().inputs, run.path)
    assert len(read) == 1
