"""Find again what a picture was made from, or what a run was begun with."""

from __future__ import annotations

import stat
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PureWindowsPath

from impasto.errors import InputError
from impasto.images.sources import MAX_STREAM_BYTES, file_bytes
from impasto.runs.model import model_file
from impasto.runs.recipe import InputRecord
from impasto.runs.sources.picture import again_source
from impasto.runs.sources.reference import data_source, file_source, model_source
from impasto.runs.sources.source import Source, sha256

HASHED = ("picture", "clip", "model")
"""What is read unasked where a recipe says that it is, since it is known by its hash."""


def find_all(
    records: Sequence[InputRecord], given: Mapping[str, Sequence[str]], find: Callable[[InputRecord, list[str]], Source]
) -> list[Source]:
    """Find all recorded inputs, each among the files that the user gives, by input name, or by itself.

    Raises InputError for a file that is none of them.
    """
    left = {name: list(paths) for name, paths in given.items()}
    sources = [find(record, left.get(record.name, [])) for record in records]
    known = dict.fromkeys(record.name for record in records)
    for name, paths in left.items():
        if paths and name in known:
            raise InputError(f"--input {name}={paths[0]}: is no {name} that was used, or one too many")
        if paths:
            raise InputError(f"--input {name}: this picture has no inputs called so; its inputs: {', '.join(known)}")
    return sources


def find_again(
    record: InputRecord, beside: Path, given: list[str], *, say: Callable[[str], None] = lambda _: None
) -> Source:
    """Find a recorded input among those `given` by the user, or at its recorded place, or beside the picture to repeat.

    A file is known by its hash; the one that is found among those given is taken out. The recipe may be somebody
    else's: what has no such hash is only read if it is given, and no devices, nor what is on another machine.

    Raises InputError if it is nowhere, or if it is no longer the same.
    """
    mend = f"give it with --input {record.name}=PATH"
    asked = [Path(path) for path in given]
    source, there = _among(record, given)
    if source is not None:
        return source
    places = [] if record.path in ("", "-") or record.kind not in HASHED else _places(record.path, beside)
    for place in places:
        file = _file(record, place)
        if not _is_plain(file):
            continue
        there.append(file)
        source = _at(record, file)
        if source is not None:
            say(f"note: {record.name}: {file}, known by its SHA-256")
            return source
    if there:
        if there[0] in asked and record.path not in ("", "-"):
            mend = f"that was {Path(record.path).name}: {mend}, several in any order"
        raise InputError(f"{there[0]}: not the {record.name} that was used (its SHA-256 differs); {mend}")
    if asked or places:
        first = [*asked, *places][0]
        what = "no plain file of at most 1 GiB" if _mode(first) else "no such file"
        raise InputError(f"{first}: {what} (the {record.name} of this picture); {mend}")
    if record.path in ("", "-"):
        raise InputError(f"{record.name} came from {'standard input or memory' if record.path else 'memory'}; {mend}")
    raise InputError(f"{record.name} was {record.path}, which is not read unasked; {mend}")


def kept(
    records: Sequence[InputRecord],
    folder: Path,
    given: Mapping[str, Sequence[str]] | None = None,
    *,
    ours: bool = True,
    say: Callable[[str], None] = lambda _: None,
) -> list[Source]:
    """What a run's record names: copies in the run's folder, unless `given` by the user, known by their hashes.

    ours: whether the run was begun here; else what it only refers to is read as of a picture (see `find_again`).

    Raises InputError if something is damaged or gone.
    """
    return find_all(records, given or {}, lambda record, paths: _kept(record, folder, paths, ours, say))


def _kept(record: InputRecord, folder: Path, given: list[str], ours: bool, say: Callable[[str], None]) -> Source:
    source, _ = _among(record, given)
    if source is not None:
        return source
    place = folder / (record.copy_path or record.path)
    copied = folder in place.parents and ".." not in place.relative_to(folder).parts
    if record.kind in ("picture", "clip") and not copied:
        raise InputError(f"{place}: is not in the run's folder; give it with --input {record.name}=PATH")
    if not copied and not ours:
        return find_again(record, folder, given, say=say)
    mend = f"start a new run, or give it with --input {record.name}=PATH" if copied else "put it back"
    if not place.exists():
        raise InputError(f"{place}: gone, and this run cannot go on without its {record.name}: {mend}")
    try:
        source = _at(record, place)
    except InputError as error:
        raise InputError(f"{error}; this run cannot go on without its {record.name}: {mend}") from error
    if source is None:
        how = "damaged" if copied else f"not the {record.name} that this run began with"
        raise InputError(f"{place}: {how} (its SHA-256 differs); {mend if copied else 'start a new run'}")
    return source


def _among(record: InputRecord, given: list[str]) -> tuple[Source | None, list[Path]]:
    """The source of a record among the files that are given, which is taken out; and those of them that are there."""
    there = []
    for number, place in enumerate(map(Path, given)):
        file = _file(record, place)
        if not (file.exists() if record.kind == "data" else file.is_file()):
            continue
        there.append(file)
        source = _at(record, file)
        if source is not None:
            del given[number]
            return source, there
    return None, there


def _places(path: str, beside: Path) -> list[Path]:
    """Where a file of a picture's recipe may be; on no network share, which would be told who looks there."""
    own = beside / Path(path).name
    shared = PureWindowsPath(path).drive.startswith("\\\\")
    return [own] if shared else [Path(path), beside / path, own]


def _file(record: InputRecord, place: Path) -> Path:
    return model_file(place) if record.kind == "model" and stat.S_ISDIR(_mode(place)) else place


def _mode(place: Path) -> int:
    """The kind of file that is there; 0 if there is none, or it is out of reach."""
    try:
        return place.stat().st_mode
    except (OSError, ValueError):
        return 0


def _is_plain(file: Path) -> bool:
    """Whether a file that nobody gave may be read to know its hash: no pipe or device, and not without end."""
    return stat.S_ISREG(_mode(file)) and 0 < file.stat().st_size <= MAX_STREAM_BYTES


def _at(record: InputRecord, place: Path) -> Source | None:
    """The source of a record that is said to be at `place`; None if that is something else now."""
    if record.kind in HASHED:
        data = file_bytes(place)
        if sha256(data) != record.sha256:
            return None
        if record.kind == "model":
            return model_source(record.name, place, data).called(record.path)
        return again_source(record, data, place)
    if record.kind == "data":
        found = data_source(record.name, place, single=record.count == 1)
    else:
        found = file_source(record.name, place)
    # Recipes of before 2027 do not say what was in a folder of photos.
    same = not record.sha256 or found.record.sha256 == record.sha256
    return found.called(record.path) if same else None
