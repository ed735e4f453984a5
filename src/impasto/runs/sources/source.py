"""What all sources have in common."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol, cast

import torch

from impasto.data.crops import SetSizes
from impasto.data.open import Store
from impasto.inputs import MaskSizes, ModelSizes, NamedInputs, Sizes
from impasto.model import Model
from impasto.runs.recipe import InputRecord


class Source(Protocol):
    """One thing that goes into a run."""

    @property
    def record(self) -> InputRecord:
        """What the recipe says of it."""

    def open(self, background: str) -> object:
        """What the method is given. Raises InputError if it is damaged."""

    def keep(self, folder: Path, number: int) -> InputRecord:
        """Make sure that a run can go on with it: the record, of a copy in `folder` if one was made."""


def opened(sources: Sequence[Source], background: str) -> NamedInputs:
    """All that a method is given, by input name, and where it came from."""
    inputs, paths = NamedInputs(), dict[str, list[str]]()
    for source in sources:
        record = source.record
        inputs[record.name] = [*inputs.get(record.name, ()), source.open(background)]
        paths[record.name] = [*paths.get(record.name, ()), record.path]
    inputs.paths = paths
    return inputs


def sizes(sources: Sequence[Source], background: str) -> Sizes:
    """The sizes by input name, as a forecast takes them; `background` is for what is clear in a mask."""
    by_name: dict[str, Any] = {}
    for source in sources:
        name, record = source.record.name, source.record
        value = source.open("") if record.kind in ("data", "model") else None
        if isinstance(value, Store):
            by_name[name] = SetSizes(value)
        elif isinstance(value, Model):
            by_name[name] = ModelSizes(value)
        elif record.reading == "mask" and name not in by_name:
            by_name[name] = MaskSizes([record.size], partial(_mask, source, background))
        else:
            by_name.setdefault(name, []).append(record.size)
    return by_name


def _mask(source: Source, background: str) -> torch.Tensor:
    return cast("torch.Tensor", source.open(background))


def sha256(data: bytes) -> str:
    """The digest that stands for a file."""
    return hashlib.sha256(data).hexdigest()


def called(path: str) -> str:
    """What a line calls a file."""
    return "standard input" if path == "-" else path
