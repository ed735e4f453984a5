"""A run's folder: its name, its record, and the files in it."""

from __future__ import annotations

import os
import secrets
import shutil
import string
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from impasto.errors import InputError
from impasto.images.write import write_atomically
from impasto.runs.losses import read_losses
from impasto.runs.recipe import RunRecord

RECORD = "run.json"


class RunFolder:
    """The folder of one run. `lock` it while the run is going on: a dead process leaves no lock behind."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: int | None = None

    @classmethod
    def create(cls, root: Path, record: RunRecord) -> RunFolder:
        """Make a new folder under `root` for a run, named by time, method and three random letters; still empty."""
        words = record.method.replace(" ", "-")
        moment = datetime.fromisoformat(record.created)
        while True:
            tail = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(3))
            path = root / f"{moment:%Y%m%d-%H%M%S}-{words}-{tail}"
            try:
                path.mkdir(parents=True)
            except FileExistsError:
                continue
            except OSError as error:
                raise InputError(f"{root}: cannot hold a run's folder ({error.strerror}); try --runs DIR") from error
            return cls(path)

    @property
    def name(self) -> str:
        """The folder's own name."""
        return self.path.name

    @property
    def losses(self) -> Path:
        """losses.csv."""
        return self.path / "losses.csv"

    @property
    def previews(self) -> Path:
        """The folder of pictures on the way."""
        return self.path / "previews"

    @property
    def checkpoints(self) -> Path:
        """The folder of the latest checkpoint."""
        return self.path / "checkpoint"

    @property
    def inputs(self) -> Path:
        """The folder of the inputs' copies."""
        return self.path / "inputs"

    @property
    def output(self) -> Path:
        """The main picture."""
        return self.path / "output.png"

    @property
    def report(self) -> Path:
        """report.html."""
        return self.path / "report.html"

    def read(self) -> RunRecord:
        """The run's record. Raises InputError if this is no run's folder."""
        path = self.path / RECORD
        try:
            return RunRecord.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            raise InputError(f"{self.path}: not a run's folder (no {RECORD} in it)") from None
        except ValidationError as error:
            raise InputError(f"{path}: cannot be read: {error.errors()[0]['msg']}") from error

    def write(self, record: RunRecord) -> None:
        """Replace run.json in one stroke."""
        write_atomically(self.path / RECORD, (record.model_dump_json(indent=2) + "\n").encode())

    def update(self, **changes: Any) -> RunRecord:
        """Change fields of run.json."""
        record = self.read().model_copy(update=changes)
        self.write(record)
        return record

    def lock(self) -> None:
        """Claim the run for this process. Raises InputError if another process is at it."""
        if os.name == "nt":
            return  # no advisory locks on folders there
        import fcntl

        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise InputError(f"{self.path}: this run is still going on in another process") from None
        self._lock = descriptor

    def unlock(self) -> None:
        """Let go of the run."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the run for as long as the block lasts."""
        self.lock()
        try:
            yield
        finally:
            self.unlock()

    def is_running(self) -> bool:
        """Whether a live process holds the run."""
        try:
            self.lock()
        except InputError:
            return True
        self.unlock()
        return False

    def has_begun(self) -> bool:
        """Whether the run ever finished a step, or made anything."""
        return self.output.exists() or bool(read_losses(self.losses)["step"])

    def discard(self) -> None:
        """Remove the folder of a run that never began."""
        shutil.rmtree(self.path, ignore_errors=True)
        root = self.path.parent
        if root.is_dir() and not any(root.iterdir()):
            root.rmdir()


def all_runs(root: Path) -> list[RunFolder]:
    """The runs under `root`, oldest first."""
    if not root.is_dir():
        return []
    return [RunFolder(path) for path in sorted(root.iterdir()) if (path / RECORD).is_file()]


def find_run(word: str, root: Path) -> RunFolder:
    """The run that `word` means: a folder, "latest", a run's name, or a part of one that only one run has."""
    if (Path(word) / RECORD).is_file():
        return RunFolder(Path(word))
    runs = all_runs(root)
    if not runs:
        raise InputError(f"{root}: holds no runs; say where they are with --runs DIR")
    if word == "latest":
        return max(runs, key=lambda run: (run.read().created, (run.path / RECORD).stat().st_ctime_ns))
    found = [run for run in runs if run.name == word] or [run for run in runs if word in run.name]
    if len(found) != 1:
        what = "no run is" if not found else f"{len(found)} runs are"
        raise InputError(f"{word}: {what} called so in {root}; see: impasto runs list")
    return found[0]
