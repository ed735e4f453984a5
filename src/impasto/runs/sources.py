"""The pictures (and models) that go into a run: read once, hashed, and found again when a picture is to be repeated."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from safetensors.torch import load, save

from impasto.errors import InputError
from impasto.images.read import read, read_size
from impasto.images.sources import File, file_bytes, is_file
from impasto.methods import Input, Method, Sizes
from impasto.model import Model
from impasto.runs.model import from_bytes, model_file, model_of, to_bytes
from impasto.runs.recipe import InputRecord
from impasto.video import Clip, open_clip

RAW = ".safetensors"  # the copy of a picture that came from memory
CONTENT = "content"
"""The input that may be a clip."""


@dataclass(frozen=True)
class Source:
    """One input of a run: its record, and the bytes of its file (of a tensor, if it came from memory)."""

    record: InputRecord
    data: bytes

    def tensor(self, background: str) -> torch.Tensor:
        """Decode it: (3, H, W) in [0, 1]; of a clip the first frame."""
        if self.record.frames:
            return next(self.clip(background).frames())
        if not self.record.path:
            return load(self.data)["picture"]
        return read(self.data, background=background, name=_called(self.record.path))

    def clip(self, background: str) -> Clip:
        """The clip that it holds, if it is no picture."""
        return open_clip(self.data, background=background, name=_called(self.record.path))

    def model(self) -> Model:
        """The model that it holds, if it is no picture."""
        return from_bytes(self.data, self.record.path or "the model")

    def copy_into(self, folder: Path, number: int) -> InputRecord:
        """Keep the bytes in a run's folder, so that the run can go on when the original is gone."""
        suffix = Path(self.record.path).suffix.lower() if self.record.path else RAW
        path = folder / f"{self.record.name}-{number}{suffix}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(self.data)
        return self.record.model_copy(update={"copy_path": f"{folder.name}/{path.name}"})


def gather(
    method: Method[Any], pictures: Mapping[str, Sequence[Any]], background: str = "white", *, clip: bool = False
) -> list[Source]:
    """Find the pictures of a run, by input name, and those that the config names by path.

    clip: whether the content is a clip, and not a picture.

    A picture is anything that `images.read` reads. Raises InputError if one is missing, superfluous or unreadable.
    """
    sources: list[Source] = []
    for item in method.inputs:
        given = list(pictures.get(item.name, []))
        if not given:
            raise InputError(f"{item.name} is missing: {item.help}")
        if len(given) > 1 and not item.many:
            raise InputError(f"{item.name} must be one picture, got {len(given)}")
        if item.models:
            sources += [_model(item, run) for run in given]
        elif clip and item.name == CONTENT:
            sources += [_clip(item.name, file, background) for file in given]
        else:
            sources += [_source(item.name, picture, background) for picture in given]
    extra = method.extra_inputs()
    known = {item.name for item in method.inputs} | set(extra)
    for name in pictures:
        if name not in known:
            raise InputError(f"{method.name} takes no picture called {name!r}; it takes {', '.join(sorted(known))}")
    for name, path in extra.items():
        sources += [_source(name, picture, background) for picture in pictures.get(name, [path])]
    return sources


def find_again(record: InputRecord, beside: Path, given: str | None = None) -> Source:
    """Find a recorded picture: `given` by the user, or at its recorded place, or beside the picture to repeat.

    Raises InputError if it is nowhere, or if it is no longer the same picture.
    """
    mend = f"give it with --input {record.name}=PATH"
    if given is not None:
        places = [Path(given)]
    elif record.path in ("", "-"):
        raise InputError(f"{record.name} came from {'standard input or memory' if record.path else 'memory'}; {mend}")
    else:
        recorded = Path(record.path)
        places = [recorded, beside / recorded, beside / recorded.name]
    if record.model:
        places = [model_file(place) if place.is_dir() else place for place in places]
    there = [place for place in places if place.is_file()]
    if not there:
        raise InputError(f"{places[0]}: no such file (the {record.name} of this picture); {mend}")
    for place in there:
        data = file_bytes(place)
        if hashlib.sha256(data).hexdigest() == record.sha256:
            return Source(record, data)
    raise InputError(f"{there[0]}: not the {record.name} that was used (its SHA-256 differs); {mend}")


def from_copies(records: Sequence[InputRecord], folder: Path) -> list[Source]:
    """The copies of a run's inputs in its folder. Raises InputError if one is damaged or gone."""
    sources = [Source(record, file_bytes(folder / record.copy_path)) for record in records]
    for source in sources:
        if hashlib.sha256(source.data).hexdigest() != source.record.sha256:
            raise InputError(f"{folder / source.record.copy_path}: damaged (its SHA-256 differs); start a new run")
    return sources


def decoded(sources: Sequence[Source], background: str) -> dict[str, list[torch.Tensor]]:
    """The pictures by input name, and the models (see `methods.given_model`), as a method takes them."""
    by_name: dict[str, list[Any]] = {}
    for source in sources:
        value = source.model() if source.record.model else source.tensor(background)
        by_name.setdefault(source.record.name, []).append(value)
    return by_name


def sizes(sources: Sequence[Source]) -> Sizes:
    """The sizes by input name, as a forecast takes them."""
    by_name: dict[str, list[tuple[int, int]]] = {}
    for source in sources:
        by_name.setdefault(source.record.name, []).append(source.record.size)
    return by_name


def _source(name: str, picture: Any, background: str) -> Source:
    if is_file(picture):
        where = os.fspath(picture) if isinstance(picture, (str, os.PathLike)) else "-"
        data = file_bytes(cast("File", picture))
        size = read_size(data, name=_called(where))
    else:
        where, tensor = "", read(picture, background=background)
        data = save({"picture": tensor.contiguous()})
        size = (tensor.shape[-1], tensor.shape[-2])
    return Source(InputRecord(name=name, path=where, sha256=hashlib.sha256(data).hexdigest(), size=size), data)


def _clip(name: str, file: Any, background: str) -> Source:
    where, data = os.fspath(file), file_bytes(file)
    clip = open_clip(data, background=background, name=_called(where))
    digest = hashlib.sha256(data).hexdigest()
    return Source(InputRecord(name=name, path=where, sha256=digest, size=clip.size, frames=len(clip)), data)


def _model(item: Input, run: Any) -> Source:
    """The model of a run's folder, or one from memory. Raises InputError if it is of another kind."""
    if isinstance(run, Model):
        model, path, data = run, "", to_bytes(run)
    elif not isinstance(run, (str, os.PathLike)):
        raise InputError(f"{item.name} must be the folder of a training run, or its model, got {type(run).__name__}")
    else:
        file = model_of(Path(run))
        path, data = str(file), file_bytes(file)
        model = from_bytes(data, path)
    if model.kind not in item.models:
        raise InputError(f"{path or 'the model'}: is a {model.kind}; {item.name} must be {' or '.join(item.models)}")
    digest = hashlib.sha256(data).hexdigest()
    return Source(InputRecord(name=item.name, path=path, sha256=digest, size=model.size, model=True), data)


def _called(path: str) -> str:
    return "standard input" if path == "-" else path
