"""Picture files in folders and archives, of any nesting: their classes, and pairs of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from impasto.data.stores.names import natural
from impasto.data.stores.reader import Entry, View
from impasto.data.stores.tree import Folder, Skipped, Tree
from impasto.errors import InputError
from impasto.images.folders import SUFFIXES
from impasto.images.sources import label

Indices: TypeAlias = "np.ndarray[Any, np.dtype[np.int64]]"

SHOWN = 8  # folders in a line
ALIKE = ("", "a", "b")  # of trainA and trainB both are parts of "train"


class PictureFiles:
    """The picture files of a tree, each a picture, or two side by side."""

    grey = False

    def __init__(self, tree: Tree, view: View) -> None:
        """Raises InputError if there are none, or the part that is wanted is not there."""
        self._tree = tree
        self._joined = view.pairs
        self.skipped: Skipped = tree.skipped
        self._chosen = part_of(tree, picture_files(tree), view.split)
        self._shared = shared_folder(tree, self._chosen)
        self.classes = tuple(self._folders()) if view.classes else ()

    def __len__(self) -> int:
        """The number of picture files."""
        return len(self._chosen)

    def __iter__(self) -> Iterator[Entry]:
        """All pictures, in their order."""
        labels = {name: number for number, name in enumerate(self.classes)}
        for index in self._chosen.tolist():
            name = self._tree.names[index]
            of = labels.get(first_folder(name, self._shared), -1)
            yield Entry(name, partial(self._tree.read, index), of, self._joined)

    def _folders(self) -> list[str]:
        found = folders_of(self._tree, self._chosen, self._shared)
        if len(found) < 2:
            raise InputError(f"{label(self._tree.path)}: its pictures lie in no folders that could be their classes")
        return found


class PairedFiles:
    """The picture files in two folders, paired by their paths in them, whose endings may differ."""

    grey = False
    classes = ()

    def __init__(self, tree: Tree, view: View) -> None:
        """Raises InputError if there are not two folders, or nothing in them has the same name."""
        self._tree = tree
        where = label(tree.path)
        chosen = part_of(tree, picture_files(tree), view.split)
        shared = shared_folder(tree, chosen)
        folders = folders_of(tree, chosen, shared)
        if len(folders) != 2:
            raise InputError(f"{where}: pairs lie in two folders, found {shown(folders) or 'none'}")
        sides: list[dict[str, int]] = [{}, {}]
        for index in chosen.tolist():
            name = tree.names[index]
            if folder := first_folder(name, shared):
                sides[folders.index(folder)][name[len(shared + folder) :].rpartition(".")[0]] = index
        first, second = sides
        self._pairs = [(first[stem], second[stem]) for stem in first if stem in second]
        self.skipped = Skipped(tree.skipped.count, list(tree.skipped.first))
        for one, other in ((first, second), (second, first)):
            for stem in one:
                if stem not in other:
                    self.skipped.add(tree.names[one[stem]], "has no partner of the same name")
        if not self._pairs:
            raise InputError(f"{where}: no picture in {folders[0]} has the name of one in {folders[1]}")

    def __len__(self) -> int:
        """The number of pairs."""
        return len(self._pairs)

    def __iter__(self) -> Iterator[Entry]:
        """All pairs, in the order of the first folder."""
        for index, other in self._pairs:
            read, partner = (partial(self._tree.read, number) for number in (index, other))
            yield Entry(self._tree.names[index], read, partner=partner)


def picture_files(tree: Tree) -> Indices:
    """The numbers of the files that are pictures by their names. Raises InputError if there are none."""
    found = [number for number, name in enumerate(tree.names) if name.lower().endswith(SUFFIXES)]
    if not found:
        left = f" ({tree.skipped.count} left out: {tree.skipped.first[0][1]})" if tree.skipped.count else ""
        where = "this folder" if isinstance(tree, Folder) else "it"
        raise InputError(f"{label(tree.path)}: no picture in {where}{left}: give one with files such as .png or .jpg")
    return np.array(found, np.int64)


def part_of(tree: Tree, files: Indices, split: str) -> Indices:
    """Those in the folder that is called like a part, "train" say, or in both trainA and trainB; all if it is ""."""
    if not split:
        return files
    shared = shared_folder(tree, files)
    names = {split.casefold() + end for end in ALIKE}
    found = [index for index in files.tolist() if first_folder(tree.names[index], shared).casefold() in names]
    if not found:
        there = shown(folders_of(tree, files, shared)) or "no folders"
        raise InputError(f"{label(tree.path)}: has no part {split!r}; it has {there}")
    return np.array(found, np.int64)


def shared_folder(tree: Tree, files: Indices) -> str:
    """The folder that all of them are in, with "/" at its end; "" if that is the tree itself."""
    shared: list[str] | None = None
    for index in files.tolist():
        parts = tree.names[index].split("/")[:-1]
        if shared is None:
            shared = parts
        while shared != parts[: len(shared)]:
            shared = shared[:-1]
        if not shared:
            return ""
    return "/".join([*(shared or []), ""]) if shared else ""


def first_folder(name: str, shared: str) -> str:
    """The folder below the shared one that a file is in; "" if there is none between."""
    head, found, _ = name[len(shared) :].partition("/")
    return head if found else ""


def folders_of(tree: Tree, files: Indices, shared: str) -> list[str]:
    """The folders below the shared one, in natural order."""
    return sorted({first_folder(tree.names[index], shared) for index in files.tolist()} - {""}, key=natural)


def shown(names: Sequence[str]) -> str:
    """Some names, for a line."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(label(name) for name in names[:SHOWN]) + more
