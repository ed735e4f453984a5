"""A run's folder: its name, its record, and the files in it."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import stat
import string
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from impasto.errors import InputError
from impasto.images.write import sweep, write_atomically
from impasto.runs.losses import read_losses
from impasto.runs.older import upgraded
from impasto.runs.recipe import RunRecord

RECORD = "run.json"
TRIES, PAUSE = 10, 0.02  # seconds: somebody who only looks at a run holds it for less


class _Place:
    """A file or folder inside a run's folder, by its name there."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, folder: RunFolder, kind: type[RunFolder]) -> Path:
        return folder.path / self._name


class Held:
    """A folder or a file that a process holds while it is at work there: a dead one leaves no lock behind."""

    what = "run"

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold it for as long as the block lasts. Raises InputError if another process is at it."""
        descriptor = self._claim_soon() if os.name != "nt" else None  # no advisory locks on folders there
        try:
            yield
        finally:
            if descriptor is not None:
                os.close(descriptor)

    def is_running(self) -> bool:
        """Whether a live process holds it."""
        if os.name == "nt":
            return False
        descriptor = self._claim(shared=True)  # those who look do not take one another for the run
        if descriptor is not None:
            os.close(descriptor)
        return descriptor is None

    def _claim_soon(self) -> int:
        for _ in range(TRIES):
            descriptor = self._claim(shared=False)
            if descriptor is not None:
                return descriptor
            time.sleep(PAUSE)
        raise InputError(f"{self.path}: this {self.what} is still going on in another process")

    def _claim(self, *, shared: bool) -> int | None:
        """Lock it, alone or together with others, until the descriptor is closed; None if that cannot be."""
        import fcntl

        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            return None
        return descriptor


class RunFolder(Held):
    """The folder of one run, which is `locked` while the run is going on."""

    losses = _Place("losses.csv")
    measures = _Place("measures.csv")  # what was measured now and then
    previews = _Place("previews")
    sheets = _Place("sheets")  # previews that a training keeps by name
    events = _Place("events")  # of TensorBoard, if they were asked for: the folder is there from the beginning
    models = _Place("models")  # that a training keeps on its way, each in a folder of its own
    checkpoints = _Place("checkpoint")
    pieces = _Place("pieces")  # finished parts of the result, such as a clip's frames
    tables, figures = _Place("tables"), _Place("figures")
    inputs = _Place("inputs")  # copies
    output = _Place("output.png")  # the main picture
    report = _Place("report.html")

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._ours = False  # whether there was nothing here before `make`
        self._root_is_new = False

    @classmethod
    def new(cls, root: Path, record: RunRecord) -> RunFolder:
        """The folder of a new run under `root`, named by time, method and three random letters; not made yet."""
        words = record.method.replace(" ", "-")
        moment = datetime.fromisoformat(record.created)
        while True:
            tail = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(3))
            path = root / f"{moment:%Y%m%d-%H%M%S}-{words}-{tail}"
            if not path.exists():
                return cls(path)

    def make(self, *, named: bool = False) -> None:
        """Make the folder. Raises InputError if that cannot be, or if there is something in it.

        named: whether somebody gave it this name, and may have made it already.
        """
        root, flag = (self.path.absolute().parent, "--out") if named else (self.path.parent, "--runs")
        try:
            if named and self.path.is_dir() and any(self.path.iterdir()):
                mend = f"; to finish it: impasto runs resume {self.path}" if (self.path / RECORD).is_file() else ""
                raise InputError(f"--out {self.path}: is there already, and not empty: give another name{mend}")
            self._root_is_new = not root.exists()
            self._ours = True
            self.path.mkdir(parents=True, exist_ok=named)
        except OSError as error:
            self._ours = False
            what = f"{flag} {self.path}: cannot be a run's folder" if named else f"{root}: cannot hold a run's folder"
            mend = "give another name" if named else f"try {flag} DIR"
            raise InputError(f"{what} ({error.strerror}); {mend}") from error

    def check_plain(self) -> None:
        """Raise InputError for a link or a device in it: what is read and written there would be somewhere else."""
        for folder, folders, files in os.walk(self.path):
            for path in (Path(folder, name) for name in (*folders, *files)):
                mode = path.lstat().st_mode
                if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                    raise InputError(f"{path}: is a link, pipe or device, which no run's folder has: take it out")

    @property
    def name(self) -> str:
        """The folder's own name."""
        return self.path.name

    def read(self) -> RunRecord:
        """The run's record. Raises InputError if this is no run's folder."""
        path = self.path / RECORD
        try:
            return RunRecord.model_validate(upgraded(json.loads(path.read_bytes())))
        except FileNotFoundError:
            raise InputError(f"{self.path}: not a run's folder (no {RECORD} in it)") from None
        except ValidationError as error:
            reason = error.errors()[0]["msg"].removeprefix("Value error, ")
            raise InputError(f"{path}: cannot be read: {reason}") from error
        except (ValueError, RecursionError) as error:
            raise InputError(f"{path}: cannot be read: not JSON") from error
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror})") from error

    def write(self, record: RunRecord) -> None:
        """Replace run.json in one stroke."""
        write_atomically(self.path / RECORD, (record.model_dump_json(indent=2) + "\n").encode())

    def update(self, **changes: Any) -> RunRecord:
        """Change fields of run.json."""
        record = RunRecord(**self.read().model_dump() | changes)
        self.write(record)
        return record

    def check(self) -> None:
        """Raise InputError if somebody took the folder away from the run that goes on in it."""
        if not (self.path / RECORD).is_file():
            raise InputError(f"{self.path}: this run's folder is gone, so the run was stopped; start it again")

    def sweep(self) -> None:
        """Remove what killed processes left of files that were not whole."""
        for folder in (self.path, *self.path.rglob("*/")):
            sweep(folder)

    def has_begun(self) -> bool:
        """Whether the run ever finished a step, or made anything."""
        return self.output.exists() or bool(read_losses(self.losses)["step"])

    def discard(self) -> None:
        """Remove the folder of a run that never began, and the one that was made to hold it."""
        if self._ours:
            shutil.rmtree(self.path, ignore_errors=True)
        root = self.path.parent
        if self._root_is_new and root.is_dir() and not any(root.iterdir()):
            root.rmdir()


