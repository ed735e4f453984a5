"""Write a picture to a file, whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from impasto.errors import InputError, writing
from impasto.images.encode import encode, format_of
from impasto.images.folders import nearest_existing
from impasto.images.sources import label

if TYPE_CHECKING:
    from torch import Tensor

    from impasto.images.metadata import Metadata

_ASIDE, _SHOWN, _PART = ".impasto-", 40, ".part"
"""The name of a file that is not whole yet: its beginning, the letters of its later name, its end."""


def write(
    image: Tensor,
    path: str | os.PathLike[str],
    *,
    recipe: Mapping[str, Any] | None = None,
    metadata: Metadata | None = None,
    quality: int = 95,
    bits: int = 8,
) -> None:
    """Write a picture (3, H, W), sRGB in [0, 1]; the name's ending chooses the format, missing folders are made.

    The other arguments are those of `encode`. The file appears whole or, whatever happens, not at all: an older
    file of that name stays until the new one is on the disk. Raises InputError if it cannot be written.
    """
    check_target(path, bits=bits)
    target = Path(path)
    write_atomically(target, encode(image, target.suffix, recipe=recipe, metadata=metadata, quality=quality, bits=bits))


def check_target(path: str | os.PathLike[str], *, bits: int = 8) -> None:
    """Raise InputError now for what would keep `write` from writing there after a long run; makes nothing."""
    check_place(path)
    format_of(Path(path).suffix, bits)


def check_place(path: str | os.PathLike[str]) -> None:
    """Raise InputError if a file of that name cannot be made there, whatever its format; makes nothing."""
    where, target = label(path), Path(path)
    with writing(where):
        with contextlib.suppress(FileNotFoundError, ValueError):
            os.stat(target)  # noqa: PTH116 - says why a path cannot be followed, where a Path knows of nothing there
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, "")
        folder = nearest_existing(target.absolute().parent)
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "")
        with tempfile.TemporaryFile(dir=folder):  # has no name, or loses it at once: the only sure way to know
            pass


def write_atomically(path: str | os.PathLike[str], data: bytes) -> None:
    """Put bytes into a file so that it is never seen half-written: written aside, fsynced, then renamed over it.

    Missing folders are made, links are followed, and pipes and devices are written to directly. Raises
    InputError, one line, if it fails; then no new file is left and an older one is as it was.
    """
    where = label(path)
    try:
        with writing(where, len(data)):
            target = Path(os.path.realpath(path, strict=False))
            aside = aside_of(target, secrets.token_hex(6))
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.exists() and not target.is_file() and not target.is_dir():
                target.write_bytes(data)
                return
            try:
                with aside.open("xb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(aside, target)  # noqa: PTH105 - the call that is atomic, by its own name
            except BaseException:
                with contextlib.suppress(OSError):
                    aside.unlink(missing_ok=True)
                raise
    except ValueError as error:  # a null byte in the name
        if isinstance(error, InputError):
            raise
        raise InputError(f"{where}: is not a file name ({error})") from error


def aside_of(target: Path, mark: str = "") -> Path:
    """Where a file is written until it is whole; `mark` is another for each process that may write it."""
    return target.with_name(f"{_ASIDE}{target.name[:_SHOWN]}-{mark}{_PART}")


def sweep(folder: Path, beginning: str = "") -> None:
    """Remove what killed processes left of those files in a folder whose names begin so."""
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            if path.name.startswith(_ASIDE + beginning[:_SHOWN]) and path.suffix == _PART:
                path.unlink(missing_ok=True)
