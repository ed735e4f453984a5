"""A run that is ready to start: its method, its pictures and its cost are known, and nothing is written yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch

from impasto.devices import pick_device
from impasto.methods import Forecast, Method, MethodConfig
from impasto.registry import method as find_method
from impasto.runs.clips import clip_forecast
from impasto.runs.limits import check_memory, check_pixels
from impasto.runs.recipe import Recipe, versions
from impasto.runs.sources import Source, decoded, gather, sizes
from impasto.video import Clip


@dataclass(frozen=True)
class Job:
    """A method with its pictures, what its result's recipe will say, and what it will cost."""

    method: Method[Any]
    sources: tuple[Source, ...]
    recipe: Recipe
    forecast: Forecast | None

    def pictures(self) -> dict[str, list[torch.Tensor]]:
        """The decoded inputs; they are decoded once. Raises InputError if one is damaged, or of no use."""
        return self._decoded

    @property
    def is_clip(self) -> bool:
        """Whether the content is a clip, and so the result."""
        return any(source.record.frames for source in self.sources)

    @cached_property
    def clip(self) -> Clip:
        """The content, if it is a clip."""
        return next(source for source in self.sources if source.record.frames).clip(self.recipe.background)

    @cached_property
    def _decoded(self) -> dict[str, list[torch.Tensor]]:
        pictures = decoded(self.sources, self.recipe.background)
        self.method.check(pictures)
        return pictures


def prepare(
    name: str,
    config: MethodConfig,
    pictures: Mapping[str, Sequence[Any]],
    *,
    background: str = "white",
    bits: int = 8,
    threads: int | None = None,
    clip: bool = False,
) -> Job:
    """Find the inputs and foresee the cost; with `clip` the content is one. Raises InputError for what cannot work."""
    method = find_method(name)(config)
    sources = gather(method, pictures, background, clip=clip)
    return ready(method, sources, background=background, bits=bits, threads=threads)


def ready(method: Method[Any], sources: Sequence[Source], *, background: str, bits: int, threads: int | None) -> Job:
    """Make a job of a method and its sources; sets the number of threads of this process."""
    if threads is not None:
        torch.set_num_threads(threads)
    device = pick_device(method.config.device)
    frames = max((source.record.frames for source in sources), default=0)
    forecast = clip_forecast(method, sizes(sources), frames) if frames else method.forecast(sizes(sources))
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
        threads=torch.get_num_threads(),
        background=background,
        bits=bits,
    )
    return Job(method, tuple(sources), recipe, forecast)
