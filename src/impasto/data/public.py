"""Public sets by name: where they are, what their files must be, and where they are kept here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from impasto.download import Progress, cache_folder, download, is_offline
from impasto.errors import InputError


@dataclass(frozen=True)
class PublicFile:
    """A file of a set, its MD5 as it was published, and its bytes."""

    name: str
    md5: str
    size: int


@dataclass(frozen=True)
class PublicSet:
    """A set whose address has been stable for years."""

    name: str
    about: str
    address: str  # ends in "/"; the files' names follow
    files: tuple[PublicFile, ...]
    terms: str

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(file.size for file in self.files)


_IDX = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


def _idx(*about: tuple[str, int]) -> tuple[PublicFile, ...]:
    return tuple(PublicFile(name, md5, size) for name, (md5, size) in zip(_IDX, about, strict=True))


SETS = {
    each.name: each
    for each in (
        PublicSet(
            "mnist",
            "60,000 and 10,000 handwritten digits, 28x28, grey",
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            _idx(
                ("f68b3c2dcbeaaa9fbdd348bbdeb94873", 9_912_422),
                ("d53e105ee54ea40749a09fcbcd1e9432", 28_881),
                ("9fb629c4189551a2d022fa330f9573f3", 1_648_877),
                ("ec29112dd5afa0611ce80d1b7f02629c", 4_542),
            ),
            "CC BY-SA 3.0 (LeCun, Cortes & Burges)",
        ),
        PublicSet(
            "fashion-mnist",
            "60,000 and 10,000 pieces of clothing in 10 classes, 28x28, grey",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            _idx(
                ("8d4fb7e6c68d591d4c3dfef9ec88bf0d", 26_421_880),
                ("25c81989df183df01b3e8a0aad5dffbe", 29_515),
                ("bef4ecab320f06d8554ea6380940ec79", 4_422_102),
                ("bb300cfdad3c16e7a12a480ee83cd310", 5_148),
            ),
            "MIT (Zalando)",
        ),
        PublicSet(
            "cifar10",
            "50,000 and 10,000 photos in 10 classes, 32x32",
            "https://www.cs.toronto.edu/~kriz/",
            (PublicFile("cifar-10-python.tar.gz", "c58f30108f718f92721af3b95e74349a", 170_498_071),),
            "for research, cite Krizhevsky 2009",
        ),
        PublicSet(
            "svhn",
            "73,257 and 26,032 digits from photos of house numbers, 32x32",
            "http://ufldl.stanford.edu/housenumbers/",
            (
                PublicFile("train_32x32.mat", "e26dedcc434d2e4c54c9b2d4a06d8373", 182_040_794),
                PublicFile("test_32x32.mat", "eb5a983be6a315427106f1b164d9cef3", 64_275_384),
            ),
            "for non-commercial use (Netzer et al. 2011)",
        ),
    )
}


def public_set(name: str) -> PublicSet:
    """The set of that name. Raises InputError with the nearest right name."""
    if name not in SETS:
        near = get_close_matches(name, SETS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"one of: {', '.join(SETS)}"
        raise InputError(f"no public set is called {name!r}; {hint}")
    return SETS[name]


def folder_of(name: str) -> Path:
    """Where a set's files are kept on this machine, whether they are there or not."""
    return cache_folder() / "sets" / name


def is_here(known: PublicSet) -> bool:
    """Whether all its files are on this machine; they are put there whole, or not at all."""
    return all((folder_of(known.name) / file.name).is_file() for file in known.files)


def get(
    name: str, *, url: str = "", offline: bool = False, progress: Callable[[PublicFile], Progress] | None = None
) -> Path:
    """The folder of the set of that name, fetched file by file if it is not there yet; each file's hash is checked.

    url: another address of the same files.
    progress: makes what is told of each file's bytes.

    Raises InputError: an unknown name, no network (offline: one line says where to get it), a wrong hash, a full disk.
    """
    known = public_set(name)
    folder, address = folder_of(name), (url.rstrip("/") + "/") if url else known.address
    for file in known.files:
        path = folder / file.name
        if path.is_file():
            continue
        if offline or is_offline():
            files = ", ".join(each.name for each in known.files)
            raise InputError(
                f"{name}: is not on this machine, and downloads are off; put {files} of {address} in {folder}"
            )
        told = progress(file) if progress else None
        download(f"{file.name} of {name}", f"{address}{file.name}", path, md5=file.md5, progress=told)
    return folder


def place_of(path: Path) -> Path:
    """The path itself, or where a public set is kept if nothing is there, and the path is that set's name."""
    if str(path) in SETS and not path.exists():
        known = SETS[str(path)]
        if not is_here(known):
            raise InputError(
                f"{path}: is not on this machine ({-(-known.size // 1_000_000)} MB): impasto data get {path}"
            )
        return folder_of(known.name)
    return path
