"""SVHN, cropped digits: MATLAB files of version 5 (Netzer et al. 2011; The MathWorks, "MAT-file format").

A file is a row of elements, each packed by itself. The pictures are one array (32, 32, 3, n) whose last number
runs slowest, so that they are read one after the other, and never all held.
"""

from __future__ import annotations

import io
import math
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

from impasto.data.stores.reader import Arrays, View, check_labels, chosen_split
from impasto.data.stores.tree import Tree
from impasto.errors import InputError
from impasto.images.sources import label

FILE = re.compile(r"(?:.*/)?(\w*?)_?32x32\.mat", re.IGNORECASE)
HEADER = 128  # bytes
MATRIX, PACKED = 14, 15
NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8"}  # types of elements
AT_ONCE = 4096  # pictures
MOST_CLASS = 1 << 31
DIGITS = tuple("0123456789")


@dataclass(frozen=True)
class _Array:
    """An array in a file, before its numbers: its stream stands at the first."""

    name: str
    shape: tuple[int, ...]
    kind: str
    size: int  # bytes
    stream: BinaryIO

    def numbers(self, count: int) -> np.ndarray[Any, Any]:
        """The next `count` of them."""
        return np.frombuffer(_exactly(self.stream, count * np.dtype(self.kind).itemsize), self.kind)


def recognised(tree: Tree) -> dict[str, int]:
    """The files by part: "train", "test", "extra"."""
    found = {}
    for number, name in enumerate(tree.names):
        if match := FILE.fullmatch(name):
            found[match[1].lower() or "train"] = number
    if not found and len(tree.names) == 1 and tree.names[0].lower().endswith(".mat"):
        found["train"] = 0
    return found


def reader(tree: Tree, view: View) -> Arrays:
    """The pictures of one part. Raises InputError for files that are damaged, or hold something else."""
    files = recognised(tree)
    index = files[chosen_split(view.split, list(files), "train", label(tree.path))]
    where = tree.where(index)
    try:
        shape, labels = _read_labels(tree, index)
    except (OSError, EOFError, zlib.error, struct.error, ValueError, KeyError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{where}: is truncated or damaged: get a whole copy") from error
    height, width, _, count = shape
    labels[labels == 10] = 0  # the digit 0 is class 10 there
    check_labels(labels, count, 10, where)

    def read() -> Iterator[tuple[np.ndarray[Any, Any], Any]]:
        pictures = _find(tree, index, "X")
        for first in range(0, count, AT_ONCE):
            some = min(AT_ONCE, count - first)
            try:
                data = pictures.numbers(some * height * width * 3)
            except (OSError, EOFError, zlib.error) as error:
                raise InputError(f"{where}: is truncated or damaged: get a whole copy") from error
            yield data.reshape(some, 3, width, height).transpose(0, 1, 3, 2), labels[first : first + some]

    return Arrays(count, read, DIGITS, skipped=tree.skipped)


def _read_labels(tree: Tree, index: int) -> tuple[tuple[int, ...], np.ndarray[Any, Any]]:
    """The shape of the pictures, and their labels."""
    where = tree.where(index)
    pictures = _find(tree, index, "X")
    shape = pictures.shape
    if len(shape) != 4 or shape[2] != 3 or pictures.kind != "u1" or math.prod(shape) != pictures.size:
        raise InputError(f"{where}: X is no array of colour pictures, (height, width, 3, count)")
    labels = _find(tree, index, "y")
    if math.prod(labels.shape) != shape[3]:
        raise InputError(f"{where}: {math.prod(labels.shape)} labels for {shape[3]} pictures")
    numbers = labels.numbers(shape[3])
    if not ((numbers == np.rint(numbers)) & (np.abs(numbers.astype(float)) < MOST_CLASS)).all():
        raise InputError(f"{where}: its labels are no whole numbers: get a whole copy")
    return shape, numbers.astype(np.int64)


def _find(tree: Tree, index: int, name: str) -> _Array:
    """The array of that name. Raises InputError if there is none."""
    where = tree.where(index)
    stream = tree.open(index)
    head = stream.read(HEADER)
    if not head.startswith(b"MATLAB 5.0") or head[126:128] != b"IM":
        version = "of another version (save it with -v6 or -v7)" if head.startswith(b"MATLAB") else "no MATLAB file"
        raise InputError(f"{where}: is {version}")
    while len(tag := stream.read(8)) == 8:
        kind, size = struct.unpack("<2I", tag)
        place = stream.tell()
        if kind == PACKED:
            inner: BinaryIO = io.BufferedReader(_Inflated(stream, size))
            kind, _ = struct.unpack("<2I", _exactly(inner, 8))
        else:
            inner = stream
        if kind == MATRIX:
            array = _array(inner)
            if array.name == name:
                return array
        stream.seek(place + size)
    raise InputError(f"{where}: has no array {name!r}: is it a file of SVHN's cropped digits, and whole?")


def _array(stream: BinaryIO) -> _Array:
    """Flags, lengths and name of an array, up to its numbers."""
    _element(stream)
    shape = tuple(np.frombuffer(_element(stream)[1], "<i4").tolist())
    name = _element(stream)[1].decode("latin-1")
    kind, size, small = _tag(stream)
    if small:
        stream = io.BytesIO(small)
    return _Array(name, shape, NUMBERS[kind], size, stream)


def _element(stream: BinaryIO) -> tuple[int, bytes]:
    kind, size, small = _tag(stream)
    if small:
        return kind, small[:size]
    if size > 1 << 16:
        raise EOFError
    data = _exactly(stream, size + -size % 8)
    return kind, data[:size]


def _tag(stream: BinaryIO) -> tuple[int, int, bytes]:
    """(type, bytes, data) of an element; up to four bytes of data lie in the tag itself."""
    tag = _exactly(stream, 8)
    kind, size = struct.unpack("<2I", tag)
    if kind >> 16:
        return kind & 0xFFFF, kind >> 16, tag[4:]
    return kind, size, b""


def _exactly(stream: BinaryIO, count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise EOFError
    return data


class _Inflated(io.RawIOBase):
    """What `size` packed bytes of a stream unpack to, as far as it is read."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        super().__init__()
        self._stream, self._left, self._unpacker = stream, size, zlib.decompressobj()

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Some more."""
        while True:
            data = self._unpacker.unconsumed_tail or self._stream.read(min(self._left, 1 << 16))
            if not self._unpacker.unconsumed_tail:
                self._left -= len(data)
            found = self._unpacker.decompress(data, len(buffer))
            if found or not data or self._unpacker.eof:
                buffer[: len(found)] = found
                return len(found)
