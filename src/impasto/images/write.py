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

from impasto.errors import InputError
from impasto.images.encode import encode, format_of
from impasto.images.sources import label

if TYPE_CHECKING:
    from torch import Tensor

    from impasto.images.metadata import Metadata

_REASONS = {
    errno.ENOSPC: "no space left on the disk: free some, or write elsewhere",
    errno.EDQUOT: "the disk quota is used up: free some, or write elsewhere",
    errno.EACCES: "no permission to write there: write elsewhere",
    errno.EPERM: "no permission to write there: write elsewhere",
    errno.EROFS: "the disk is read-only: write elsewhere",
    errno.EISDIR: "is a folder: add a file name",
    errno.ENOTDIR: "a part of its path is a file, not a folder: write elsewhere",
    errno.EEXIST: "a part of its path is a file, not a folder: write elsewhere",
    errno.ENAMETOOLONG: "the name is too long: shorten it",
}


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
    try:
        if target.is_dir():
            raise InputError(f"{where}: {_REASONS[errno.EISDIR]}")
        folder = target.absolute().parent
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent
        if not folder.is_dir():
            raise InputError(f"{where}: {_REASONS[errno.ENOTDIR]}")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise InputError(f"{where}: {_REASONS[errno.EACCES]}")
        with tempfile.TemporaryFile(dir=folder):  # has no name, or loses it at once: the only sure way to know
            pass
    except OSError as error:
        raise InputError(f"{where}: {_reason(error)}") from error


def write_atomically(path: str | os.PathLike[str], data: bytes) -> None:
    """Put bytes into a file so that it is never seen half-written: written aside, fsynced, then renamed over it.

    Missing folders are made, links are followed, and pipes and devices are written to directly. Raises
    InputError, one line, if it fails; then no new file is left and an older one is as it was.
    """
    where = label(path)
    try:
        target = Path(os.path.realpath(path))
        aside = target.with_name(f".impasto-{secrets.token_hex(6)}.part")
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
    except OSError as error:
        raise InputError(f"{where}: {_reason(error)}") from error
    except ValueError as error:  # a null byte in the name
        raise InputError(f"{where}: is not a file name ({error})") from error


def _reason(error: OSError) -> str:
    return _REASONS.get(error.errno or 0, f"cannot be written ({error.strerror or error})")
