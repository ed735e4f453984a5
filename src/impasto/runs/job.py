"""A run that is ready to start: its method, its inputs and its cost are known, and nothing is written yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
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
from impasto.runs.limits import check_memory, check_pixels
from impasto.runs.recipe import Recipe, versions
from impasto.runs.sources import Source, check_counts, gather, opened, sizes
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
    def _opened(self) -> Inputs:
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
    clip: bool = False,
) -> Job:
    """Find the inputs and foresee the cost; with `clip` the input that may be a clip is one.

    Sets the number of threads of this process. Raises InputError for what cannot work.
    """
    sources = gather(method, given, background, clip=clip)
    return _job(method, sources, background=background, bits=bits, threads=threads)


def again(recipe: Recipe, sources: Sequence[Source], where: str) -> Job:
    """The job that a recipe tells of. Raises InputError, which begins with `where` it is, if it makes no sense."""
    with _told_of(where):
        kind = find_method(recipe.method)
        method = kind(configure(kind.Config, Layer(recipe.config), Layer({"device": recipe.device})))
        check_counts(method, Counter(source.record.name for source in sources))
        if recipe.bits not in (8, 16):
            raise InputError(f"bits must be 8 or 16, got {recipe.bits}")
    job = _job(method, sources, background=recipe.background, bits=recipe.bits, threads=recipe.threads, where=where)
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
    method: Method[Any], sources: Sequence[Source], *, background: str, bits: int, threads: int | None, where: str = ""
) -> Job:
    threads = use_threads(threads)
    device = pick_device(method.config.device)
    frames = [source.record.count for source in sources if source.record.kind == "clip"]
    if frames:
        method = frame_by_frame(method, frames[0])
    with _told_of(where):
        forecast = method.forecast(sizes(sources))
    if forecast is not None:
        if device.type == "cpu":
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
    return Job(method, tuple(sources), recipe, forecast, where)
