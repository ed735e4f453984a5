"""Files by name, wherever they lie: in a folder, in an archive, or alone."""

from __future__ import annotations

import hashlib
import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from impasto.data.stores.names import Names, natural
from impasto.errors import InputError
from impasto.images.sources import label

MOST_BYTES = 1 << 28
"""What a picture's file may have, unpacked: 256 MiB."""
DEEPEST = 50  # folders in folders
RECORD, BEGINS = "run.json", b'{\n  "seal": "'  # what a run's folder has, and how it begins (`impasto.runs.folder`)


@dataclass
class Skipped:
    """What was left out and why: how many, and the first of them by name."""

    count: int = 0
    first: list[tuple[str, str]] = field(default_factory=list)
    held: int = 1000

    def add(self, name: str, reason: str) -> None:
        """Leave one out."""
        self.count += 1
        if len(self.first) < self.held:
            self.first.append((name, reason))


class Tree(ABC):
    """Files below one place. `names` are their paths from there, with "/" between; what cannot be used is `skipped`."""

    path: Path
    names: Names
    skipped: Skipped

    @abstractmethod
    def open(self, index: int) -> BinaryIO:
        """The file of that number from its start; of archives it is quick if they are opened in their order."""

    @abstractmethod
    def size(self, index: int) -> int:
        """Its bytes, as far as the place says."""

    @abstractmethod
    def files(self, chosen: Iterable[int]) -> Iterator[tuple[str, str]]:
        """The files on the disk that the chosen ones are in, with the names that count."""

    def read(self, index: int, most: int = MOST_BYTES) -> bytes:
        """All bytes of a file. Raises InputError if there are more than `most`."""
        self.check_size(index, most)
        with self.open(index) as stream:
            return stream.read(most)

    def check_size(self, index: int, most: int) -> None:
        """Raise InputError for a file of more than `most` bytes."""
        if self.size(index) > most:
            raise InputError(f"{self.where(index)}: has more than {most >> 20} MiB")

    def where(self, index: int) -> str:
        """What lines call a file."""
        return label(f"{self.path}/{self.names[index]}")

    def stamp(self, chosen: Iterable[int]) -> tuple[str, int]:
        """A digest of names, sizes and times, the same as long as nothing is written there; and the bytes of all.

        What is gone already has neither.
        """
        digest, whole = hashlib.sha256(str(self.path.absolute()).encode("utf-8", "surrogateescape")), 0
        for name, path in self.files(chosen):
            try:
                about = os.stat(path)  # noqa: PTH116
                size, moment = about.st_size, about.st_mtime_ns
            except OSError:
                size, moment = 0, 0
            whole += size
            line = f"{path}\0{name}\0{size}\0{moment}\n"
            digest.update(line.encode("utf-8", "surrogateescape"))
        return digest.hexdigest(), whole

    def digest(self, chosen: Iterable[int]) -> str:
        """The SHA-256 over the names and bytes of the files on the disk; of what cannot be read the name counts."""
        whole = hashlib.sha256()
        for name, path in self.files(chosen):
            whole.update(name.encode("utf-8", "surrogateescape") + b"\0")
            with suppress(OSError), open(path, "rb") as file:  # noqa: PTH123
                whole.update(hashlib.file_digest(file, "sha256").digest())
        return whole.hexdigest()


class LoneFile(Tree):
    """One file."""

    def __init__(self, path: Path) -> None:
        self.path, self.names, self.skipped = path, Names([path.name]), Skipped()

    def open(self, index: int) -> BinaryIO:  # noqa: ARG002 - there is one
        """The file."""
        return self.path.open("rb")

    def size(self, index: int) -> int:  # noqa: ARG002 - there is one
        """Its bytes."""
        return self.path.stat().st_size

    def files(self, chosen: Iterable[int]) -> Iterator[tuple[str, str]]:  # noqa: ARG002 - there is one
        """Itself."""
        yield self.path.name, str(self.path)

    def where(self, index: int) -> str:  # noqa: ARG002 - there is one
        """Its path."""
        return label(self.path)


class Folder(Tree):
    """All files of a folder, of any nesting; links are followed as long as they stay within.

    Hidden ones are left out, and folders of runs, whose pictures would become part of what they were made from. A file
    comes before folders, and what is in one folder is in natural order.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.skipped = path, Skipped()
        self._root, self._real = str(path), os.path.realpath(path)
        self.names = Names(self._below(""))

    def open(self, index: int) -> BinaryIO:
        """The file of that number."""
        return open(self._at(index), "rb")  # noqa: PTH123 - a Path for each of millions takes longer than to open it

    def size(self, index: int) -> int:
        """Its bytes."""
        return os.stat(self._at(index)).st_size  # noqa: PTH116

    def files(self, chosen: Iterable[int]) -> Iterator[tuple[str, str]]:
        """Those files."""
        for index in chosen:
            yield self.names[index], self._at(index)

    def _at(self, index: int) -> str:
        return f"{self._root}/{self.names[index]}"

    def _below(self, folder: str) -> Iterator[str]:
        if folder.count("/") > DEEPEST:
            self.skipped.add(folder, "folders nested too deep")
            return
        try:
            with os.scandir(self.path / folder) as found:
                entries = [(natural(each.name), each.name, self._kind(each, folder)) for each in found]
        except OSError as error:
            if not folder:
                raise InputError(f"{label(self.path)}: the folder cannot be listed ({error.strerror})") from error
            self.skipped.add(folder, f"the folder cannot be listed ({error.strerror})")
            return
        if folder and any(name == RECORD for _, name, _ in entries) and is_run(f"{self._root}/{folder}"):
            self.skipped.add(folder.rstrip("/"), "a run's folder")
            return
        entries.sort()
        for _, name, kind in entries:
            if kind == "file":
                yield folder + name
        for _, name, kind in entries:
            if kind == "folder":
                yield from self._below(f"{folder}{name}/")

    def _kind(self, entry: os.DirEntry[str], folder: str) -> str:
        """What is done with it: "file", "folder" or "" for nothing."""
        name = folder + entry.name
        if entry.name.startswith("."):
            return ""
        try:
            if entry.is_symlink():
                if not os.path.realpath(entry.path).startswith(self._real + os.sep):
                    self.skipped.add(name, "a link that leaves the folder")
                    return ""
                return "file" if entry.is_file() else ""
            return "folder" if entry.is_dir() else "file" if entry.is_file() else ""
        except OSError as error:
            self.skipped.add(name, error.strerror or str(error))
            return ""


def is_run(folder: str | os.PathLike[str]) -> bool:
    """Whether a folder is that of a run."""
    with suppress(OSError), (Path(folder) / RECORD).open("rb") as file:
        return file.read(len(BEGINS)) == BEGINS
    return False
