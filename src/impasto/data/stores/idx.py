"""MNIST and sets of its form: IDX files, packed or not (LeCun, Cortes & Burges 1998; Xiao et al. 2017)."""

from __future__ import annotations

import gzip
import re
import struct
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np

from impasto.data.stores.reader import Arrays, View, check_labels, chosen_split
from impasto.data.stores.tree import Tree
from impasto.errors import InputError
from impasto.images.sources import label

FILE = re.compile(r"(?:.*/)?(\w[\w-]*?)-(images|labels)[-.]idx([13])-ubyte(?:\.gz)?", re.IGNORECASE)
SPLITS = {"t10k": "test"}
FASHION = ("t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
AT_ONCE = 4096  # pictures
MOST = 10_000_000_000  # bytes of all pictures


def recognised(tree: Tree) -> dict[tuple[str, str], int]:
    """The files of such a set, by part ("train", "test") and content ("images", "labels"); unpacked ones go first."""
    found: dict[tuple[str, str], int] = {}
    for number, name in enumerate(tree.names):
        if match := FILE.fullmatch(name):
            part = SPLITS.get(match[1].lower(), match[1].lower())
            key = part, match[2].lower()
            if key not in found or not name.endswith(".gz"):
                found[key] = number
    return found


def reader(tree: Tree, view: View) -> Arrays:
    """The pictures of one part. Raises InputError for files that are cut short, or do not belong together."""
    files = recognised(tree)
    parts = sorted({part for part, content in files if content == "images"}, key=lambda part: (part != "train", part))
    if not parts:
        raise InputError(f"{label(tree.path)}: has labels and no pictures: get a file such as train-images-idx3-ubyte")
    split = chosen_split(view.split, parts, "train", label(tree.path))
    index = files[split, "images"]
    with _opened(tree, index) as stream:
        count, height, width = _header(stream, 3, tree.where(index))
    if not 0 < count * height * width <= MOST:
        raise InputError(f"{tree.where(index)}: says {count} pictures of {width}x{height}: it is damaged")
    labels = None
    if (split, "labels") in files:
        labels = _labels(tree, files[split, "labels"], count)
    classes = _classes(tree, labels)

    def read() -> Iterator[tuple[np.ndarray[Any, Any], Any]]:
        with _opened(tree, index) as stream:
            _header(stream, 3, tree.where(index))
            for first in range(0, count, AT_ONCE):
                some = min(AT_ONCE, count - first)
                data = _exactly(stream, some * height * width, tree.where(index))
                pictures = np.frombuffer(data, np.uint8).reshape(some, 1, height, width)
                yield pictures, None if labels is None else labels[first : first + some]

    return Arrays(count, read, classes, grey=True, skipped=tree.skipped)


def _classes(tree: Tree, labels: np.ndarray[Any, Any] | None) -> tuple[str, ...]:
    if labels is None:
        return ()
    if "fashion" in str(tree.path.absolute()).lower() and labels.max() < len(FASHION):
        return FASHION
    return tuple(str(number) for number in range(max(10, int(labels.max()) + 1)))


def _labels(tree: Tree, index: int, pictures: int) -> np.ndarray[Any, Any]:
    where = tree.where(index)
    with _opened(tree, index) as stream:
        (count,) = _header(stream, 1, where)
        if count != pictures:
            raise InputError(f"{where}: {count} labels for {pictures} pictures: get both files from one place")
        labels = np.frombuffer(_exactly(stream, count, where), np.uint8).astype(np.int64)
    check_labels(labels, pictures, 256, where)
    return labels


def _opened(tree: Tree, index: int) -> BinaryIO:
    stream = tree.open(index)
    packed = stream.read(2) == b"\x1f\x8b"
    stream.seek(0)
    return gzip.GzipFile(fileobj=stream) if packed else stream  # type: ignore[return-value]


def _header(stream: BinaryIO, rank: int, where: str) -> tuple[int, ...]:
    """The lengths that a file of unsigned bytes says."""
    head = _exactly(stream, 4 + 4 * rank, where)
    if head[:4] != bytes((0, 0, 8, rank)):
        kind = "pictures" if rank == 3 else "labels"
        raise InputError(f"{where}: is no IDX file of {kind}: get a whole copy")
    return struct.unpack(f">{rank}I", head[4:])


def _exactly(stream: BinaryIO, count: int, where: str) -> bytes:
    try:
        data = stream.read(count)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{where}: is truncated or damaged ({error}): get a whole copy") from error
    if len(data) < count:
        raise InputError(f"{where}: ends before its last picture: get a whole copy")
    return data
