"""The runs of a case that nobody stops: as a command, as a call from Python, and as a dry run; each is made once."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import random
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import impasto
from impasto.cli.app import run
from impasto.images import encode
from impasto.observers import Step
from impasto.registry import METHODS
from impasto.runs.enter import enter
from impasto.runs.every import Every
from impasto.runs.execute import carry_on, perform
from impasto.runs.folder import RunFolder
from impasto.runs.model import model_file, to_bytes
from impasto.runs.outcome import Outcome
from impasto.runs.picture import run_method
from impasto.tables import Sheet
from observers import Keep, StopAt
from tiny import Case, Place

TIMES = re.compile(  # columns that no two runs share
    r"second|\b(s|ms|us|time)\b|processor|per step|same quality|^ratio$"
)
TIMED = ("experiment colour", "experiment histogram-loss", "experiment texture-methods")  # seconds are in their figures
RGBA = 6  # the kind of colours in a PNG's header: that of a chart, which may be of times

Made = dict[str, Any]
"""What was made, by the names of files: their bytes; of a table its rows; None where it may be of times."""


class Whole:
    """What came of a case that was run to its end, and where it stands when it is cancelled at the first step."""

    def __init__(self, case: Case, place: Place, folder: Path) -> None:
        self.case, self._place, self._folder = case, place, folder
        self._keep = Keep()

    @cached_property
    def command(self) -> Made:
        """What the command made; only a training needs a run's folder for that."""
        at = self._folder / "command"
        where = ["-o", self.output(at), "--parts", "--no-record"]
        if self.case.makes == "model":
            assert answer(*self.case.words(self._place), "-q", "--out", at)
            return of_run(RunFolder(at))
        found = answer(*self.case.words(self._place), "-q", *where)
        return files(at) | {name: rows(each) for name, each in found.get("tables", {}).items()}

    def output(self, folder: Path) -> Path:
        """What `-o` is given, for a result in that folder, which is made."""
        folder.mkdir(exist_ok=True)
        return folder / ("out.gif" if self.case.makes == "clip" else "out.png")

    @cached_property
    def call(self) -> Outcome:
        """What the plain functions give; of a table, whose figures none gives, what is beneath them; of a clip, for
        which there is none yet, what its job does.
        """
        case = self.case
        if case.makes == "clip":
            return perform(case.job(self._place), [self._keep], output=self.output(self._folder / "called"))
        items = {item.name: item for item in METHODS[case.method].load().inputs}
        given = {name: each if items[name].many else each[0] for name, each in case.given(self._place).items()}
        if case.makes == "table":
            return run_method(case.method, given, case.config, self._keep)
        if case.makes == "model":
            data, name = given.pop(next(iter(given))), case.method.removeprefix("train ")
            trained = impasto.train(name, data, observer=self._keep, **given, **case.config)
            return Outcome("done", "model", trained.parts, trained.recipe, 0.0, model=trained.model)
        picture = impasto.run(case.method, given, observer=self._keep, **case.config)
        images, pieces = ({}, picture.parts) if case.makes == "pictures" else (picture.parts, {})
        return Outcome("done", case.makes, images, picture.recipe, 0.0, tables=picture.tables, pieces=pieces)

    @property
    def steps(self) -> Sequence[Step]:
        """The steps of that call."""
        assert self.call
        return self._keep.steps

    @cached_property
    def stopped(self) -> Outcome:
        """A recorded run that was cancelled at its first step."""
        job = self.case.job(self._place)
        output = self.output(self._folder / "stopped") if self.case.makes != "model" else None
        outcome = carry_on(enter(job, self._folder / "runs", output=output), observers=[StopAt(1)])
        record = outcome.folder.read()
        assert record.state == outcome.state
        assert all((outcome.folder.path / name).is_file() for name in record.files)
        return outcome

    @cached_property
    def resumed(self) -> RunFolder:
        """That run after it was killed at a step drawn at random, and gone on with."""
        folder, steps, last = self.stopped.folder, self.steps, Keep()
        if steps:
            begun = saved(steps[:1])
            further = random.Random(self.case.name).randint(1, len(steps) - begun)
            with contextlib.suppress(KeyboardInterrupt):
                carry_on(folder, observers=[StopAt(further, KeyboardInterrupt)], every=Every(steps=1))
            carry_on(folder, observers=[last])
            assert len(last.steps) == len(steps) - saved(steps[: begun + further])
        return folder

    @property
    def source(self) -> Path:
        """What it is repeated from: a picture or a clip of it, or where there is none the run."""
        if self.case.makes in ("model", "table"):
            return self.resumed.path
        assert self.command
        return sorted((self._folder / "command").iterdir())[-1]

    @property
    def asked(self) -> list[str]:
        """What has to be given again to repeat it from a picture: folders are not read unasked."""
        if self.source.is_dir():
            return []
        given, items = self.case.given(self._place), METHODS[self.case.method].load().inputs
        folders = [(it.name, path) for it in items if it.kind == "data" for path in given.get(it.name, ())]
        return [word for name, path in folders for word in ("--input", f"{name}={path}")]

    @property
    def gone_on(self) -> Made:
        """What the resumed run has made in the end."""
        return of_run(self.resumed) | files(self._folder / "stopped")

    @cached_property
    def plan(self) -> dict[str, Any]:
        """What a dry run answers."""
        return answer(*self.case.words(self._place), "--dry-run")


