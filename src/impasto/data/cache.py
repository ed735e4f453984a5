"""The pictures of a view in one file of bytes, which is mapped into memory: decoded once, however often they are seen.

Behind the pictures stand their labels, and the number of each in its store, since what cannot be read is left out.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np

from impasto.data.dataset import Bytes, Dataset, Part, Pictures
from impasto.data.decoding import decoded_in_order
from impasto.data.stores.reader import Reader, View
from impasto.data.stores.tree import Skipped
from impasto.download import cache_folder
from impasto.errors import InputError, writing
from impasto.images.folders import nearest_existing
from impasto.images.sources import label
from impasto.images.write import aside_of, sweep, write_atomically

Progress = Callable[[int, int], None]
"""Told how many pictures are read, and of how many: some hundred times, if they were not in the cache already."""

VERSION = 1  # of the file's form, and of how pictures are brought to a size
AT_ONCE = 64  # pictures that are read and decoded together
SIZES = 20  # of the pictures themselves, the most common
SPARE = 50_000_000  # bytes that are left free


@dataclass
class Header:
    """What a file of cached pictures holds, and how it came about."""

    version: int
    count: int
    planes: int
    view: dict[str, Any]
    classes: tuple[str, ...]
    fingerprint: str
    skipped: int
    reasons: list[tuple[str, str]] = field(default_factory=list)  # of what was skipped, the first by name
    sizes: list[tuple[int, int, int]] = field(default_factory=list)  # (width, height, how many), the most common


@dataclass(frozen=True)
class Cached(Pictures):
    """A data set in a cached file, which says what was left out."""

    header: Header = field(default_factory=lambda: Header(0, 0, 0, {}, (), "", 0))
    numbers: Any = None  # int64 (N,), of each picture in its store
    path: Path = Path()


def left_out(data: Dataset) -> dict[str, Any]:
    """What of its store is not in a data set, for a record: how much, the first, and why; {} if nothing is."""
    header = getattr(data.whole if isinstance(data, Part) else data, "header", None)
    if not isinstance(header, Header) or not header.skipped:
        return {}
    first = "{}: {}".format(*header.reasons[0]) if header.reasons else ""
    return {"left_out": {"count": header.skipped, "used": header.count, "first": first}}


class Origin(Protocol):
    """Where pictures come from."""

    @property
    def name(self) -> str:
        """What lines call it."""

    @property
    def fingerprint(self) -> str:
        """The SHA-256 over its files."""

    def reader(self, view: View) -> Reader:
        """Its pictures."""

    def check_unchanged(self) -> None:
        """Raise InputError if it is no longer what it was when it was listed."""


def cached(origin: Origin, view: View, told: Progress | None = None) -> Cached:
    """The pictures of a store as a view has them, from the cache, into which they are put if they are not there yet.

    One process at a time does so, others wait. Raises InputError for what cannot be read at all, pictures that change
    while they are read, and a disk with too little space, which is told before anything is written.
    """
    path, whole = _place(origin, view)
    found = _open(path, origin.name, whole)
    if found is not None:
        return found
    with writing(label(path)):
        path.parent.mkdir(parents=True, exist_ok=True)
    with _alone(path):
        found = _open(path, origin.name, whole)
        if found is None:
            _write(path, origin, view, whole, told)
            found = _open(path, origin.name, whole)
    if found is None:
        raise InputError(f"{label(path)}: what was written there is gone already: start again")
    return found


def disk_needed(origin: Origin, view: View) -> int:
    """The bytes by which the cache grows for the pictures of a store as a view has them; 0 if they are there."""
    path, whole = _place(origin, view)
    return _bytes_of(origin.reader(view), view) if _open(path, origin.name, whole) is None else 0


def check_space(origin: Origin, view: View) -> None:
    """Raise InputError if the disk has too little space for the pictures of a store as a view has them."""
    reader, folder = origin.reader(view), cache_folder() / "data"
    needed, free = _bytes_of(reader, view), shutil.disk_usage(nearest_existing(folder.absolute())).free
    if needed + SPARE > free:
        raise InputError(
            f"{origin.name}: {len(reader):,} pictures need {_said(needed)} in {folder}, where {_said(free)} are free: "
            "free some, choose a smaller size, or another place with IMPASTO_CACHE"
        )


def _place(origin: Origin, view: View) -> tuple[Path, str]:
    """Where a view's pictures are kept, and the hash that they are known by."""
    whole = hashlib.sha256(json.dumps([VERSION, origin.fingerprint, asdict(view)]).encode()).hexdigest()
    return cache_folder() / "data" / f"{whole[:32]}.pictures", whole


