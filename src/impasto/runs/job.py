"""A run that is ready to start: its method, its inputs and its cost are known, and nothing is written yet."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast, get_args

from impasto.devices import pick_device
from impasto.errors import InputError
from impasto.images.metadata import Choice, Metadata
from impasto.inputs import Inputs
from impasto.methods import Forecast, Method
from impasto.registry import frame_by_frame
from impasto.runs.limits import Allowed, check_allowed, check_memory, check_pixels
from impasto.runs.recipe import Recipe, versions
from impasto.runs.sets import UnreadSet, unread_sets
from impasto.runs.sources import MemorySource, PictureSource, Source, gather, opened, sizes
from impasto.threads import use_threads


@dataclass(frozen=True)
class Job:
    """A method with its inputs, what its result's recipe will say, and what it will cost."""

    method: Method[Any]
    sources: tuple[Source, ...]
    recipe: Recipe
    forecast: Forecast | None
    where: str = ""  # the file of the recipe that it was made of again
    sets: tuple[UnreadSet, ...] = ()  # of pictures that are not in the cache yet

    @property
    def cache(self) -> int:
        """Bytes by which the cache will grow."""
        return sum(each.disk for each in self.sets)

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
        with told_of(self.where):
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
    return make_job(method, sources, background=background, bits=bits, threads=threads, metadata=metadata)


def kept_metadata(method: Method[Any] | type[Method[Any]], given: Collection[str], choice: str | None) -> Choice:
    """What of a photo's metadata goes into the result; if nothing is said all of one that is mended, else nothing.

    `given` are the names of the inputs. Raises InputError for a choice that cannot be.
    """
    photo = method.makes in ("picture", "clip") and any(item.photo for item in method.inputs)
    if choice is None:
        return "keep" if photo and "mask" in given else "none"
    if choice not in get_args(Choice):
        raise InputError(f"metadata must be one of {', '.join(get_args(Choice))}, got {choice!r}")
    if choice != "none" and not photo:
        raise InputError(
            f"metadata {choice}: {method.name} makes no version of a photo, so there is none to keep; leave it out"
        )
    return cast("Choice", choice)


@contextmanager
def told_of(where: str) -> Iterator[None]:
    """Let what is wrong with a recipe be told with the file that it is in, if it is in one."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{where}: its recipe makes no sense: {error}" if where else str(error)) from error


def make_job(
    method: Method[Any],
    sources: Sequence[Source],
    *,
    background: str,
    bits: int,
    threads: int | None,
    metadata: str | None,
    allowed: Allowed | None = None,
    grey: bool = True,
    where: str = "",
) -> Job:
    """The run of a method on sources, and what it will cost; `prepare` and `again` say what the others are.

    Sets the number of threads of this process. Raises InputError for what cannot work.
    """
    method.grey = grey
    threads = use_threads(threads)
    device = pick_device(method.config.device)
    frames = [source.record.count for source in sources if source.record.kind == "clip"]
    if frames:
        method = frame_by_frame(method, frames[0])
    with told_of(where):
        forecast = method.forecast(sizes(sources, background))
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
        grey=grey,
    )
    with told_of(where):
        return Job(method, tuple(sources), recipe, forecast, where, unread_sets(method, sources))
