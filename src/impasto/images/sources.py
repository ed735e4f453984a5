"""From whatever a person points at (a path, `-`, bytes, an open file) to a stream of bytes that can be sought."""

from __future__ import annotations

import difflib
import errno
import io
import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, TypeAlias, TypeGuard

from impasto.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    import torch
    from PIL import Image

MAX_STREAM_BYTES = 1 << 30
"""What a pipe may deliver before it is refused: 1 GiB, ten times the largest file that a camera writes."""

ALIKE = 0.85  # how alike two file names must be for one to be meant by the other: from 0 to 1


class Readable(Protocol):
    """An open binary file, or anything else with `read`."""

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes, all of them if negative."""


File: TypeAlias = "str | os.PathLike[str] | bytes | bytearray | memoryview | Readable"
"""A picture in a file: a path, `-` for standard input, the bytes themselves, or an open binary file."""

Source: TypeAlias = "File | Image.Image | np.ndarray[Any, Any] | torch.Tensor"
"""Anything that `impasto.images.read` reads."""


def is_file(source: object) -> TypeGuard[File]:
    """Whether the source is a path, bytes or an open file, rather than a picture already in memory."""
    return isinstance(source, str | os.PathLike | bytes | bytearray | memoryview) or hasattr(source, "read")


def label(source: object, name: str | None = None) -> str:
    """What an error calls the source: its name or path, else its kind; always one printable line."""
    if name is None:
        if isinstance(source, str | os.PathLike):
            name = "standard input" if source == "-" else os.fspath(source)
        else:
            given = getattr(source, "name", None) or getattr(source, "filename", None)
            name = given if isinstance(given, str) and given else f"picture ({type(source).__name__})"
    return "".join(character if character.isprintable() else "?" for character in name)


def open_stream(source: File, name: str | None = None) -> BinaryIO:
    """Open a file for reading from its start; the caller closes it.

    A plain file is not read yet, so that a header can be judged before a byte of the rest is loaded; pipes
    and open files are read here from where they stand, up to `MAX_STREAM_BYTES`.

    Raises InputError if there is no such file, or it is a folder, empty, unreadable, or open in text mode.
    """
    where = label(source, name)
    if isinstance(source, bytes | bytearray | memoryview):
        return _not_empty(bytes(source), where)
    if isinstance(source, str | os.PathLike):
        if source == "-":
            return _not_empty(_drain(sys.stdin.buffer, where), where)
        return _open_path(os.fspath(source), where)
    return _not_empty(_drain(source, where), where)


def file_bytes(source: File, *, name: str | None = None) -> bytes:
    """All bytes of a file; the way to use standard input or a pipe twice. Raises InputError as `read` does."""
    with open_stream(source, name) as stream:
        try:
            return stream.read()
        except OSError as error:
            raise InputError(f"{label(source, name)}: cannot be read ({error.strerror or error})") from error


def _open_path(path: str, where: str) -> BinaryIO:
    if not path:
        raise InputError("the name of the picture is empty: give a path")
    try:
        status = os.stat(path)  # noqa: PTH116 - a Path would turn "" and "a/." into something else
        if stat.S_ISDIR(status.st_mode):
            raise InputError(f"{where}: is a folder, not a picture: name a file in it")
        stream = Path(path).open("rb")  # noqa: SIM115 - the caller closes it
    except OSError as error:
        raise InputError(f"{where}: {_why_not(path, error)}") from error
    except ValueError as error:  # a null byte in the name
        raise InputError(f"{where}: is not a file name ({error})") from error
    if stat.S_ISREG(status.st_mode):
        if status.st_size == 0:
            stream.close()
            raise InputError(f"{where}: the file is empty: get a whole copy")
        return stream
    with stream:
        return _not_empty(_drain(stream, where), where)


def _why_not(path: str, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        if path.startswith(("http://", "https://")):
            return "addresses are not fetched: download the picture and give its path"
        folder, name = Path(path).parent, Path(path).name
        try:
            near = difflib.get_close_matches(name, os.listdir(folder), n=1, cutoff=ALIKE)  # noqa: PTH208 - names are all it needs
        except OSError:
            return f"no such file: there is no folder {label(folder)}"
        return "no such file" + (f": did you mean {label(folder / near[0])}?" if near else ": check the path")
    if isinstance(error, PermissionError):
        return "no permission to read it: change its permissions or copy it"
    if error.errno == errno.ENOTDIR:
        return "no such file: a part of its path is a file, not a folder"
    return f"cannot be opened ({error.strerror or error})"


def _drain(stream: Readable, where: str) -> bytes:
    try:
        data: object = stream.read(MAX_STREAM_BYTES + 1)
    except (OSError, ValueError) as error:
        raise InputError(f"{where}: cannot be read ({getattr(error, 'strerror', None) or error})") from error
    if isinstance(data, str):
        raise InputError(f'{where}: the file is open in text mode: open it with mode "rb"')
    if not isinstance(data, bytes | bytearray):
        raise InputError(f"{where}: reading it gave {type(data).__name__}, not bytes")
    if len(data) > MAX_STREAM_BYTES:
        raise InputError(f"{where}: more than {MAX_STREAM_BYTES >> 20} MiB came: save it to a file first")
    return bytes(data)


def _not_empty(data: bytes, where: str) -> BinaryIO:
    if not data:
        raise InputError(f"{where}: is empty, there is no picture in it: get a whole copy")
    return io.BytesIO(data)
