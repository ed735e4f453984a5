"""LSUN: pictures in LMDB, `data.mdb` in a folder of each category and part (Yu et al. 2015)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from impasto.data.stores.reader import Entry, View, chosen_split
from impasto.data.stores.tree import Folder, Skipped, Tree
from impasto.errors import InputError
from impasto.images.sources import label

FOLDER = re.compile(r"(.*?)_?(train|val|test)?(?:_lmdb)?")


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
    try:
        return lmdb.open(folder, readonly=True, lock=False, readahead=True, meminit=False, create=False)
    except lmdb.Error as error:
        raise InputError(f"{label(folder)}: is no whole LMDB database ({error})") from error
