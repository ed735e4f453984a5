"""Go on with a run that was stopped, and make a picture again from its recipe."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from impasto.errors import InputError
from impasto.observers import Observer
from impasto.registry import method as find_method
from impasto.runs.configure import Layer, configure
from impasto.runs.execute import carry_on
from impasto.runs.folder import RunFolder
from impasto.runs.job import Job, ready
from impasto.runs.outcome import Outcome
from impasto.runs.recipe import Recipe, versions
from impasto.runs.recorder import Every
from impasto.runs.sources import Source, find_again, from_copies


def resume(
    folder: RunFolder,
    *,
    observers: Sequence[Observer] = (),
    every: Every | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """Finish a stopped run; the picture has the bytes that it would have had without the stop.

    Inputs come from the copies in the folder; threads and device are those of the start.
    Raises InputError if the run is done, or still going on.
    """
    record = folder.read()
    with folder.locked():
        if record.state == "done":
            raise InputError(f"{folder.path}: this run is done; to make its picture again: impasto runs repeat")
        warn_of_versions(record, say)
        job = _job(record, from_copies(record.inputs, folder.path))
        output = None if record.output is None else Path(record.output)
        return carry_on(job, folder, output=output, observers=observers, every=every)


def repeat(
    recipe: Recipe, beside: Path, moved: Mapping[str, Sequence[str]], *, say: Callable[[str], None] = lambda _: None
) -> Job:
    """The job that made a picture. `moved` gives new places of inputs, by input name, in their order.

    `beside` is the folder of the picture to repeat. Raises InputError if an input is gone or has changed.
    """
    warn_of_versions(recipe, say)
    left = {name: list(paths) for name, paths in moved.items()}
    sources = []
    for record in recipe.inputs:
        given = left[record.name].pop(0) if left.get(record.name) else None
        sources.append(find_again(record, beside, given))
    extra = [name for name, paths in left.items() if paths]
    if extra:
        names = ", ".join(dict.fromkeys(record.name for record in recipe.inputs))
        raise InputError(f"--input {extra[0]}: this picture has no more inputs called so; its inputs: {names}")
    return _job(recipe, sources)


def repeat_run(
    folder: RunFolder, moved: Mapping[str, Sequence[str]], *, say: Callable[[str], None] = lambda _: None
) -> Job:
    """As `repeat`, of a run's own picture; its inputs are the copies in the run's folder unless given."""
    record = folder.read()
    if moved:
        return repeat(record, folder.path, moved, say=say)
    warn_of_versions(record, say)
    return _job(record, from_copies(record.inputs, folder.path))


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


def warn_of_versions(recipe: Recipe, say: Callable[[str], None]) -> None:
    """Say so if the picture was begun with other versions than these."""
    here = versions()
    for name, then in recipe.versions.items():
        if here.get(name, then) != then:
            say(f"note: made with {name} {then}, this is {here[name]}: the pixels may differ")


def _job(recipe: Recipe, sources: Sequence[Source]) -> Job:
    method = find_method(recipe.method)
    origin = Layer(recipe.config, "the recipe")
    config = configure(method.Config, origin, Layer({"device": recipe.device}, "the recipe"))
    given = {source.record.name for source in sources}
    for wanted in method.inputs:
        if wanted.name not in given:
            raise InputError(f"the recipe names no {wanted.name}, which {recipe.method} needs")
    job = ready(method(config), sources, background=recipe.background, bits=recipe.bits, threads=recipe.threads)
    # "auto" stays "auto" in the new recipe: the picture is the same to the byte
    return Job(job.method, job.sources, job.recipe.model_copy(update={"config": recipe.config}), job.forecast)
