"""A run that is ready to start: its method, its inputs and its cost are known, and nothing is written yet."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from impasto.devices import pick_device
from impasto.errors import InputError
from impasto.inputs import Inputs
from impasto.methods import Forecast, Method
from impasto.registry import frame_by_frame
from impasto.registry import method as find_method
from impasto.runs.configure import Layer, configure
from impasto.runs.limits import Allowed, check_allowed, check_memory, check_pixels
from impasto.runs.recipe import Recipe, versions, warn_of_versions
from impasto.runs.sources import Source, gather, opened, sizes
from impasto.threads import use_threads


@dataclass(frozen=True)
class Job:
    """A method with its inputs, what its result's recipe will say, and what it will cost."""

    method: Method[Any]
    sources: tuple[Source, ...]
    recipe: Recipe
    forecast: Forecast | None

    def inputs(self) -> Inputs:
        """What the method is given; opened once. Raises InputError if something is damaged, or of no use."""
        return self._opened

    @cached_property
    def _opened(self) -> Inputs:
        inputs = opened(self.sources, self.recipe.background)
        self.method.check(inputs)
        return inputs


def prepare(
    method: Method[Any],
    given: Mapping[str, Sequence[Any]],
    *,
    background: str = "white",
    bits: int = 8,
    threads: int | None = None,
    clip: bool = False,
) -> Job:
    """Find the inputs and foresee the cost; with `clip` the input that may be a clip is one.

    Sets the number of threads of this process. Raises InputError for what cannot work.
    """
    sources = gather(method, given, background, clip=clip)
    return _job(method, sources, background=background, bits=bits, threads=threads)


def again(
    recipe: Recipe,
    sources: Sequence[Source],
    *,
    allowed: Allowed | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Job:
    """The job that a recipe tells of. Raises InputError if it makes no sense, or asks for more than is allowed.

    allowed: of a recipe that may be somebody else's, which gets no more threads than this machine has; None allows all.
    """
    warn_of_versions(recipe, say)
    threads = recipe.threads if allowed is None else min(recipe.threads, os.cpu_count() or 1)
    if threads < recipe.threads:
        say(f"note: made on {recipe.threads} threads, this machine has {threads}: the pixels may differ")
    kind = find_method(recipe.method)
    config = configure(kind.Config, Layer(recipe.config, "the recipe"), Layer({"device": recipe.device}, "the recipe"))
    given = {source.record.name for source in sources}
    for wanted in kind.inputs:
        if wanted.name not in given and not wanted.optional:
            raise InputError(f"the recipe names no {wanted.name}, which {recipe.method} needs")
    known = {(item.name, each) for item in kind.inputs for each in (item.kind, *(["clip"] if item.clips else []))}
    strange = {(source.record.name, source.record.kind) for source in sources} - known
    if strange:
        name, what = min(strange)
        raise InputError(f"the recipe names a {what} {name!r}, which {recipe.method} does not take")
    job = _job(kind(config), sources, background=recipe.background, bits=recipe.bits, threads=threads, allowed=allowed)
    # "auto" stays "auto" in the new recipe: the picture is the same to the byte
    return replace(job, recipe=job.recipe.model_copy(update={"config": recipe.config}))


def _job(
    method: Method[Any],
    sources: Sequence[Source],
    *,
    background: str,
    bits: int,
    threads: int | None,
    allowed: Allowed | None = None,
) -> Job:
    threads = use_threads(threads)
    device = pick_device(method.config.device)
    frames = [source.record.count for source in sources if source.record.kind == "clip"]
    if frames:
        method = frame_by_frame(method, frames[0])
    forecast = method.forecast(sizes(sources))
    if allowed is not None:
        check_allowed(forecast, allowed, trains=method.trains)
    if forecast is not None:
        if device.type == "cpu" and allowed is None:
            check_memory(forecast)
        check_pixels(forecast)
    recipe = Recipe(
        method=method.name,
        config=method.config.model_dump(mode="json"),
        inputs=[source.record for source in sources],
        seed=method.config.seed,
        versions=versions(),
        device=str(device),
        threads=threads,
        background=background,
        bits=bits,
    )
    return Job(method, tuple(sources), recipe, forecast)
