"""A batch on the disk, in the folder of the runs: what was never begun of a killed one can still be made."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from impasto.errors import InputError
from impasto.images.write import write_atomically
from impasto.runs.folder import RECORD, Held, RunFolder, all_runs
from impasto.runs.recipe import RunRecord, Text, Values, now
from impasto.runs.seal import Sealed, is_ours, sealed

FOLDER = "batches"


class Order(BaseModel):
    """One run to make: its inputs by name, and where the picture goes ("-" for standard output; None for nowhere)."""

    model_config = ConfigDict(frozen=True)

    given: dict[str, list[Text]]
    output: Path | None
    clip: bool = False  # whether every frame of the picture is wanted

    @property
    def paths(self) -> list[str]:
        """Those of all inputs."""
        return [path for paths in self.given.values() for path in paths]


class Batch(Sealed):
    """What a command was to make: its method, config and other flags, and the folder that paths begin in."""

    SEALED = frozenset({"method", "config", "flags", "where", "orders"})

    method: Text
    config: Values
    flags: Values
    where: Text
    orders: list[Order]


class BatchFile(Held):
    """The file of a batch, held by the process that makes it, and removed when nothing is left."""

    what = "batch"

    def __init__(self, path: Path, *, root_is_new: bool = False) -> None:
        super().__init__(path)
        self._root_is_new = root_is_new

    @classmethod
    def write(cls, batch: Batch, root: Path) -> BatchFile:
        """Keep a batch among the runs under `root`."""
        words, moment = batch.method.replace(" ", "-"), datetime.fromisoformat(now())
        root_is_new = not root.exists()
        path = root / FOLDER / f"{moment:%Y%m%d-%H%M%S}-{words}-{secrets.token_hex(3)}.json"
        write_atomically(path, (sealed(batch).model_dump_json(indent=1) + "\n").encode())
        return cls(path, root_is_new=root_is_new)

    @classmethod
    def of(cls, record: RunRecord, root: Path, *, wanted: bool) -> BatchFile | None:
        """That of a run under `root`; None if the run is of none, or all of it was begun, or it is somebody else's.

        A damaged one stops nothing, unless it is `wanted`: InputError.
        """
        name = "" if record.batch is None else record.batch[0]
        found = cls(root / FOLDER / Path(name).name)
        try:
            return found if name and found.path.is_file() and is_ours(found.read()) else None
        except InputError:
            if wanted:
                raise
            return None

    @classmethod
    def unbegun(cls, word: str, root: Path) -> BatchFile | None:
        """The batch that `word` means, of those under `root` that were killed before their first run was recorded.

        It is its path or its name, or "latest" if no run was written to since. Raises InputError if that of a path is
        damaged.
        """
        named = cls(Path(word))
        if named.path.suffix == ".json" and named.path.absolute().parent.name == FOLDER and named.path.is_file():
            return named if is_ours(named.read()) and not named.is_running() and not named.begun() else None
        newest = max(((run.path / RECORD).stat().st_ctime for run in all_runs(root)), default=0.0)
        for path in sorted((root / FOLDER).glob("*.json"), reverse=True):
            found = cls(path)
            with suppress(InputError):
                meant = path.stat().st_mtime > newest if word == "latest" else word in (path.name, path.stem)
                if meant and not found.is_running() and is_ours(found.read()) and not found.begun():
                    return found
        return None

    @property
    def root(self) -> Path:
        """The folder of its runs."""
        return self.path.parents[1]

    def read(self) -> Batch:
        """Raises InputError if it is damaged."""
        try:
            return Batch.model_validate(json.loads(self.path.read_bytes()))
        except (OSError, ValueError, RecursionError) as error:
            raise InputError(f"{self.path}: cannot be read: not a batch of impasto") from error

    def left(self) -> dict[int, Order]:
        """The orders whose runs were never begun, by their numbers."""
        begun = self.begun()
        return {number: order for number, order in enumerate(self.read().orders) if number not in begun}

    def begun(self) -> dict[int, RunFolder]:
        """The runs of it, by the numbers of their orders."""
        found = {}
        for run in all_runs(self.root):
            with suppress(InputError):
                name, number = run.read().batch or ("", 0)
                if name == self.path.name:
                    found[number] = run
        return found

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Hold it while its runs are made; it goes if nothing is left then, or nothing was begun.

        Its folder goes with it if it is empty, and the one of the runs if it was made for it.
        """
        with self.locked():
            try:
                yield
            finally:
                if len(self.left()) in (0, len(self.read().orders)):
                    self.path.unlink(missing_ok=True)
                    with suppress(OSError):
                        self.path.parent.rmdir()
                        if self._root_is_new:
                            self.root.rmdir()
