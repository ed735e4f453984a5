"""The runs of a case that nobody stops: as a command, as a call from Python, and as a dry run; each is made once."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import impasto
from impasto.cli.app import run
from impasto.model import Model
from impasto.observers import Step
from impasto.registry import METHODS
from impasto.runs.execute import perform
from impasto.runs.folder import RunFolder
from impasto.runs.model import model_file
from impasto.runs.outcome import Outcome
from impasto.runs.picture import Picture
from impasto.runs.trained import Trained
from observers import Keep
from tiny import Case, Place

TIMES = re.compile(r"second|\b(s|ms|us|time)\b|per step|same quality|^ratio$")  # columns that no two runs share
DRAWN = b"Matplotlib"  # in a chart, which may be of times


class Whole:
    """What came of a case that was run to its end."""

    def __init__(self, case: Case, place: Place, folder: Path) -> None:
        self.case, self._place, self._folder = case, place, folder
        self._keep = Keep()

    @cached_property
    def run(self) -> RunFolder:
        """The run of the command; what it was asked to write is in `outputs`."""
        folder = self._folder / "command"
        words = self.case.words(self._place)
        output = self.output(self._folder / "outputs")
        assert run([*words, "--out", str(folder), *(["-o", str(output)] if output else []), "-q"]) == 0
        return RunFolder(folder)

    @property
    def outputs(self) -> dict[str, bytes]:
        """The files that the command was asked for, by name."""
        assert self.run
        return files(self._folder / "outputs")

    def output(self, folder: Path) -> Path | None:
        """What `-o` is given, for a result in that folder; None for what is only in a run's folder."""
        folder.mkdir(exist_ok=True)
        return {"table": None, "model": None, "clip": folder / "out.gif"}.get(self.case.makes, folder / "out.png")

    @cached_property
    def call(self) -> Picture | Trained | Outcome:
        """What the call from Python gives; of a clip, which no call makes yet, what its job does."""
        case = self.case
        many = {item.name: item.many for item in METHODS[case.method].load().inputs}
        given = {name: each if many[name] else each[0] for name, each in case.given(self._place).items()}
        if case.makes == "clip":
            return perform(case.job(self._place), [self._keep], output=self.output(self._folder / "called"))
        if case.makes == "model":
            data, name = given.pop(next(iter(given))), case.method.removeprefix("train ")
            return impasto.train(name, data, observer=self._keep, **given, **case.config)
        return impasto.run(case.method, given, observer=self._keep, **case.config)

    @property
    def steps(self) -> Sequence[Step]:
        """The steps of that call."""
        assert self.call
        return self._keep.steps

    @cached_property
    def plan(self) -> dict[str, Any]:
        """What a dry run answers."""
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            assert run([*self.case.words(self._place), "--dry-run"]) == 0
        plan: dict[str, Any] = json.loads(said.getvalue())
        return plan

    def made(self, folder: RunFolder) -> dict[str, Any]:
        """What a run's folder holds of its result, which another run of the same makes again to the last bit."""
        names = [name for name in folder.read().files if not name.startswith("figures/")]
        found: dict[str, Any] = {name: _content(folder.path / name) for name in names}
        found["figures"] = {name: drawn for name, drawn in files(folder.figures).items() if DRAWN not in drawn}
        found["charts"] = {name for name in files(folder.figures) if name not in found["figures"]}
        found["pieces"] = files(folder.pieces)
        if model_file(folder.path).is_file():
            found["model"] = model_file(folder.path).read_bytes()
        return found


def files(folder: Path) -> dict[str, bytes]:
    """The files of a folder, if there is one."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())} if folder.is_dir() else {}


def everything(folder: Path) -> list[Path]:
    """All files and folders below a folder."""
    return sorted(folder.rglob("*"))


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a table, without times."""
    with path.open(newline="") as file:
        return [{name: text for name, text in row.items() if not TIMES.search(name)} for row in csv.DictReader(file)]


def same_model(first: Model, second: Model) -> bool:
    """Whether two models are equal to the last bit."""
    names = first.tensors.keys()
    return names == second.tensors.keys() and all(first.tensors[it].equal(second.tensors[it]) for it in names)


def _content(path: Path) -> object:
    return rows(path) if path.suffix == ".csv" else path.read_bytes()
