"""The pictures in a folder, in the order a person expects."""

from __future__ import annotations

import os
import re
from pathlib import Path

from impasto.errors import InputError
from impasto.images.sources import label

SUFFIXES = (
    ".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".tif", ".tiff", ".gif", ".bmp", ".dib",
    ".ppm", ".pgm", ".pbm", ".pnm", ".avif", ".jp2", ".ico", ".psd", ".dds",
)  # fmt: skip
"""The endings, in lower case, of the files that are taken for pictures."""


def pictures_in(folder: str | os.PathLike[str]) -> list[Path]:
    """The picture files directly in a folder, hidden ones left out, in natural order (2.png before 10.png).

    Raises InputError if the folder is missing, cannot be listed, or holds no picture.
    """
    where, path = label(folder), Path(folder)
    try:
        found = [entry for entry in path.iterdir() if entry.suffix.lower() in SUFFIXES and entry.is_file()]
    except FileNotFoundError:
        raise InputError(f"{where}: no such folder: check the path") from None
    except NotADirectoryError:
        raise InputError(f"{where}: is a file, not a folder: give the folder that it is in") from None
    except OSError as error:
        raise InputError(f"{where}: the folder cannot be listed ({error.strerror or error})") from error
    except ValueError as error:  # a null byte in the name
        raise InputError(f"{where}: is not a folder name ({error})") from error
    pictures = [entry for entry in found if not entry.name.startswith(".")]
    if not pictures:
        raise InputError(f"{where}: no picture in this folder: give one with files such as .png or .jpg")
    return sorted(pictures, key=natural_key)


def natural_key(path: Path) -> tuple[list[tuple[int, int, str]], str]:
    """A sort key by which numbers in names count as numbers, letters without case; the name itself breaks ties."""
    parts = re.findall(r"[0-9]+|[^0-9]+", path.name.casefold())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts], path.name


def nearest_existing(folder: Path) -> Path:
    """The folder, or of those above it the nearest that is there."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder
