"""A run that is ready to start: its method, its inputs and its cost are known, and nothing is written yet."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, cast, get_args

from impasto.devices import pick_device
from impasto.errors import InputError
from impasto.images.metadata import Choice, Metadata
from impasto.inputs import Inputs
from impasto.methods import Forecast, Method
from impasto.registry import frame_by_frame
from impasto.registry import method as find_method
from impasto.runs.configure import Layer, configure
from impasto.runs.limits import Allowed, check_allowed, check_memory, check_pixels
from impasto.runs.recipe import Recipe, versions, warn_of_versions
from impasto.runs.sources import MemorySource, PictureSource, Source, check_counts, gather, opened, sizes
from impasto.threads import use_threads


@dataclass(frozen=True)
class Job:
    """A method with its inputs, what its result's recipe will say, and what it will cost."""

    method: Method[Any]
    sources: tuple[Source, ...]
    recipe: Recipe
    forecast: Forecast | None
    where: str = ""  # the file of the recipe that it was made of again

    def inputs(self) -> Inputs:
        """What the method is given; opened once. Raises InputError if something is damaged, or of no use."""
        return self._opened

    @cached_property
    def metadata(self) -> Metadata | None:
        """What the result keeps of what lies beside the pixels of its photo."""
        if self.recipe.metadata == "none":
            return None
        photo = next(item.name for item in self.method.inputs if item.photo)
        source = next(source for source in self.sources if source.record.name == photo)
        if not isinstance(source, (PictureSource, MemorySource)):
            return None
        return source.metadata(private=self.recipe.metadata == "private")

    @cached_property
    def _opened(self) -> Inputs:
        _ = self.metadata  # before the bytes of the files are let go
        inputs = opened(self.sources, self.recipe.background)
        with _told_of(self.where):
            self.method.check(inputs)
        return inputs


def prepare(
    method: Method[Any],
    given: Mapping[str, Sequence[Any]],
    *,
    background: str = "white",
    bits: int = 8,
    threads: int | None = None,
    metadata: str | None = None,
    clip: bool = False,
) -> Job:
    """Find the inputs and foresee the cost; with `clip` the input that may be a clip is one.

    metadata: what to keep of what lies beside the pixels of a photo; None: what `kept_metadata` finds right.

    Sets the number of threads of this process. Raises InputError for what cannot work.
    """
    sources = gather(method, given, background, clip=clip)
    return _job(method, sources, background=background, bits=bits, threads=threads, metadata=metadata)


def kept_metadata(method: Method[Any] | type[Method[Any]], given: Collection[str], choice: str | None) -> Choice:
    """What of a photo's metadata goes into the result; if nothing is said all of one that is mended, else nothing.

    `given` are the names of the inputs. Raises InputError for a choice that cannot be.
    """
    photo = method.makes == "picture" and any(item.photo for item in method.inputs)
    if choice is None:
        return "keep" if photo and "mask" in given else "none"
    if choice not in get_args(Choice):
        raise InputError(f"metadata must be one of {', '.join(get_args(Choice))}, got {choice!r}")
    if choice != "none" and not photo:
        what = "a clip" if method.makes == "clip" else "no version of a photo"
        raise InputError(f"metadata {choice}: {method.name} makes {what}, so there is none to keep; leave it out")
    return cast("Choice", choice)


def again(
    recipe: Recipe,
    sources: Sequence[Source],
    where: str,
    *,
    allowed: Allowed | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Job:
    """The job that a recipe tells of. Raises InputError if it makes no sense, or asks for more than is allowed.

    where: the file that the recipe is in.
    allowed: of a recipe that may be somebody else's, which gets no more threads than this machine has; None allows all.
    """
    warn_of_versions(recipe, say)
    threads = recipe.threads if allowed is None else min(recipe.threads, os.cpu_count() or 1)
    if threads < recipe.threads:
        say(f"note: made on {recipe.threads} threads, this machine has {threads}: the pixels may differ")
    with _told_of(where):
        kind = find_method(recipe.method)
        method = kind(configure(kind.Config, Layer(recipe.config), Layer({"device": recipe.device})))
        known = {(item.name, each) for item in kind.inputs for each in (item.kind, *(["clip"] if item.clips else []))}
        strange = {(source.record.name, source.record.kind) for source in sources} - known
        if strange:
            name, what = min(strange)
            raise InputError(f"it names a {what} {name!r}, which {recipe.method} does not take")
        check_counts(method, Counter(source.record.name for source in sources))
        if recipe.bits not in (8, 16):
            raise InputError(f"bits must be 8 or 16, got {recipe.bits}")
    job = _job(
        method,
        sources,
        background=recipe.background,
        bits=recipe.bits,
        threads=threads,
        metadata=recipe.metadata,
        allowed=allowed,
        where=where,
    )
    # "auto" stays "auto" in the new recipe: the picture is the same to the byte
    return replace(job, recipe=job.recipe.model_copy(update={"config": recipe.config}))


@contextmanager
def _told_of(where: str) -> Iterator[None]:
    """Let what is wrong with a recipe be told with the file that it is in, if it is in one."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{where}: its recipe makes no sense: {error}" if where else str(error)) from error


def _job(
    method: Method[Any],
    sources: Sequence[Source],
    *,
    background: str,
    bits: int,
    threads: int | None,
    metadata: str | None,
    allowed: Allowed | None = None,
    where: str = "",
) -> Job:
    threads = use_threads(threads)
    device = pick_device(method.config.device)
    frames = [source.record.count for source in sources if source.record.kind == "clip"]
    if frames:
        method = frame_by_frame(method, frames[0])
    with _told_of(where):
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
        metadata=kept_metadata(method, {source.record.name for source in sources}, metadata),
    )
    return Job(method, tuple(sources), recipe, forecast, where)
