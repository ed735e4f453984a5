"""What a method takes: pictures, models, data sets and files, each by the name that the user sees."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeVar

import torch

from impasto.images.color import white_places
from impasto.images.reading import Reading
from impasto.model import Model

Kind = Literal["picture", "model", "data", "file"]

T = TypeVar("T")


@dataclass(frozen=True)
class Input:
    """One thing that a method takes, or with `many` one or more.

    kind: a picture; the model of a training run; a set of pictures (see `impasto.data.open`), which is listed and not
        read; any other file.
    flag: the option that gives it, without its dashes; "" gives it by its place among the words. Inputs with the same
        flag are given together, `--region MASK=STYLE`, once for each.
    choice: where a field of the config has the flag's name, the value of that field which stands for this input: any
        word that is no choice of the field is the input's path (`--init content|style|noise|PATH`).
    clips: whether the picture may be a clip; the method is then run frame by frame.
    accepts: the kinds of model that it may be; "picture": data that may be one picture.
    reading: what a picture is read for, see `impasto.images.reading`; a result has no colours of masks and maps.
    photo: whether the result is a version of it, so that it can keep what its owner has beside the pixels.
    exemplar: whether it is what the config's `exemplar_size` is about.
    """

    name: str
    help: str
    kind: Kind = "picture"
    many: bool = False
    flag: str = ""
    optional: bool = False
    choice: str = ""
    clips: bool = False
    accepts: tuple[str, ...] = ()
    reading: Reading = "colours"
    photo: bool = False
    exemplar: bool = False


Inputs = Mapping[str, Sequence[object]]
"""What a run is given by input name, read with the functions below; an optional input that is not given has no name."""

Sizes = Mapping[str, Sequence[tuple[int, int]]]
"""(width, height) of the pictures (and a model's own size) by input name, for a forecast before anything is read.

Of a set these are the sizes of all its pictures, each looked at when it is asked for; (0, 0) is no picture.
Masks have `MaskSizes`, models `ModelSizes`.
"""


class MaskSizes(list[tuple[int, int]]):
    """The sizes of masks, and how much of the first one is white, which is looked at when it is asked for."""

    def __init__(self, sizes: Iterable[tuple[int, int]], look: Callable[[], torch.Tensor]) -> None:
        """`look` gives the first mask, (3, H, W)."""
        super().__init__(sizes)
        self._look = look

    @cached_property
    def white(self) -> float:
        """The share that counts as white, from 0 to 1. Raises InputError for a mask that is damaged."""
        return share_of_white(self._look())


class ModelSizes(list[tuple[int, int]]):
    """The size of the pictures that a model was trained on, and the model."""

    def __init__(self, model: Model) -> None:
        super().__init__([model.size])
        self.model = model


def share_of_white(mask: torch.Tensor) -> float:
    """How much of a mask (3, H, W) counts as white, from 0 to 1."""
    return float(white_places(mask).float().mean())


def white_share(sizes: Sizes, name: str) -> float:
    """How much of a mask is white, from 0 to 1; 1 if nothing but its size is known."""
    masks = sizes[name]
    return masks.white if isinstance(masks, MaskSizes) else 1.0


def model_of_sizes(sizes: Sizes, name: str) -> Model | None:
    """The model of an input; None if nothing but its size is known."""
    found = sizes[name]
    return found.model if isinstance(found, ModelSizes) else None


def given_picture(inputs: Inputs, name: str) -> torch.Tensor:
    """The one picture of an input, float32 (3, H, W), sRGB, in [0, 1]."""
    return given(inputs, name, torch.Tensor)[0]


def given_pictures(inputs: Inputs, name: str) -> list[torch.Tensor]:
    """All pictures of an input, in order; none if it is optional and was not given."""
    return given(inputs, name, torch.Tensor)


def given_model(inputs: Inputs, name: str) -> Model:
    """The model of an input of kind "model"."""
    return given(inputs, name, Model)[0]


def given_file(inputs: Inputs, name: str) -> Path | None:
    """The path of an input of kind "file"; None if it is optional and was not given."""
    return next(iter(given(inputs, name, Path)), None)


class NamedInputs(dict[str, Sequence[object]]):
    """What a run is given, and the paths of the files by input name: "-" is standard input or bytes, "" memory."""

    paths: Mapping[str, Sequence[str]] = {}


def called(inputs: Inputs, name: str) -> list[str]:
    """What a line calls the things of an input: by their files, or without one by what they are given for."""
    paths = _paths(inputs, name)
    plain = [name] if len(paths) == 1 else [f"{name} {number}" for number in range(1, len(paths) + 1)]
    return [other if path in ("", "-") else path for path, other in zip(paths, plain, strict=True)]


def given_names(inputs: Inputs, name: str, *, endings: bool = False) -> list[str]:
    """What the things of an input are called, all different: their files' names, else "picture 1" and so on."""
    found: list[str] = []
    for number, path in enumerate(_paths(inputs, name), 1):
        stem = name = (Path(path).name if endings else Path(path).stem) or f"picture {number}"
        again = 2
        while name in found:
            name, again = f"{stem}-{again}", again + 1
        found.append(name)
    return found


def _paths(inputs: Inputs, name: str) -> list[str]:
    """The path of each thing of an input; "" where none is known."""
    count = len(inputs.get(name, ()))
    known = inputs.paths.get(name, ()) if isinstance(inputs, NamedInputs) else ()
    return [*known, *[""] * count][:count]


def given(inputs: Inputs, name: str, kind: type[T]) -> list[T]:
    """What stands for a name, all of one kind; empty if it was not given."""
    found: list[T] = []
    for value in inputs.get(name, ()):
        if not isinstance(value, kind):
            raise TypeError(f"{name} must be a {kind.__name__}, got {type(value).__name__}")
        found.append(value)
    return found
