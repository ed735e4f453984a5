"""What every method keeps, whatever it makes: asked of the tiny case, or cases, of each."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import pytest
import torch
from whole import TIMES, everything, made

from impasto.cli.app import run
from impasto.images import read
from impasto.observers import Step
from impasto.registry import METHODS
from impasto.runs.every import Every
from impasto.runs.execute import carry_on
from impasto.runs.folder import RunFolder
from impasto.runs.model import model_file
from impasto.runs.outcome import Outcome
from impasto.runs.trained import Trained
from impasto.video import open_clip
from observers import Keep, StopAt
from tiny import CASES


@pytest.mark.parametrize("method", METHODS)
def test_every_method_has_a_tiny_case(method):
    assert method in {case.method for case in CASES}, f"write a case of {method!r} in tests/tiny.py"


def test_a_run_makes_what_its_method_says(case, whole):
    result = whole.call
    pictures = result.images.values() if isinstance(result, Outcome) else result.parts.values()
    for picture in pictures:
        assert picture.ndim == 3
        assert picture.shape[0] == 3
        assert picture.isfinite().all()
        assert 0 <= picture.min() <= picture.max() <= 1
        assert picture.std() > 0.01
    if case.makes == "picture":
        assert len(whole.made) == len(pictures)
    elif case.makes == "pictures":
        assert len(whole.made) == len(pictures) == case.config["count"]
    elif case.makes == "clip":
        clip = open_clip(whole.made["out.gif"])
        assert len(clip.durations) == result.frames[0] == result.frames[1] == 3
    elif case.makes == "model":
        assert all(tensor.isfinite().all() for tensor in result.model.tensors.values())
    else:
        assert all(table.rows and table.columns for table in result.tables)
        numbers = [cell for table in result.tables for row in table.rows for cell in row.values()]
        assert all(math.isfinite(number) for number in numbers if isinstance(number, float))


def test_cancelled_at_the_first_step_it_ends_well(case, whole):
    outcome = whole.stopped
    folder = outcome.folder
    assert outcome.state == folder.read().state == ("cancelled" if whole.steps else "done")
    assert folder.report.is_file()
    assert all((folder.path / name).is_file() for name in folder.read().files)
    assert outcome.output is None or outcome.output.is_file()


def test_stopped_at_any_step_and_gone_on_with_it_ends_with_the_same_bytes(case, whole):
    folder, steps = whole.stopped.folder, whole.steps
    if steps:
        begun = saved(steps[:1])
        further = random.Random(case.name).randint(1, len(steps) - begun)
        assert carry_on(folder, observers=[StopAt(further)], every=Every(steps=1)).state == "cancelled"
        assert carry_on(folder, observers=[last := Keep()]).state == "done"
        assert len(last.steps) == len(steps) - saved(steps[: begun + further])
    assert whole.gone_on(folder) == whole.made


def saved(steps: Sequence[Step]) -> int:
    """How many of the steps need not be done again: the last that has a state, and is not the end."""
    return max((number for number, step in enumerate(steps, 1) if step.state and step.done < 1), default=0)


def test_repeated_from_its_recipe_it_gives_the_same_bytes(case, whole, here):
    output = whole.output(here / "again")
    words = ["-o", str(output), "--no-record"] if output else []
    assert run(["runs", "repeat", str(whole.source), "-q", *words]) == 0
    if output:
        assert output.read_bytes() == whole.source.read_bytes()
    else:
        [folder] = (here / "runs").iterdir()
        assert made(RunFolder(folder)) == whole.made


def test_a_dry_run_writes_nothing(case, whole, here, place):
    before = everything(place.folder)
    assert whole.plan["method"] == case.method
    assert everything(here) == []
    assert everything(place.folder) == before


def test_the_forecast_is_a_number_if_there_is_one(whole):
    forecast = whole.plan["forecast"]
    assert forecast is None or 0 < forecast["seconds"] < 1e5
    assert forecast is None or 0 <= forecast["memory"] < 1e11


def test_the_call_from_python_gives_what_the_command_wrote(case, whole, tmp_path):
    result = whole.call
    if isinstance(result, Outcome):
        assert result.output.read_bytes() == whole.made["out.gif"]
    elif isinstance(result, Trained):
        result.save(tmp_path)
        assert model_file(tmp_path).read_bytes() == whole.made["model"]
    elif case.makes == "picture":
        result.save(tmp_path / "called.png")
        assert (tmp_path / "called.png").read_bytes() == whole.made["out.png"]
    for name, picture in result.parts.items() if case.makes == "pictures" else ():
        file = "out.png" if name == "1" else f"out-{name}.png"
        assert torch.equal(read(whole.made[file]), (picture * 255).round() / 255)
    for table in result.tables if case.makes == "table" else ():
        names = [column.name for column in table.columns if not TIMES.search(column.name)]
        told = [{name: "" if row.get(name) is None else str(row[name]) for name in names} for row in table.rows]
        assert told == whole.made[f"tables/{table.name}.csv"]
