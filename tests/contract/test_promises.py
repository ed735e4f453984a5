"""What every method keeps, whatever it makes: asked of the tiny case, or cases, of each."""

from __future__ import annotations

import math
import random
from pathlib import Path

import pytest
import torch
from whole import TIMES, everything, files, rows, same_model

from impasto.cli.app import run
from impasto.images import read
from impasto.registry import METHODS
from impasto.runs.enter import enter
from impasto.runs.every import Every
from impasto.runs.execute import carry_on
from impasto.runs.folder import RunFolder
from impasto.runs.model import from_bytes, model_file
from impasto.runs.outcome import Outcome
from impasto.runs.picture import Picture
from impasto.runs.trained import Trained
from impasto.video import open_clip
from observers import Keep, StopAt
from tiny import CASES


@pytest.mark.parametrize("method", METHODS)
def test_every_method_has_a_tiny_case(method):
    assert method in {case.method for case in CASES}, f"write a case of {method!r} in tests/tiny.py"


def test_a_run_makes_what_its_method_says(case, whole):
    made = whole.call
    pictures = made.parts.values() if isinstance(made, (Picture, Trained)) else made.images.values()
    for picture in pictures:
        assert picture.ndim == 3
        assert picture.shape[0] == 3
        assert picture.isfinite().all()
        assert 0 <= picture.min() <= picture.max() <= 1
        assert picture.std() > 0.01
    if case.makes == "picture":
        assert len(whole.outputs) == 1
    elif case.makes == "pictures":
        assert len(whole.outputs) == len(made.parts) == case.config["count"]
    elif case.makes == "clip":
        clip = open_clip(whole.outputs["out.gif"])
        assert len(clip.durations) == made.frames[0] == made.frames[1] == 3
    elif case.makes == "model":
        assert all(tensor.isfinite().all() for tensor in made.model.tensors.values())
    else:
        assert all(table.rows and table.columns for table in made.tables)
        numbers = [cell for table in made.tables for row in table.rows for cell in row.values()]
        assert all(math.isfinite(number) for number in numbers if isinstance(number, float))


def test_stopped_at_any_step_and_resumed_it_ends_with_the_same_bytes(case, whole, place, tmp_path):
    last = len(whole.steps)
    stop = random.Random(case.name).randint(1, max(last, 1))
    folder = enter(case.job(place), tmp_path, output=whole.output(tmp_path / "outputs"))
    outcome = carry_on(folder, observers=[StopAt(stop)], every=Every(steps=1))
    assert outcome.state == ("cancelled" if last else "done")
    if last:
        kept = [number for number, step in enumerate(whole.steps[:stop], 1) if step.state and step.done < 1]
        later = Keep()
        carry_on(folder, observers=[later])
        assert len(later.steps) == last - max(kept, default=0)
    assert whole.made(folder) == whole.made(whole.run)
    assert files(tmp_path / "outputs") == whole.outputs


def test_cancelled_at_the_first_step_it_ends_well_and_can_go_on(case, whole, place, tmp_path):
    if not whole.steps:
        pytest.skip("it has no steps")
    folder = enter(case.job(place), tmp_path, output=whole.output(tmp_path / "outputs"))
    outcome = carry_on(folder, observers=[StopAt(1)])
    assert outcome.state == folder.read().state == "cancelled"
    assert folder.report.is_file()
    assert outcome.is_empty or all((folder.path / name).is_file() for name in folder.read().files)
    assert (outcome.output is not None) == bool(files(tmp_path / "outputs"))
    assert carry_on(folder, observers=[StopAt(1)]).state == "cancelled"


def test_repeated_from_its_recipe_it_gives_the_same_bytes(case, whole, here):
    files_made = sorted(whole.run.path.parent.joinpath("outputs").iterdir())
    source = files_made[-1] if files_made else whole.run.output if case.makes == "model" else whole.run.path
    output = whole.output(here / "again")
    assert run(["runs", "repeat", str(source), "-q", *(["-o", str(output)] if output else [])]) == 0
    [folder] = (here / "runs").iterdir()
    if output:
        assert output.read_bytes() == source.read_bytes()
    else:
        assert whole.made(RunFolder(folder)) == whole.made(whole.run)


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
    made, folder = whole.call, whole.run
    if isinstance(made, Trained):
        assert same_model(made.model, from_bytes(model_file(folder.path).read_bytes(), "the run"))
        made.save(tmp_path)
        assert model_file(tmp_path).read_bytes() == model_file(folder.path).read_bytes()
    elif isinstance(made, Outcome):
        assert made.output.read_bytes() == whole.outputs["out.gif"]
    elif case.makes == "picture":
        made.save(tmp_path / "called.png")
        assert (tmp_path / "called.png").read_bytes() == whole.outputs["out.png"]
    elif case.makes == "pictures":
        written = [read(path) for path in sorted((folder.path.parent / "outputs").iterdir(), key=_number)]
        assert all(torch.equal(one, (other * 255).round() / 255) for one, other in zip(written, made.parts.values()))
    for table in getattr(made, "tables", ()):
        told = [{name: _text(value) for name, value in row.items() if not TIMES.search(name)} for row in table.rows]
        names = [column.name for column in table.columns if not TIMES.search(column.name)]
        assert [{name: row.get(name, "") for name in names} for row in told] == rows(
            folder.tables / f"{table.name}.csv"
        )


def _number(path: Path) -> int:
    """Of out.png, out-2.png and so on."""
    return int(path.stem.partition("-")[2] or 1)


def _text(value: object) -> str:
    return "" if value is None else str(value)
