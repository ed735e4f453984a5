"""Sampling: new pictures from a trained model, whatever its kind."""

from __future__ import annotations

import math
from typing import Protocol

import torch
from pydantic import Field, field_validator

from impasto.devices import pick_device
from impasto.errors import InputError
from impasto.generators.start_scales import COLUMNS, SECONDS_TO_MEASURE, SHOWN, ScaleSampler, start_scales
from impasto.images.sizes import parse_size, reduced_to
from impasto.inputs import Input, Inputs, Sizes, given_model, model_of_sizes
from impasto.kinds import KINDS, drawing_cost, sampler_of
from impasto.methods import Forecast, Method, MethodConfig, Result
from impasto.networks.pyramid_sizes import SCALES
from impasto.networks.wish import Wish
from impasto.observers import Loop, Observer, Piece
from impasto.randomness import generator
from impasto.training.sheets import blank, place, sheet_size

FIXED_MEMORY = 350_000_000  # bytes: Python and torch


class Sampler(Protocol):
    """What pictures are drawn from: `ModelKind.sampler` makes it of a network on its device."""

    def draw(self, wish: Wish, random: torch.Generator) -> torch.Tensor:
        """A picture (3, H, W) in [0, 1], on the CPU. Raises InputError if there is none such."""


class SampleConfig(MethodConfig):
    """Parameters of `sample`."""

    size: str = Field("", description="WIDTHxHEIGHT, long side, or 200% (default: the size it was trained at)")
    tile: bool = Field(False, description="make the texture tile without a seam")
    count: int = Field(1, ge=1, le=1_000_000, description="pictures, of this seed and those after it")
    grid: bool = Field(False, description="lay them out on one picture")
    class_: str = Field("", description="name or number of the class, of a model that knows classes (default: any)")
    truncation: float = Field(
        0.0, ge=0, le=10, description="how far from 0 the latent numbers may be; less is more usual (0: any)"
    )

    start_scale: int = Field(
        0, ge=0, le=SCALES, description="scale from which on pictures are new, of a model that has scales"
    )
    scales: bool = Field(
        False, description="a contact sheet of samples from every scale on, which suggests where to start"
    )

    @field_validator("class_", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        return str(value) if type(value) is int else value

    @property
    def made(self) -> int:
        """Pictures that come of it."""
        return 1 if self.grid or self.scales else self.count

    @property
    def columns(self) -> int:
        """Samples of each scale on a contact sheet of all."""
        return self.count if self.count > 1 else COLUMNS

    def sheet(self, size: tuple[int, int]) -> tuple[int, int, tuple[int, int]]:
        """Rows and columns of a grid of pictures of `size`, and its own size."""
        columns = math.ceil(self.count**0.5)
        rows = -(-self.count // columns)
        return rows, columns, sheet_size(rows, columns, size)


class Sample(Method[SampleConfig]):
    """Make new pictures with a model that `impasto train` trained.

    The run is named by its folder, by its name or a part of it, or is `latest`, the training that was begun last.
    """

    name = "sample"
    inputs = (
        Input(
            "run",
            "the folder of a training run",
            kind="model",
            accepts=tuple(name for name, kind in KINDS.items() if kind.sampler),
        ),
    )
    Config = SampleConfig
    makes = "pictures"

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Draw one picture after the other, and give it away."""
        config, model = self.config, given_model(inputs, "run")
        size = self._size(model.size)
        sampler: Sampler = sampler_of(model, pick_device(config.device))
        wish = Wish(size, tile=config.tile, label=config.class_, truncation=config.truncation, start=config.start_scale)
        if config.scales or config.start_scale:
            if not isinstance(sampler, ScaleSampler):
                raise InputError(f"{'--scales' if config.scales else '--start-scale'}: this model has no scales")
            if config.scales:
                return start_scales(sampler, wish, config.columns, config.seed, observer)
        rows, columns, _ = config.sheet(size) if config.grid else (1, 1, size)
        output = blank(rows, columns, size)
        loop = Loop(observer, total=config.count, keep={"output": output})
        for index in loop:
            seed = (config.seed + index) % 2**63
            picture = sampler.draw(wish, generator(seed))
            if config.grid or index == 0:
                place(output, index, picture, columns)
            if config.grid:
                pieces = {"1": Piece(output)} if index == config.count - 1 else {}
                loop.report({}, preview=lambda: output, pieces=pieces)
            else:
                piece = Piece(picture, {"seed": seed, "count": 1})
                loop.report({}, preview=lambda: picture, pieces={str(index + 1): piece})  # noqa: B023 - in this step
        return Result({"output": output})

    def forecast(self, sizes: Sizes) -> Forecast:
        """The features at full size are nearly all of it."""
        width, height = self._size(sizes["run"][0])
        pixels, cost = width * height, drawing_cost(model_of_sizes(sizes, "run"))
        seconds = cost.seconds * pixels * self.config.count
        if self.config.scales:
            measured = SECONDS_TO_MEASURE * math.prod(reduced_to((width, height), SHOWN))
            seconds = (cost.seconds * pixels + measured) * self.config.columns * cost.scales
        memory = FIXED_MEMORY + cost.memory((width, height)) + 24 * pixels  # and two pictures
        if not self.config.grid:
            return Forecast(seconds, memory, size=(width, height), fixed=FIXED_MEMORY)
        sheet = self.config.sheet((width, height))[2]
        return Forecast(seconds, memory + 36 * sheet[0] * sheet[1], size=sheet, fixed=FIXED_MEMORY)

    def _size(self, own: tuple[int, int]) -> tuple[int, int]:
        return parse_size(self.config.size, of=own) if self.config.size else own