def all_runs(root: Path) -> list[RunFolder]:
    """The runs under `root`, by name: those that were not named by hand begin with the time."""
    if not root.is_dir():
        return []
    return [RunFolder(path) for path in sorted(root.iterdir()) if (path / RECORD).is_file()]


def find_run(word: str, root: Path) -> RunFolder:
    """The run that `word` means: a folder, "latest", a run's name, or a part of one that only one run has."""
    if (Path(word) / RECORD).is_file():
        return RunFolder(Path(word))
    runs = all_runs(root)
    if not runs and Path(word).parent != Path():
        what = "not a run's folder" if Path(word).exists() else "no such folder"
        raise InputError(f"{word}: {what}; {root}: holds no runs; say where they are with --runs DIR")
    if not runs:
        unknown = "" if word == "latest" else f"{word}: no such run; "
        raise InputError(f"{unknown}{root}: holds no runs; say where they are with --runs DIR")
    if word == "latest":
        return latest(runs)
    found = [run for run in runs if run.name == word] or [run for run in runs if word in run.name]
    if len(found) != 1:
        what = "no run is" if not found else f"{len(found)} runs are"
        raise InputError(f"{word}: {what} called so in {root}; see: impasto runs list")
    return found[0]


def latest(runs: list[RunFolder]) -> RunFolder:
    """The run that began last, of those whose record can be read. Raises InputError if that is none."""
    created = {}
    damage: InputError | None = None
    for run in runs:
        try:
            created[run] = run.read().began, (run.path / RECORD).stat().st_ctime_ns
        except InputError as error:
            damage = error
    if damage and not created:
        raise damage
    return max(created, key=lambda run: created[run])
