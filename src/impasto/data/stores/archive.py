"""Zip and tar archives: their files are read in place, nothing is unpacked to a path."""

from __future__ import annotations

import io
import lzma
import os
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from impasto.data.stores.names import Names
from impasto.data.stores.tree import Skipped, Tree
from impasto.errors import InputError
from impasto.images.sources import label

SWELLING, FREE = 200, 1 << 30
"""An archive may unpack to so many times its own bytes, beyond the first gibibyte."""

BLOCK = 512  # bytes; a tar archive ends with two of zeros

MOST_UNPACKED = 1 << 31
"""What one file of an archive may have, unpacked into memory: 2 GiB."""

ENCRYPTED = 1  # among the flags of a zip's file

DAMAGES = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, KeyError)
"""What the readers of archives raise for damaged ones."""


class Zip(Tree):
    """A zip archive; its order is that of its table, links and hidden files are left out."""

    def __init__(self, path: Path) -> None:
        self.path, self.skipped = path, Skipped()
        try:
            self._archive = zipfile.ZipFile(path)
        except DAMAGES as error:
            raise _damaged(path, error) from error
        if any(each.flag_bits & ENCRYPTED for each in self._archive.infolist()):
            raise InputError(f"{label(path)}: is encrypted: unpack it, and give the folder")
        infos = [each for each in self._archive.infolist() if self._is_plain(each)]
        check_swelling(path, sum(each.file_size for each in infos))
        self._infos = infos
        self.names = Names(each.filename for each in infos)

    def open(self, index: int) -> BinaryIO:
        """The file of that number; its bytes end where the table says."""
        self.check_size(index, MOST_UNPACKED)
        try:
            return io.BytesIO(self._archive.read(self._infos[index]))
        except (*DAMAGES, RuntimeError, NotImplementedError) as error:
            raise _damaged(self.where(index), error) from error

    def size(self, index: int) -> int:
        """The bytes that the table says."""
        return self._infos[index].file_size

    def files(self, chosen: Iterable[int]) -> Iterator[tuple[str, str]]:  # noqa: ARG002 - all are in it
        """The archive."""
        yield self.path.name, str(self.path)

    def _is_plain(self, info: zipfile.ZipInfo) -> bool:
        if info.is_dir() or is_hidden(info.filename):
            return False
        if stat.S_ISLNK(info.external_attr >> 16):
            self.skipped.add(info.filename, "a link in an archive")
            return False
        return True


class Tar(Tree):
    """A tar archive, compressed or not, in the order in which its files follow one another."""

    def __init__(self, path: Path) -> None:
        self.path, self.skipped = path, Skipped()
        places: list[tuple[int, int]] = []
        try:
            self.names = Names(self._listed(places))
            self._stream = _unpacking(path)
        except DAMAGES as error:
            if isinstance(error, InputError):
                raise
            raise _damaged(path, error) from error
        self._places = np.array(places, np.int64).reshape(-1, 2)

    def open(self, index: int) -> BinaryIO:
        """The file of that number; of a compressed archive all between it and the one before is unpacked again."""
        self.check_size(index, MOST_UNPACKED)
        place, size = map(int, self._places[index])
        try:
            self._stream.seek(place)
            data = self._stream.read(size)
        except DAMAGES as error:
            raise _damaged(self.where(index), error) from error
        if len(data) < size:
            raise InputError(f"{self.where(index)}: the archive ends before it does: get a whole copy")
        return io.BytesIO(data)

    def size(self, index: int) -> int:
        """Its bytes."""
        return int(self._places[index, 1])

    def files(self, chosen: Iterable[int]) -> Iterator[tuple[str, str]]:  # noqa: ARG002 - all are in it
        """The archive."""
        yield self.path.name, str(self.path)

    def _listed(self, places: list[tuple[int, int]]) -> Iterator[str]:
        whole = 0
        with tarfile.open(self.path) as archive:
            while (member := archive.next()) is not None:
                archive.members.clear()  # type: ignore[attr-defined] # or it holds a kilobyte of each
                whole += member.size
                check_swelling(self.path, whole)
                if member.issym() or member.islnk():
                    self.skipped.add(member.name, "a link in an archive")
                elif member.isreg() and member.sparse is None and not is_hidden(member.name):
                    places.append((member.offset_data, member.size))
                    yield member.name.removeprefix("./")
            # Where a header should be, tarfile takes all that is none for the end.
            archive.fileobj.seek(archive.offset)
            if archive.fileobj.read(BLOCK) != bytes(BLOCK):
                raise InputError(f"{label(self.path)}: is truncated (its end is missing): get a whole copy")


def check_swelling(path: Path, unpacked: int) -> None:
    """Raise InputError for an archive that unpacks to more than pictures do."""
    own = path.stat().st_size
    if unpacked > FREE + SWELLING * own:
        raise InputError(
            f"{label(path)}: unpacks to {unpacked / 1e9:.0f} GB or more, over {SWELLING} times its own size: "
            "no set of pictures does; unpack it yourself if you trust it"
        )


def is_hidden(name: str) -> bool:
    """Whether a file in an archive is one that systems put there for themselves."""
    return any(part.startswith((".", "__MACOSX")) and part not in (".", "..") for part in name.split("/"))


def archive_at(path: Path) -> Tree | None:
    """The archive in a file; None if it is none. Raises InputError if it is damaged."""
    with path.open("rb") as file:
        head = file.read(262)
    if head.startswith((b"PK\3\4", b"PK\5\6")):
        return Zip(path)
    if head[257:262] == b"ustar" or (_is_packed(head) and _names_tar(path)) or path.suffix.lower() == ".tar":
        return Tar(path)
    return None


def _is_packed(head: bytes) -> bool:
    return head.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0"))


def _names_tar(path: Path) -> bool:
    return path.suffix.lower() in (".tgz", ".tbz2", ".txz") or ".tar" in (s.lower() for s in path.suffixes)


def _unpacking(path: Path) -> BinaryIO:
    """The bytes of a tar archive, unpacked as far as they are read."""
    import bz2
    import gzip

    with path.open("rb") as file:
        head = file.read(6)
    opener = gzip.open if head.startswith(b"\x1f\x8b") else bz2.open if head.startswith(b"BZh") else lzma.open
    stream: BinaryIO = opener(path, "rb") if _is_packed(head) else path.open("rb")  # type: ignore[assignment]
    return stream


def _damaged(where: str | os.PathLike[str], error: Exception) -> InputError:
    reason = " ".join(str(error).split())[:100] or type(error).__name__
    return InputError(f"{label(where)}: is truncated or damaged ({reason}): get a whole copy")
