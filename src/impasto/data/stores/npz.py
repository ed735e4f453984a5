"""ImageNet at 32x32 and sets of its form: NumPy archives with `data` and `labels` (Chrabaszcz et al. 2017)."""

from __future__ import annotations

import math
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np

from impasto.data.stores.reader import Arrays, View, chosen_split
from impasto.data.stores.tree import Tree
from impasto.errors import InputError
from impasto.images.sources import label

SPLITS = (("val", "test"), ("test", "test"), ("", "train"))  # by what the file's name begins with
PICTURES = ("data", "images", "x", "X", "arr_0")
LABELS = ("labels", "label", "y", "arr_1")
AT_ONCE = 4096  # pictures
MOST = 64 << 30  # bytes of all pictures of a file
DAMAGES = (OSError, EOFError, ValueError, KeyError, RuntimeError, zipfile.BadZipFile, zlib.error)


def recognised(tree: Tree) -> dict[str, list[int]]:
    """The files of each part, in their order."""
    found: dict[str, list[int]] = {}
    for number, name in enumerate(tree.names):
        if name.lower().endswith(".npz"):
            stem = re.sub(r".*/", "", name).lower()
            found.setdefault(next(part for start, part in SPLITS if stem.startswith(start)), []).append(number)
    return found


def reader(tree: Tree, view: View) -> Arrays:
    """The pictures of one part. Raises InputError for files that are damaged, or hold something else."""
    files = recognised(tree)
    chosen = files[chosen_split(view.split, list(files), "train", label(tree.path))]
    shapes = [_shape(tree, index) for index in chosen]
    labels = [_labels(tree, index, shape[0]) for index, shape in zip(chosen, shapes, strict=True)]
    known = [each for each in labels if each is not None]
    if len(known) not in (0, len(labels)):
        raise InputError(f"{label(tree.path)}: some of its files have labels, and some none")
    lowest = min((int(each.min()) for each in known), default=0)  # ImageNet's are counted from 1
    classes = (
        tuple(str(number) for number in range(lowest, max(int(each.max()) for each in known) + 1)) if known else ()
    )

    def read() -> Iterator[tuple[np.ndarray[Any, Any], Any]]:
        for index, shape, numbers in zip(chosen, shapes, labels, strict=True):
            first = 0
            for pictures in _pictures(tree, index, shape):
                end = first + len(pictures)
                yield pictures, None if numbers is None else numbers[first:end] - lowest
                first = end

    grey = all(len(shape) == 3 for shape in shapes)
    return Arrays(sum(shape[0] for shape in shapes), read, classes, grey=grey, skipped=tree.skipped)


def _shape(tree: Tree, index: int) -> tuple[int, ...]:
    """The shape of the pictures: (n, 3 * side * side), (n, H, W, 3), (n, 3, H, W) or (n, H, W)."""
    with _member(tree, index, PICTURES) as (stream, shape, kind):
        del stream
    where = tree.where(index)
    if kind != np.uint8 or len(shape) not in (2, 3, 4) or not shape[0]:
        raise InputError(f"{where}: its pictures must be bytes (uint8), found {kind} of {shape}")
    if len(shape) == 2 and _side(shape[1]) ** 2 * 3 != shape[1]:
        raise InputError(f"{where}: rows of {shape[1]} bytes are no square colour pictures")
    if len(shape) == 4 and 3 not in (shape[1], shape[3]):
        raise InputError(f"{where}: pictures of {shape[1:]} have not three channels")
    if np.prod(shape, dtype=float) > MOST:
        raise InputError(f"{where}: says pictures of more than {MOST >> 30} GiB")
    return shape


def _side(row: int) -> int:
    return math.isqrt(row // 3)


def _pictures(tree: Tree, index: int, shape: tuple[int, ...]) -> Iterator[np.ndarray[Any, Any]]:
    """Some pictures after the other, uint8 (n, 1 or 3, H, W)."""
    size = int(np.prod(shape[1:]))
    with _member(tree, index, PICTURES) as (stream, _, _):
        for first in range(0, shape[0], AT_ONCE):
            some = min(AT_ONCE, shape[0] - first)
            try:
                data = stream.read(some * size)
            except DAMAGES as error:
                raise _damaged(tree.where(index), error) from error
            if len(data) < some * size:
                raise InputError(f"{tree.where(index)}: ends before its last picture: get a whole copy")
            rows = np.frombuffer(data, np.uint8)
            if len(shape) == 2:
                yield rows.reshape(some, 3, _side(size), _side(size))
            elif len(shape) == 3:
                yield rows.reshape(some, 1, *shape[1:])
            else:
                yield rows.reshape(some, *shape[1:]) if shape[1] == 3 else _upright(rows.reshape(some, *shape[1:]))


def _damaged(where: str, error: Exception) -> InputError:
    reason = " ".join(str(error).split())[:80] or type(error).__name__
    return InputError(f"{where}: is truncated or damaged ({reason}): get a whole copy")


def _upright(pictures: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return pictures.transpose(0, 3, 1, 2)


def _labels(tree: Tree, index: int, count: int) -> np.ndarray[Any, Any] | None:
    """int64 (count,); None if there are none."""
    where = tree.where(index)
    try:
        with _member(tree, index, LABELS) as (stream, shape, kind):
            if kind.kind not in "iu" or np.prod(shape, dtype=float) != count:
                raise InputError(f"{where}: {kind} of {shape} are no labels for {count} pictures")
            return np.frombuffer(stream.read(count * kind.itemsize), kind).astype(np.int64)
    except LookupError:
        return None
    except DAMAGES as error:
        if isinstance(error, InputError):
            raise
        raise _damaged(where, error) from error


class _member:  # noqa: N801 - used as a function
    """A stream at the first number of an array in a NumPy archive, its shape and type. Objects are refused."""

    def __init__(self, tree: Tree, index: int, names: tuple[str, ...]) -> None:
        self._tree, self._index, self._names = tree, index, names

    def __enter__(self) -> tuple[BinaryIO, tuple[int, ...], np.dtype[Any]]:
        where = self._tree.where(self._index)
        try:
            self._archive = zipfile.ZipFile(self._tree.open(self._index))
            held = set(self._archive.namelist())
            name = next((each for each in self._names if f"{each}.npy" in held), None)
            if name is None:
                if self._names is LABELS:
                    raise LookupError
                raise InputError(f"{where}: has no array 'data': it holds {', '.join(sorted(held))[:100]}")
            stream = self._archive.open(f"{name}.npy")
            version = np.lib.format.read_magic(stream)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, fortran, kind = read(stream)
        except DAMAGES as error:
            if isinstance(error, InputError):
                raise
            if type(error) is LookupError:
                raise
            raise _damaged(where, error) from error
        if kind.hasobject or (fortran and len(shape) > 1):
            raise InputError(f"{where}: its arrays are not plain rows of numbers, and are not opened")
        return stream, shape, kind  # type: ignore[return-value]

    def __exit__(self, *_: object) -> None:
        self._archive.close()
