"""A picture that is drawn anew by a model of another, from a scale on: what `paint`, `edit` and `harmonize` share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, runtime_checkable

import torch
from pydantic import Field

from impasto.devices import pick_device
from impasto.errors import InputError
from impasto.generators.start_scales import SECONDS_TO_MEASURE, ScaleSampler, measures, scale_sheet
from impasto.images import reduced, resize, result_size
from impasto.images.sizes import reduced_to
from impasto.inputs import Input, Inputs, Sizes, given_model, given_picture, model_of_sizes
from impasto.kinds import drawing_cost, sampler_of
from impasto.methods import Forecast, Method, MethodConfig, Result
from impasto.model import Model
from impasto.networks.pyramid_sizes import SCALES
from impasto.observers import Loop, Observer
from impasto.randomness import generator

FIXED_MEMORY = 350_000_000  # bytes: Python and torch
COLUMNS = 3  # drawings of each scale on a contact sheet
TELLING = 0.3  # share of the largest distance by which another has to be less, for a scale to be told by it
SHOWN = 256  # long side of one there, at most

RUN = Input("run", "the folder of a training run on one picture", kind="model", accepts=("singan",))


class RedrawConfig(MethodConfig):
    """Parameters of what draws a picture anew by a model of another."""

    size: str = Field("", description="WIDTHxHEIGHT, long side, or 100% (default: as large as what the model draws)")
    start_scale: int = Field(
        0, ge=0, le=SCALES, description="scale at which the picture is let in, 1 changes most (0: the one suggested)"
    )
    scales: bool = Field(False, description="a contact sheet of every scale to start at, which suggests one")

    main = "size start_scale scales seed"


@runtime_checkable
class RedrawSampler(ScaleSampler, Protocol):
    """What draws a picture anew (see `impasto.networks.singan_sampler`)."""

    def redraw(self, picture: torch.Tensor, start: int, random: torch.Generator) -> torch.Tensor:
        """A picture (3, H, W) in [0, 1], of which only what is coarser than scale `start` stays."""


C = TypeVar("C", bound=RedrawConfig)


@dataclass(frozen=True)
class Plan:
    """What is drawn anew: a picture (3, H, W) as large as the model draws.

    share: how much of each pixel, (1, h, w), at the size of the picture that was given; None is all of it.
    """

    picture: torch.Tensor
    share: torch.Tensor | None = None

    def share_at(self, size: tuple[int, int]) -> torch.Tensor | None:
        """That share at another (width, height)."""
        return None if self.share is None else resize(self.share.expand(3, -1, -1), size)[:1]

    def judged(self) -> tuple[slice, slice, slice]:
        """What of a drawing is judged: all that is drawn anew, in a rectangle."""
        share = self.share_at(_size_of(self.picture))
        if share is None:
            return (slice(None),) * 3
        rows, columns = (share[0].amax(dim).nonzero()[:, 0].tolist() for dim in (1, 0))
        return slice(None), slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


class Redraw(Method[C]):
    """Draw a picture anew from a scale on, of which only what is coarser stays."""

    @abstractmethod
    def plan(self, picture: torch.Tensor, inputs: Inputs, sampler: RedrawSampler) -> Plan:
        """What of `picture` (3, H, W), as large as the model draws, is drawn anew, and of what."""

    def finished(self, drawn: torch.Tensor, plan: Plan, inputs: Inputs) -> torch.Tensor:
        """The result (3, H', W') at its own size, of what was drawn."""
        del plan
        return resize(drawn, self._size(_size_of(given_picture(inputs, "picture"))) or _size_of(drawn))

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Draw from one scale on, or from each, and take the one that is suggested."""
        self.check(inputs)
        config, sampler, given = self.config, self._sampler(inputs), given_picture(inputs, "picture")
        plan = self.plan(resize(given, _working(_size_of(given), given_model(inputs, "run").size)), inputs, sampler)
        start = self.start(given_model(inputs, "run"))
        starts = [start] if start else range(1, sampler.scales)
        columns = COLUMNS if config.scales else 1
        drawn = plan.picture.new_zeros(len(starts), columns, *plan.picture.shape)
        loop = Loop(observer, total=len(starts) * columns, keep={"drawn": drawn})
        for index in loop:
            row, column = divmod(index, columns)
            seed = (config.seed + column) % 2**63
            drawn[row, column] = sampler.redraw(plan.picture, starts[row], generator(seed))
            loop.report({}, preview=lambda: drawn[row, column].clone())  # noqa: B023 - in this step
        output, facts = self._chosen(drawn, starts, plan, sampler, inputs)
        return Result({"output": output}, facts)

    def start(self, model: Model | None) -> int:
        """The scale at which the picture is let in, as far as it is known before; 0: the one that will be suggested."""
        del model
        return self.config.start_scale

    def _chosen(
        self, drawn: torch.Tensor, starts: Sequence[int], plan: Plan, sampler: ScaleSampler, inputs: Inputs
    ) -> tuple[torch.Tensor, dict[str, Any]]:
        """The result, of what was drawn (scales, N, 3, H, W), and what was measured of it."""
        if len(starts) == 1 and not self.config.scales:
            return self.finished(drawn[0, 0], plan, inputs), {"start_scale": starts[0]}
        learned = sampler.reconstruction()
        judged = plan.judged()
        measured = [measures(torch.stack([each[judged] for each in row]), learned) for row in drawn]
        distances = [each["distance"] for each in measured]
        place, why = suggested(distances)
        chosen = starts[place]
        facts = {"start_scale": chosen, "why": why, "distances": dict(zip(map(str, starts), distances, strict=True))}
        if not self.config.scales:
            return self.finished(drawn[place, 0], plan, inputs), facts
        cells = [[reduced(self.finished(each, plan, inputs), SHOWN) for each in row] for row in drawn]
        captions = [
            f"--start-scale {start}: distance {each:.3f}" for start, each in zip(starts, distances, strict=True)
        ]
        return scale_sheet(cells, captions, chosen), facts

    def check(self, inputs: Inputs) -> None:
        """Raise InputError for a model that is damaged, and a scale that it has not."""
        last = self._sampler(inputs).scales - 1
        if last < 1:
            raise InputError("the model has one scale: there is none to start at; train it on a larger picture")
        if self.config.start_scale > last:
            raise InputError(f"--start-scale {self.config.start_scale}: a picture is let in at scales 1 to {last}")

    def forecast(self, sizes: Sizes) -> Forecast:
        """The features at full size are nearly all of it."""
        own = sizes["picture"][0]
        working = _working(own, sizes["run"][0])
        width, height = self._size(own) or working
        model = model_of_sizes(sizes, "run")
        pixels, cost, start = working[0] * working[1], drawing_cost(model), self.start(model)
        drawn = (1 if start else max(1, cost.scales - 1)) * (COLUMNS if self.config.scales else 1)
        memory = FIXED_MEMORY + cost.memory(working) + 48 * width * height + 12 * pixels * drawn
        size = None if self.config.scales else (width, height)
        measured = 0 if start and not self.config.scales else SECONDS_TO_MEASURE
        return Forecast((cost.seconds + measured) * pixels * drawn, memory, size=size, fixed=FIXED_MEMORY)

    def _size(self, own: tuple[int, int]) -> tuple[int, int] | None:
        return result_size(self.config.size, own, max(own)) if self.config.size else None

    def _sampler(self, inputs: Inputs) -> RedrawSampler:
        sampler: RedrawSampler = sampler_of(given_model(inputs, "run"), pick_device(self.config.device))
        return sampler


def suggested(distances: Sequence[float]) -> tuple[int, str]:
    """The place of one of the distances, which are those from the coarsest scale to the finest; and why.

    >>> suggested([0.02, 0.03, 0.09, 0.10])
    (1, 'the finest scale whose patches are nearer to those of the best scale than of the worst')
    >>> suggested([0.08, 0.09, 0.085])[0]
    1
    """
    least, most = min(distances), max(distances)
    if len(distances) == 1:
        return 0, "no other was drawn"
    if most - least < TELLING * most:
        return (len(distances) - 1) // 2, "the middle one: by their patches the scales are hardly told apart"
    finest = max(place for place, distance in enumerate(distances) if distance <= (least + most) / 2)
    return finest, "the finest scale whose patches are nearer to those of the best scale than of the worst"


def _working(own: tuple[int, int], models: tuple[int, int]) -> tuple[int, int]:
    """The size at which a picture of that size is drawn: its details are as large then as in what was learned."""
    long = max(models)
    if max(own) >= long:
        return reduced_to(own, long)
    return tuple(max(1, round(side * long / max(own))) for side in own)  # type: ignore[return-value]


def _size_of(picture: torch.Tensor) -> tuple[int, int]:
    return picture.shape[2], picture.shape[1]
