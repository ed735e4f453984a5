"""Find what a method takes among what it is given."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from impasto.errors import InputError
from impasto.images.masks import read_mask
from impasto.images.sources import file_bytes, is_file
from impasto.inputs import Input
from impasto.methods import Method
from impasto.model import Model
from impasto.runs.model import model_of
from impasto.runs.sources.picture import MemorySource, clip_source, picture_source
from impasto.runs.sources.reference import data_source, file_source, memory_model_source, model_source
from impasto.runs.sources.source import Source


def gather(
    method: Method[Any], given: Mapping[str, Sequence[Any]], background: str = "white", *, clip: bool = False
) -> list[Source]:
    """Find what goes into a run, by input name; with `clip`, the input that may be a clip is one.

    A picture is anything that `images.read` reads, a model a run's folder or the model itself, all else a path.
    Raises InputError if something is missing, superfluous or unreadable.
    """
    check_counts(method, {name: len(values) for name, values in given.items()})
    return [
        _source(item, value, background, clip=clip and item.clips)
        for item in method.inputs
        for value in given.get(item.name, ())
    ]


def _source(item: Input, value: Any, background: str, *, clip: bool) -> Source:
    if item.kind == "model":
        return _model(item, value)
    if item.kind != "picture":
        if not isinstance(value, (str, os.PathLike)):
            raise InputError(f"{item.name} must be a path, got {type(value).__name__}")
        if item.kind == "data":
            return data_source(item.name, Path(value), single="picture" in item.accepts)
        return file_source(item.name, Path(value))
    if not is_file(value):
        return MemorySource(item.name, read_mask(value, item.reading, background=background), value)
    where = os.fspath(value) if isinstance(value, (str, os.PathLike)) else "-"
    data, place = file_bytes(value), None if where == "-" else Path(where)
    if clip:
        return clip_source(item.name, where, data, place, background)
    return picture_source(item.name, where, data, place, item.reading)


def _model(item: Input, run: Any) -> Source:
    """The model of a run's folder, or one from memory. Raises InputError if it is of another kind."""
    if isinstance(run, Model):
        source = memory_model_source(item.name, run)
    elif not isinstance(run, (str, os.PathLike)):
        raise InputError(f"{item.name} must be the folder of a training run, or its model, got {type(run).__name__}")
    else:
        source = model_source(item.name, model_of(Path(run)))
    model = source.open("")
    assert isinstance(model, Model)
    if item.accepts and model.kind not in item.accepts:
        where = source.record.path or "the model"
        raise InputError(f"{where}: is a {model.kind}; {item.name} must be {' or '.join(item.accepts)}")
    return source


def check_counts(method: Method[Any], given: Mapping[str, int]) -> None:
    """Raise InputError if a method cannot have so many of each input: missing, unknown, too many, or not in pairs."""
    known = {item.name: item for item in method.inputs}
    for name in given:
        if name not in known:
            raise InputError(f"{method.name} takes no picture called {name!r}; it takes {', '.join(sorted(known))}")
    for item in method.inputs:
        count = given.get(item.name, 0)
        if not count and not item.optional:
            raise InputError(f"{item.name} is missing: {item.help}")
        if count > 1 and not item.many:
            raise InputError(f"{item.name} must be one picture, got {count}")
        if item.choice and not count and getattr(method.config, item.flag, "") == item.choice:
            raise InputError(f"{item.name} is missing: {item.help}; give it with --{item.flag.replace('_', '-')} PATH")
        if item.choice and count and getattr(method.config, item.flag, item.choice) != item.choice:
            chosen = getattr(method.config, item.flag)
            raise InputError(f"{item.flag} is {chosen!r}, and {item.name} is given too: leave one out")
    for flag in {item.flag for item in method.inputs if item.flag}:
        counts = {item.name: given.get(item.name, 0) for item in method.inputs if item.flag == flag}
        if len(set(counts.values())) > 1:
            raise InputError(
                f"{flag}: {' and '.join(counts)} belong together, got {' and '.join(map(str, counts.values()))}"
            )
