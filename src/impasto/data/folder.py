"""A folder of pictures that is referred to, and not read as a whole."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from impasto.images.folders import pictures_in


@dataclass(frozen=True)
class PictureFolder:
    """The picture files of a folder, in natural order."""

    path: Path
    files: tuple[Path, ...]

    @classmethod
    def at(cls, path: Path, *, single: bool = False) -> PictureFolder:
        """The pictures directly in a folder; with `single` the path may be a picture, the only one.

        Raises InputError if there are none, or no such folder.
        """
        if single and path.is_file():
            return cls(path.parent, (path,))
        return cls(path, tuple(pictures_in(path)))

    def __len__(self) -> int:
        """The number of pictures."""
        return len(self.files)

    @cached_property
    def fingerprint(self) -> str:
        """The SHA-256 over the files' names and bytes."""
        whole = hashlib.sha256()
        for path in self.files:
            whole.update(path.name.encode("utf-8", "surrogateescape") + b"\0")
            with path.open("rb") as file:
                whole.update(hashlib.file_digest(file, "sha256").digest())
        return whole.hexdigest()
