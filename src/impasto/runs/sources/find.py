"""Find again what a picture was made from, or what a run was begun with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from impasto.errors import InputError
from impasto.images.sources import file_bytes
from impasto.runs.model import model_file
from impasto.runs.recipe import InputRecord
from impasto.runs.sources.picture import ClipSource, PictureSource
from impasto.runs.sources.reference import ReferredSource, data_source, file_source, model_source
from impasto.runs.sources.source import Source, sha256


def find_again(record: InputRecord, beside: Path, given: list[str]) -> Source:
    """Find a recorded input among those `given` by the user, or at its recorded place, or beside the picture to repeat.

    A file is known by its hash; the one that is found among those given is taken out. Raises InputError if it is
    nowhere, or if it is no longer the same.
    """
    recorded = Path(record.path)
    own = [] if record.path in ("", "-") else [recorded, beside / recorded, beside / recorded.name]
    places, there = [*map(Path, given), *own], []
    for number, place in enumerate(places):
        file = model_file(place) if record.kind == "model" and place.is_dir() else place
        if not (file.is_dir() if record.kind == "data" else file.is_file()):
            continue
        there.append(file)
        source = _at(record, file)
        if source is not None:
            del given[number : number + 1]
            return source
    mend = f"give it with --input {record.name}=PATH"
    if there:
        raise InputError(f"{there[0]}: not the {record.name} that was used (its SHA-256 differs); {mend}")
    if places:
        raise InputError(f"{places[0]}: no such file (the {record.name} of this picture); {mend}")
    raise InputError(f"{record.name} came from {'standard input or memory' if record.path else 'memory'}; {mend}")


def kept(records: Sequence[InputRecord], folder: Path) -> list[Source]:
    """What a run's record names, its copies in the run's folder. Raises InputError if something is damaged or gone."""
    return [_kept(record, folder) for record in records]


def _kept(record: InputRecord, folder: Path) -> Source:
    place = folder / (record.copy_path or record.path)
    copied = folder in place.parents
    mend = "start a new run" if copied else "put it back"
    if not place.exists():
        raise InputError(f"{place}: gone, and this run cannot go on without its {record.name}: {mend}")
    try:
        source = _at(record, place)
    except InputError as error:
        raise InputError(f"{error}; this run cannot go on without its {record.name}: {mend}") from error
    if source is None:
        how = "damaged" if copied else f"not the {record.name} that this run began with"
        raise InputError(f"{place}: {how} (its SHA-256 differs); start a new run")
    return source


def _at(record: InputRecord, place: Path) -> Source | None:
    """The source of a record that is said to be at `place`; None if that is something else now."""
    if record.kind in ("picture", "clip"):
        data = file_bytes(place)
        kind = PictureSource if record.kind == "picture" else ClipSource
        return kind(record, data, place) if sha256(data) == record.sha256 else None
    opening = {"model": model_source, "data": data_source, "file": file_source}[record.kind]
    found: ReferredSource = opening(record.name, place)
    # Recipes of before 2027 do not say what was in a folder of photos.
    same = not record.sha256 or found.record.sha256 == record.sha256
    return found if same else None
