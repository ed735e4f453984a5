"""Whatever a person points at becomes a store of pictures, or one line."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from impasto.data.cache import Cached, Progress, cached
from impasto.data.public import place_of
from impasto.data.stores import cifar, idx, lsun, npz, svhn
from impasto.data.stores.archive import archive_at
from impasto.data.stores.pictures import PairedFiles, PictureFiles, picture_files
from impasto.data.stores.reader import Reader, View
from impasto.data.stores.tree import Folder, LoneFile, Tree
from impasto.download import cache_folder
from impasto.errors import InputError
from impasto.images.sources import label
from impasto.images.write import write_atomically

LARGE = 64 << 20  # bytes of files whose fingerprint is remembered


@dataclass(frozen=True)
class Form:
    """One way in which sets lie about: the files of a tree that belong to it, by number, and how it is read."""

    name: str
    files: Callable[[Tree], list[int]]
    reader: Callable[[Tree, View], Reader]


def _listed(found: object) -> list[int]:
    """The file numbers in a reader's findings."""
    if isinstance(found, dict):
        return sorted(number for each in found.values() for number in _listed(each))
    return list(found) if isinstance(found, list) else [int(found)]  # type: ignore[call-overload]


FORMS = (
    Form("IDX files, as MNIST's", lambda tree: _listed(idx.recognised(tree)), idx.reader),
    Form("batches of CIFAR", lambda tree: _listed(cifar.recognised(tree)), cifar.reader),
    Form("SVHN's cropped digits", lambda tree: _listed(svhn.recognised(tree)), svhn.reader),
    Form("LMDB, as LSUN's", lambda tree: _listed(lsun.recognised(tree)), lsun.Databases),
    Form("NumPy archives", lambda tree: _listed(npz.recognised(tree)), npz.reader),
)


@dataclass(frozen=True)
class Store:
    """What a person pointed at: its files are listed, and none is read yet."""

    path: Path
    tree: Tree
    form: Form | None  # None: picture files

    @property
    def name(self) -> str:
        """What lines call it."""
        return label(self.path)

    @property
    def kind(self) -> str:
        """What it is, in words."""
        if self.form is not None:
            return self.form.name
        return "a folder of pictures" if isinstance(self.tree, Folder) else "an archive of pictures"

    def __len__(self) -> int:
        """The number of the files that belong to it."""
        return len(self._files)

    @cached_property
    def fingerprint(self) -> str:
        """The SHA-256 over the names and bytes of its files; of large sets it is remembered by names, sizes, times."""
        stamp, size = self._stamp
        if size < LARGE:
            return self.tree.digest(self._files)
        note = cache_folder() / "data" / f"{stamp[:32]}.fingerprint"
        try:
            found: str = json.loads(note.read_bytes())["sha256"]
        except (OSError, ValueError, KeyError, TypeError):
            found = self.tree.digest(self._files)
            try:
                write_atomically(note, json.dumps({"sha256": found, "path": str(self.path)}).encode())
            except InputError:
                return found  # it is found anew each time
        return found

    def reader(self, view: View) -> Reader:
        """Its pictures, none of them read. Raises InputError if the view wants what it has not."""
        if self.form is None:
            return PairedFiles(self.tree, view) if view.pairs == "folders" else PictureFiles(self.tree, view)
        if view.pairs != "none":
            raise InputError(f"{self.name}: {self.form.name} hold no pairs")
        return self.form.reader(self.tree, view)

    def dataset(self, view: View, told: Progress | None = None) -> Cached:
        """Its pictures as a view has them, from the cache (see `impasto.data.cache.cached`)."""
        return cached(self, view, told)

    def check_unchanged(self) -> None:
        """Raise InputError if files came, went or changed since it was opened."""
        try:
            now = _listed_at(self.path)
            same = now.stamp(files_of(self.form, now)) == self._stamp
        except (InputError, OSError):
            same = False
        if not same:
            raise InputError(f"{self.name}: it changed while it was read: start again when it is complete")

    @cached_property
    def _stamp(self) -> tuple[str, int]:
        return self.tree.stamp(self._files)

    @cached_property
    def _files(self) -> list[int]:
        return files_of(self.form, self.tree)


def open_data(path: Path, *, single: bool = False) -> Store:
    """The store at a path: a folder, an archive, a file; or a public set by its name, once it was fetched.

    With `single` it may be one picture, the only one of its set.

    Raises InputError if there is nothing, or nothing that is a set of pictures.
    """
    tree = _listed_at(path)
    form = next((form for form in FORMS if form.files(tree)), None)
    if form is None and isinstance(tree, LoneFile) and not single:
        raise InputError(f"{label(path)}: is one file, and no set of pictures: give a folder, a zip or a tar archive")
    store = Store(path, tree, form)
    len(store)
    return store


def files_of(form: Form | None, tree: Tree) -> list[int]:
    """The numbers of the files in a tree that belong to a set of that form."""
    if form is not None:
        return form.files(tree)
    found: list[int] = picture_files(tree).tolist()
    return found


def _listed_at(path: Path) -> Tree:
    try:
        place = place_of(path)
        mode = place.stat().st_mode
        if stat.S_ISDIR(mode):
            return Folder(place)
        if not stat.S_ISREG(mode):
            raise InputError(f"{label(path)}: is no folder and no plain file")
        archive = None if place.suffix.lower() in (".npz", ".mat") else archive_at(place)
        return archive or LoneFile(place)
    except FileNotFoundError:
        raise InputError(f"{label(path)}: no such folder: check the path") from None
    except OSError as error:
        raise InputError(f"{label(path)}: cannot be read ({error.strerror or error})") from error
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{label(path)}: is not the name of a folder or file") from error  # a null byte in it