def _bytes_of(reader: Reader, view: View) -> int:
    return len(reader) * (_planes(reader, view) * view.size[0] * view.size[1] + 16)


def _planes(reader: Reader, view: View) -> int:
    return (1 if reader.grey else 3) * (1 if view.pairs == "none" else 2)


def _open(path: Path, name: str, whole: str) -> Cached | None:
    """What is in the cache; None if it is not there, or not whole."""
    try:
        header = Header(**json.loads(path.with_suffix(".json").read_bytes()))
        header.reasons = [(name, reason) for name, reason in header.reasons]
        header.sizes = [(width, height, count) for width, height, count in header.sizes]
        width, height = header.view["size"]
        one = header.planes * height * width
        if header.version != VERSION or path.stat().st_size != header.count * (one + 16):
            return None
        shape = header.count, header.planes, height, width
        pixels: Bytes = np.memmap(path, np.uint8, "r", shape=shape)
        rest = np.memmap(path, np.int64, "r", offset=header.count * one, shape=(2, header.count))
    except (OSError, ValueError, TypeError, KeyError):
        return None
    labels = np.array(rest[0])
    paired = header.view["pairs"] != "none"
    return Cached(name, pixels, whole, labels, tuple(header.classes), paired, header, rest[1], path)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Wait until no other process writes this file; a process that dies leaves no lock behind."""
    if os.name == "nt":
        yield
        return
    import fcntl

    with writing(label(path)), path.with_suffix(".lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _write(path: Path, origin: Origin, view: View, whole: str, told: Progress | None) -> None:
    sweep(path.parent, path.name)  # what a killed process left
    check_space(origin, view)
    name, reader = origin.name, origin.reader(view)
    aside = aside_of(path, "new")
    try:
        with writing(label(path), _bytes_of(reader, view)), aside.open("wb") as file:
            header = _fill(file, reader, view, told)
            header.fingerprint = whole
            file.flush()
            os.fsync(file.fileno())
        if not header.count:
            raise InputError(_none(name, header))
        origin.check_unchanged()
        write_atomically(path.with_suffix(".json"), json.dumps(asdict(header)).encode())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def _fill(file: BinaryIO, reader: Reader, view: View, told: Progress | None) -> Header:
    """Write all pictures that can be read, their labels and their numbers."""
    skipped, sizes = Skipped(reader.skipped.count, list(reader.skipped.first)), Counter[tuple[int, int]]()
    labels, numbers, milestones = bytearray(), bytearray(), _milestones(len(reader))
    for number, (entry, found) in enumerate(decoded_in_order(reader, view, AT_ONCE)):
        if isinstance(found, InputError):
            skipped.add(entry.name, _reason(str(found), entry.name))
        else:
            pixels, size = found
            file.write(pixels)
            labels += entry.label.to_bytes(8, "little", signed=True)
            numbers += number.to_bytes(8, "little")
            if size in sizes or len(sizes) < 100 * SIZES:
                sizes[size] += 1
        if told is not None and number + 1 in milestones:
            told(number + 1, len(reader))
    file.write(labels + numbers)
    common = [(*size, count) for size, count in sizes.most_common(SIZES)]
    count = len(labels) // 8
    about = VERSION, count, _planes(reader, view), asdict(view), reader.classes, ""
    return Header(*about, skipped.count, skipped.first, common)


def _reason(line: str, name: str) -> str:
    """What a line says of a file, without its name."""
    return line.partition(f"{name}: ")[2] or line


def _milestones(count: int) -> range:
    """How many pictures are read when that is told."""
    return range(count, 0, -max(1, count // 100))[::-1]


def _none(name: str, header: Header) -> str:
    first = f"; the first, {header.reasons[0][0]}: {header.reasons[0][1]}" if header.reasons else ""
    return f"{name}: none of its {header.skipped} pictures can be read{first}"


def _said(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{max(1, round(count / 1e6))} MB"
