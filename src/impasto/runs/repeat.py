"""Make a picture again from its recipe."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from impasto.images.sources import label
from impasto.runs.again import again
from impasto.runs.folder import RECORD, RunFolder
from impasto.runs.job import Job
from impasto.runs.limits import Allowed
from impasto.runs.recipe import Recipe
from impasto.runs.seal import is_ours
from impasto.runs.sources import find_again, find_all, kept


def repeat(
    recipe: Recipe,
    picture: Path,
    moved: Mapping[str, Sequence[str]],
    *,
    allowed: Allowed = Allowed(),  # noqa: B008 - frozen
    say: Callable[[str], None] = lambda _: None,
) -> Job:
    """The job that made a picture. `moved` gives new places of inputs, by input name; each file is known by its hash.

    `picture` is the file that the recipe is in. Raises InputError if an input is gone or has changed, or for what
    the recipe, which may be somebody else's, asks for and is not allowed.
    """
    sources = find_all(recipe.inputs, moved, lambda record, paths: find_again(record, picture.parent, paths, say=say))
    for record in recipe.inputs:
        if not record.sha256:
            say(f"note: the recipe does not say what the {record.name} held; taken as it is now")
    return again(recipe, sources, label(picture), allowed=allowed, say=say)


def repeat_run(
    folder: RunFolder,
    moved: Mapping[str, Sequence[str]],
    *,
    allowed: Allowed = Allowed(),  # noqa: B008 - frozen
    say: Callable[[str], None] = lambda _: None,
) -> Job:
    """As `repeat`, of a run's own picture; its inputs are those that the run keeps unless given.

    What a run that was begun here asks for is allowed.
    """
    folder.check_plain()
    record = folder.read()
    ours = is_ours(record)
    sources = kept(record.inputs, folder.path, moved, ours=ours, say=say)
    return again(record, sources, label(folder.path / RECORD), allowed=None if ours else allowed, say=say)


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