def saved(steps: Sequence[Step]) -> int:
    """How many of the steps need not be done again: the last that has a state, and is not the end."""
    return max((number for number, step in enumerate(steps, 1) if step.state and step.done < 1), default=0)


def of_outcome(outcome: Outcome) -> Made:
    """What a call has made."""
    recipe, found = outcome.recipe.embedded(), Made()
    for number, (name, image) in enumerate({} if outcome.frames else outcome.images.items()):
        found[_called(number, name)] = encode(image, "png", recipe=recipe)
    for figure in outcome.figures:
        shown = isinstance(figure, Sheet) and outcome.recipe.method not in TIMED
        found[f"figures/{figure.name}.png"] = encode(figure.picture, "png") if shown else None
    found |= {table.name: rows(table.rows) for table in outcome.tables}
    return found | ({"model": to_bytes(outcome.model)} if outcome.model else {})


def of_run(folder: RunFolder) -> Made:
    """What a run's folder holds of its result, without the picture that stands for a clip."""
    record, found = folder.read(), Made()
    names = [name for name in record.files if "/" not in name]
    for number, name in enumerate([] if "output.gif" in names else names):
        found[_called(number, Path(name).stem)] = (folder.path / name).read_bytes()
    for name, data in files(folder.figures).items():
        found[f"figures/{name}"] = None if data[25] == RGBA or record.method in TIMED else data
    for path in folder.tables.glob("*.csv"):
        with path.open(newline="") as file:
            found[path.stem] = rows(list(csv.DictReader(file)))
    return found | ({"model": model_file(folder.path).read_bytes()} if model_file(folder.path).is_file() else {})


def _called(number: int, name: str) -> str:
    """The file of a run's picture beside its output."""
    return f"out-{name}.png" if number else "out.png"


def answer(*words: object) -> dict[str, Any]:
    """The JSON that a command answers with."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        assert run([*map(str, words), "--json"]) == 0
    found: dict[str, Any] = json.loads(said.getvalue())
    return found


def files(folder: Path) -> dict[str, bytes]:
    """The files of a folder, if there is one."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())} if folder.is_dir() else {}


def everything(folder: Path) -> list[Path]:
    """All files and folders below a folder."""
    return sorted(folder.rglob("*"))


def rows(table: Sequence[Mapping[str, object]]) -> list[dict[str, str]]:
    """The rows of a table as text, without times, and without what is not there."""
    shown = [{name: str(value) for name, value in row.items() if not TIMES.search(name)} for row in table]
    return [{name: text for name, text in row.items() if text not in ("", "None", "nan", "inf")} for row in shown]
