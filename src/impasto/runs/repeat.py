"""Make a picture again from its recipe."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from impasto.errors import InputError
from impasto.images.sources import label
from impasto.runs.folder import RECORD, RunFolder
from impasto.runs.job import Job, again
from impasto.runs.recipe import Recipe, warn_of_versions
from impasto.runs.sources import find_again, kept


def repeat(
    recipe: Recipe, picture: Path, moved: Mapping[str, Sequence[str]], *, say: Callable[[str], None] = lambda _: None
) -> Job:
    """The job that made a picture. `moved` gives new places of inputs, by input name; each file is known by its hash.

    `picture` is the file that the recipe is in. Raises InputError if an input is gone or has changed.
    """
    warn_of_versions(recipe, say)
    left = {name: list(paths) for name, paths in moved.items()}
    sources = []
    for record in recipe.inputs:
        sources.append(find_again(record, picture.parent, left.get(record.name, [])))
        if not record.sha256:
            say(f"note: the recipe does not say what the {record.name} held; taken as it is now")
    known = dict.fromkeys(record.name for record in recipe.inputs)
    for name, paths in left.items():
        if paths and name in known:
            raise InputError(f"--input {name}={paths[0]}: is no {name} that was used, or one too many")
        if paths:
            raise InputError(f"--input {name}: this picture has no inputs called so; its inputs: {', '.join(known)}")
    return again(recipe, sources, label(picture))


def repeat_run(
    folder: RunFolder, moved: Mapping[str, Sequence[str]], *, say: Callable[[str], None] = lambda _: None
) -> Job:
    """As `repeat`, of a run's own picture; its inputs are those that the run keeps unless given."""
    record = folder.read()
    if moved:
        return repeat(record, folder.path / RECORD, moved, say=say)
    warn_of_versions(record, say)
    return again(record, kept(record.inputs, folder.path), label(folder.path / RECORD))


def changed_facts(before: Recipe, after: Recipe) -> list[str]:
    """Lines about files, such as a network's weights, that were others when the picture was first made."""
    then, now = dict(_hashes(before.facts)), dict(_hashes(after.facts))
    return [f"note: {name} is not what it was" for name in then if name in now and then[name] != now[name]]


def _hashes(facts: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(facts, dict):
        for key, value in facts.items():
            yield from _hashes(value, f"{name}.{key}".lstrip("."))
    elif name.endswith("sha256"):
        yield name, str(facts)
