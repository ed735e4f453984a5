"""Sampling: new pictures from a trained model, whatever its kind."""

from __future__ import annotations

from typing import Protocol

import torch
from pydantic import Field

from impasto.devices import pick_device
from impasto.images.sizes import parse_size
from impasto.inputs import Input, Inputs, Sizes, given_model
from impasto.kinds import KINDS, build, load
from impasto.methods import Forecast, Method, MethodConfig, Result
from impasto.observers import Loop, Observer, Piece
from impasto.randomness import generator

FIXED_MEMORY = 350_000_000  # bytes: Python and torch
PER_PIXEL = 400  # bytes of the largest features, for each pixel of a picture
SECONDS_PER_PIXEL = 4e-7


class Sampler(Protocol):
    """What pictures are drawn from: `ModelKind.sampler` makes it of a network on its device."""

    def draw(self, size: tuple[int, int], random: torch.Generator, *, tile: bool) -> torch.Tensor:
        """A picture (3, H, W) in [0, 1], on the CPU, of `size` (width, height). Raises InputError if it cannot be."""


class SampleConfig(MethodConfig):
    """Parameters of `sample`."""

    size: str = Field("", description="WIDTHxHEIGHT, long side, or 200% (default: the size it was trained at)")
    tile: bool = Field(False, description="make the texture tile without a seam")
    count: int = Field(1, ge=1, le=1_000_000, description="pictures, of this seed and those after it")


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
        network = build(model).to(pick_device(config.device))
        sampler: Sampler = load(KINDS[model.kind].sampler)(network)
        first = torch.zeros(3, size[1], size[0])
        loop = Loop(observer, total=config.count, keep={"first": first})
        for index in loop:
            seed = (config.seed + index) % 2**63
            picture = sampler.draw(size, generator(seed), tile=config.tile)
            if index == 0:
                first.copy_(picture)
            piece = Piece(picture, {"seed": seed, "count": 1})
            loop.report({}, preview=lambda: picture, pieces={str(index + 1): piece})  # noqa: B023 - within this step
        return Result({"output": first})

    def forecast(self, sizes: Sizes) -> Forecast:
        """The features at full size are nearly all of it."""
        width, height = self._size(sizes["run"][0])
        pixels = width * height
        seconds = SECONDS_PER_PIXEL * pixels * self.config.count
        memory = FIXED_MEMORY + pixels * (PER_PIXEL + 24)  # and two pictures
        return Forecast(seconds, memory, size=(width, height), fixed=FIXED_MEMORY)

    def _size(self, own: tuple[int, int]) -> tuple[int, int]:
        return parse_size(self.config.size, of=own) if self.config.size else own
