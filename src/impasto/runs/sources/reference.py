"""What a run refers to by its path and hash, and does not copy: models, folders of pictures, other files."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from impasto.data.dataset import Dataset
from impasto.data.open import open_data
from impasto.errors import InputError
from impasto.images.sources import file_bytes
from impasto.model import Model
from impasto.runs.model import from_bytes, to_bytes
from impasto.runs.recipe import InputRecord
from impasto.runs.sources.picture import put
from impasto.runs.sources.source import sha256


class ReferredSource:
    """Something that is opened already, and stays where it is."""

    def __init__(self, record: InputRecord, value: object, place: Path | None = None) -> None:
        """`place` is where it was found, if that is not the record's path."""
        self.record = record
        self._value, self._place = value, place

    def open(self, background: str) -> object:  # noqa: ARG002 - a source's
        """What it refers to."""
        return self._value

    def keep(self, folder: Path, number: int) -> InputRecord:
        """Note where it is; a model that came from memory is written, for it is nowhere else."""
        if self.record.path or not isinstance(self._value, Model):
            place = self._place or Path(self.record.path)
            return self.record.model_copy(update={"copy_path": str(place.absolute())})
        path = folder / f"{self.record.name}-{number}.safetensors"
        put(path, to_bytes(self._value))
        return self.record.model_copy(update={"copy_path": f"{folder.name}/{path.name}"})

    def called(self, path: str) -> ReferredSource:
        """The same, by the path that it had when a run began with it: what is made has the recipe that it had then."""
        place = self._place or Path(self.record.path)
        return ReferredSource(self.record.model_copy(update={"path": path}), self._value, place)


def model_source(name: str, file: Path, data: bytes | None = None) -> ReferredSource:
    """The model in a file, which is read once, unless its bytes are there. Raises InputError if it is damaged."""
    data = file_bytes(file) if data is None else data
    model = from_bytes(data, str(file))
    return ReferredSource(_record(name, str(file), sha256(data), "model", size=model.size), model)


def memory_model_source(name: str, model: Model) -> ReferredSource:
    """A model that is in memory."""
    return ReferredSource(_record(name, "", sha256(to_bytes(model)), "model", size=model.size), model)


def data_source(name: str, place: Path, *, single: bool = False) -> ReferredSource:
    """A set of pictures: a folder, an archive, a store; with `single` one picture too. Raises InputError for others."""
    data = open_data(place, single=single)
    return ReferredSource(_record(name, str(place), data.fingerprint, "data", count=len(data)), data)


def open_data_source(name: str, data: Dataset) -> ReferredSource:
    """A set of pictures that is open already, for a run within a run."""
    return ReferredSource(_record(name, "", data.fingerprint, "data", size=data.size, count=len(data)), data)


def file_source(name: str, file: Path) -> ReferredSource:
    """Any other file, such as weights. Raises InputError if it is not there."""
    if not file.is_file():
        raise InputError(f"{file}: {'is a folder' if file.is_dir() else 'no such file'}")
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return ReferredSource(_record(name, str(file), digest, "file"), file)


def _record(
    name: str, path: str, digest: str, kind: Any, *, size: tuple[int, int] = (0, 0), count: int = 1
) -> InputRecord:
    return InputRecord(name=name, path=path, sha256=digest, size=size, kind=kind, count=count)
