"""CIFAR-10 and CIFAR-100, in their "python" and "binary" versions (Krizhevsky 2009)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from impasto.data.stores.pickled import plain
from impasto.data.stores.reader import Arrays, View, check_labels, chosen_split
from impasto.data.stores.tree import Tree
from impasto.errors import InputError
from impasto.images.sources import label

FILE = re.compile(r"(?:.*/)?(?:(data|test)_batch(?:_\d+)?|(train|test))(\.bin)?")
META = re.compile(r"(?:.*/)?(batches\.meta(?:\.txt)?|meta|fine_label_names\.txt)")
TEN = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
SIDE, PIXELS = 32, 3 * 32 * 32
MOST = 1 << 30  # bytes of a batch


def recognised(tree: Tree) -> dict[str, list[int]]:
    """The batches of each part, "train" and "test"; nothing if the files are others."""
    found: dict[str, list[int]] = {}
    names = list(tree.names)
    hundred = any(META.fullmatch(name) and "batches" not in name for name in names)
    for number, name in enumerate(names):
        match = FILE.fullmatch(name)
        if match and (match[1] or hundred):
            found.setdefault("train" if match[1] == "data" or match[2] == "train" else "test", []).append(number)
    return found


def reader(tree: Tree, view: View) -> Arrays:
    """The pictures of one part. Raises InputError for files that are damaged, or hold something else."""
    files = recognised(tree)
    batches = files[chosen_split(view.split, list(files), "train", label(tree.path))]
    classes = _classes(tree)
    count = sum(_count(tree, index, len(classes)) for index in batches)

    def read() -> Iterator[tuple[np.ndarray[Any, Any], Any]]:
        for index in batches:
            yield _batch(tree, index, len(classes))

    return Arrays(count, read, classes, skipped=tree.skipped)


def _classes(tree: Tree) -> tuple[str, ...]:
    """The names of the classes, as a file beside the batches says them."""
    for number, name in enumerate(tree.names):
        if META.fullmatch(name):
            if name.endswith(".txt"):
                words = tree.read(number).decode("utf-8", "replace").split("\n")
                return tuple(word.strip() for word in words if word.strip())
            with tree.open(number) as stream:
                found = plain(stream, tree.where(number))
            names = found.get(b"label_names") or found.get(b"fine_label_names") if isinstance(found, dict) else None
            if isinstance(names, list):
                return tuple(each.decode("latin-1") if isinstance(each, bytes) else str(each) for each in names)
    return TEN


def _head(classes: int) -> int:
    """Bytes of labels before each picture of a binary batch: of a hundred classes the coarse one goes before."""
    return 2 if classes == 100 else 1


def _count(tree: Tree, index: int, classes: int) -> int:
    if not tree.names[index].endswith(".bin"):
        return len(_batch(tree, index, classes)[1])
    record, size = PIXELS + _head(classes), tree.size(index)
    if size % record or not size:
        raise InputError(f"{tree.where(index)}: {size} bytes are no whole number of pictures: get a whole copy")
    return size // record


def _batch(tree: Tree, index: int, classes: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    where = tree.where(index)
    if tree.names[index].endswith(".bin"):
        head = _head(classes)
        rows = np.frombuffer(tree.read(index, MOST), np.uint8).reshape(-1, head + PIXELS)
        pictures, labels = rows[:, head:], rows[:, head - 1].astype(np.int64)
    else:
        with tree.open(index) as stream:
            found = plain(stream, where)
        found = found if isinstance(found, dict) else {}
        pixels, listed = found.get(b"data"), found.get(b"labels", found.get(b"fine_labels"))
        if not isinstance(pixels, np.ndarray) or not isinstance(listed, list) or pixels.ndim != 2:
            raise InputError(f"{where}: is no batch of CIFAR: it has no data and labels")
        if pixels.shape[1] != PIXELS:
            raise InputError(f"{where}: is no batch of CIFAR: its pictures are not 32x32 in colour")
        if not all(isinstance(each, int) for each in listed):
            raise InputError(f"{where}: is no batch of CIFAR: its labels are not whole numbers")
        pictures, labels = pixels, np.array(listed, np.int64)
    check_labels(labels, len(pictures), classes, where)
    return pictures.reshape(-1, 3, SIDE, SIDE), labels
