"""What every method keeps, whatever it makes: asked of the tiny case, or cases, of each."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from whole import answer, everything, files, of_outcome, of_run, rows

from impasto.images import read
from impasto.registry import METHODS
from impasto.runs.folder import RunFolder
from impasto.video import open_clip
from tiny import CASES

UNFORESEEN = ("data dedup", "measure flicker")  # what is alike, or how long a film is, is not known before


@pytest.mark.parametrize("method", METHODS)
def test_every_method_has_a_tiny_case(method):
    assert method in {case.method for case in CASES}, f"write a case of {method!r} in tests/tiny.py"


def test_a_run_makes_what_its_method_says(case, whole):
    result = whole.call
    for picture in (*result.images.values(), *result.pieces.values()):
        assert picture.ndim == 3
        assert picture.shape[0] == 3
        assert picture.isfinite().all()
        assert 0 <= picture.min() <= picture.max() <= 1
        assert picture.std() > 0.01
    if case.makes == "picture":
        assert result.images
    elif case.makes == "pictures":
        assert len(result.pieces) == (1 if case.config.get("grid") else case.config["count"])
    elif case.makes == "clip":
        assert len(open_clip(result.output.read_bytes()).durations) == result.frames[0] == result.frames[1] == 3
    elif case.makes == "model":
        assert all(tensor.isfinite().all() for tensor in result.model.tensors.values())
    else:
        assert result.tables
        assert all(table.rows and table.columns for table in result.tables)
        numbers = [cell for table in result.tables for row in table.rows for cell in row.values()]
        assert all(math.isfinite(number) for number in numbers if isinstance(number, float))


def test_the_command_writes_what_a_call_from_python_gives(case, whole):
    result, written = whole.call, whole.command
    if case.makes == "clip":
        assert result.output.read_bytes() == written["out.gif"]
    elif case.makes == "pictures":  # each with the recipe that makes it alone
        named = {"out.png" if name == "1" else f"out-{name}.png" for name in result.pieces}
        assert set(written) == named | {table.name for table in result.tables}
        for name, picture in result.pieces.items():
            data = written["out.png" if name == "1" else f"out-{name}.png"]
            assert torch.equal(read(data), (picture * 255).round() / 255)
    else:
        assert written == {name: data for name, data in of_outcome(result).items() if not name.startswith("figures/")}


def test_cancelled_at_the_first_step_it_ends_well(case, whole):
    outcome = whole.stopped
    folder = outcome.folder
    assert outcome.state == ("cancelled" if whole.steps else "done")
    assert outcome.output is None or outcome.output.is_file()
    assert folder.report.is_file()


def test_stopped_at_any_step_and_gone_on_with_it_ends_with_the_same_bytes(case, whole):
    assert whole.resumed.read().state == "done"
    assert whole.gone_on == of_outcome(whole.call) | whole.command


def test_repeated_from_its_recipe_it_gives_the_same_bytes(case, whole, here):
    words = ("runs", "repeat", whole.source, "-q", *whole.asked)
    if case.makes == "model":
        assert of_run(RunFolder(Path(answer(*words)["run"]))) == whole.command
    elif case.makes == "table":
        found = answer(*words, "--no-record", "-o", whole.output(here / "again"))
        again = files(here / "again") | {name: rows(each) for name, each in found["tables"].items()}
        assert again == whole.command
    else:
        output = whole.output(here / "again")
        assert answer(*words, "--no-record", "-o", output)
        assert output.read_bytes() == whole.source.read_bytes()


def test_a_dry_run_writes_nothing(case, whole, here, place):
    before = everything(place.folder)
    assert whole.plan["method"] == case.method
    assert everything(here) == []
    assert everything(place.folder) == before


def test_there_is_a_forecast(whole):
    forecast = whole.plan["forecast"]
    if whole.case.method in UNFORESEEN:
        assert forecast is None
    else:
        assert 0 < forecast["seconds"] < 1e5
        assert 0 <= forecast["memory"] < 1e11
