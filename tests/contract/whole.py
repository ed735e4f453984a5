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
from impasto.observers import Step
from impasto.registry import METHODS
from impasto.runs.enter import enter
from impasto.runs.execute import carry_on, perform
from impasto.runs.folder import RunFolder
from impasto.runs.model import model_file
from impasto.runs.outcome import Outcome
from impasto.runs.picture import Picture
from impasto.runs.trained import Trained
from observers import Keep, StopAt
from tiny import Case, Place

TIMED = ("experiment colour", "experiment histogram-loss", "experiment texture-methods")  # seconds are in their figures
TIMES = re.compile(
    r"second|\b(s|ms|us|time)\b|processor|per step|same quality|^ratio$"
)  # columns that no two runs share
RGBA = 6  # the kind of colours in a PNG's header: that of a chart, which may be of times

Made = dict[str, Any]
"""What was made, by the names of the files: their bytes, or of a table the rows."""


class Whole:
    """What came of a case that was run to its end, and where it stands when it is cancelled at the first step."""

    def __init__(self, case: Case, place: Place, folder: Path) -> None:
        self.case, self._place, self._folder = case, place, folder
        self._keep = Keep()

    @cached_property
    def made(self) -> Made:
        """What the command made; a picture, a clip or several pictures need no run's folder for that."""
        case, at = self.case, self._folder / "command"
        words = [*case.words(self._place), "-q"]
        if output := self.output(at):
            assert run([*words, "-o", str(output), "--parts", "--no-record"]) == 0
            return files(at)
        assert run([*words, "--out", str(at)]) == 0
        return made(RunFolder(at))

    def output(self, folder: Path) -> Path | None:
        """What `-o` is given, for a result in that folder; None for what is only in a run's folder."""
        name = {"table": "", "model": "", "clip": "out.gif"}.get(self.case.makes, "out.png")
        if name:
            folder.mkdir(exist_ok=True)
        return folder / name if name else None

    @property
    def source(self) -> Path:
        """What it is repeated from: the last of the pictures, a training's own picture, or the run."""
        assert self.made
        at = self._folder / "command"
        return {"table": at, "model": at / "output.png"}.get(self.case.makes) or sorted(at.iterdir())[-1]

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
    def stopped(self) -> Outcome:
        """A recorded run that was cancelled at its first step."""
        job = self.case.job(self._place)
        folder = enter(job, self._folder / "runs", output=self.output(self._folder / "stopped"))
        return carry_on(folder, observers=[StopAt(1)])

    def gone_on(self, folder: RunFolder) -> Made:
        """What that run has made in the end, by the names that the command's files have."""
        if self.case.makes in ("model", "table"):
            return made(folder)
        parts = folder.read().files[1:] if self.case.makes == "picture" else []
        return files(self._folder / "stopped") | {f"out-{name}": (folder.path / name).read_bytes() for name in parts}

    @cached_property
    def plan(self) -> dict[str, Any]:
        """What a dry run answers."""
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            assert run([*self.case.words(self._place), "--dry-run"]) == 0
        plan: dict[str, Any] = json.loads(said.getvalue())
        return plan


def made(folder: RunFolder) -> Made:
    """What a run's folder holds of its result, which another run of the same makes again to the last bit."""
    names = [name for name in folder.read().files if not name.startswith("figures/")]
    found: Made = {name: _content(folder.path / name) for name in names}
    drawn = files(folder.figures)
    timed = folder.read().method in TIMED
    found |= {f"figure {name}": None if data[25] == RGBA or timed else data for name, data in drawn.items()}
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


def _content(path: Path) -> object:
    return rows(path) if path.suffix == ".csv" else path.read_bytes()
