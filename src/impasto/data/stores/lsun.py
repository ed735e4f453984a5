"""LSUN: pictures in LMDB, `data.mdb` in a folder of each category and part (Yu et al. 2015)."""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from impasto.data.stores.reader import Entry, View, chosen_split
from impasto.data.stores.tree import Folder, Skipped, Tree
from impasto.errors import InputError
from impasto.images.sources import label

FOLDER = re.compile(r"(.*?)_?(train|val|test)?(?:_lmdb)?")
META, MAGIC = 152, 0xBEEFC0DE
"""Bytes at the beginning of each of the first two pages of a database, and what they have at 16."""


def recognised(tree: Tree) -> dict[str, list[int]]:
    """The databases of each part."""
    found: dict[str, list[int]] = {}
    if isinstance(tree, Folder):
        for number, name in enumerate(tree.names):
            if name == "data.mdb" or name.endswith("/data.mdb"):
                match = FOLDER.fullmatch((tree.path / name).absolute().parent.name)
                found.setdefault((match and match[2]) or "train", []).append(number)
    return found


class Databases:
    """The pictures of one part, category after category, each in the order of its keys; categories are the classes."""

    grey = False

    def __init__(self, tree: Tree, view: View) -> None:
        """Raises InputError without the package `lmdb`, or for what is no database."""
        files = recognised(tree)
        chosen = files[chosen_split(view.split, list(files), "train", label(tree.path))]
        self.skipped = Skipped(tree.skipped.count, list(tree.skipped.first))
        folders = [str(PurePosixPath(str(tree.path / tree.names[index])).parent) for index in chosen]
        self._opened = [(_category(folder), _open(folder)) for folder in folders]
        self._counts = [database.stat()["entries"] for _, database in self._opened]
        self.classes = tuple(name for name, _ in self._opened) if len(self._opened) > 1 else ()

    def __len__(self) -> int:
        """The number of pictures."""
        return sum(self._counts)

    def __iter__(self) -> Iterator[Entry]:
        """All pictures, in their order."""
        for number, (name, database) in enumerate(self._opened):
            with database.begin(buffers=False) as reading, reading.cursor() as cursor:
                for key, value in cursor:
                    of = number if self.classes else -1
                    yield Entry(f"{name}/{key.decode('utf-8', 'replace')}", partial(bytes, value), of)


def _category(folder: str) -> str:
    match = FOLDER.fullmatch(PurePosixPath(folder).name)
    return (match and match[1]) or PurePosixPath(folder).name


def _open(folder: str) -> Any:
    try:
        import lmdb
    except ImportError:
        raise InputError(
            f"{label(folder)}: LMDB is read by a package that is not here: pip install 'impasto[data]'"
        ) from None
    _check_whole(folder)
    try:
        return lmdb.open(folder, readonly=True, lock=False, readahead=True, meminit=False, create=False)
    except lmdb.Error as error:
        raise InputError(f"{label(folder)}: is no whole LMDB database ({error})") from error


def _check_whole(folder: str) -> None:
    """Raise InputError for a file that ends before its last page: reading there would end this process.

    The later of two pages at the beginning has the size of pages at 40, the last one's number at 136, and its own
    transaction at 144 (LMDB 0.9, mdb.c: MDB_meta). What has no such pages is left to be refused by `lmdb`.
    """
    try:
        with Path(folder, "data.mdb").open("rb") as file:
            metas = [file.read(META)]
            page = struct.unpack_from("=I", metas[0].ljust(META, b"\0"), 40)[0]
            file.seek(page)
            metas.append(file.read(META))
            size = os.fstat(file.fileno()).st_size
    except OSError as error:
        raise InputError(f"{label(folder)}: cannot be read ({error.strerror or error})") from error
    whole = [meta for meta in metas if len(meta) == META and struct.unpack_from("=I", meta, 16) == (MAGIC,)]
    if not whole:
        return
    last, _ = max((struct.unpack_from("=2Q", meta, 136) for meta in whole), key=lambda numbers: numbers[1])
    if len(whole) == 1 or (last + 1) * page > size:
        raise InputError(f"{label(folder)}: is no whole LMDB database (it ends too early): get a whole copy")
