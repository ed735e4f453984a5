"""A picture enlarged by what was learned of it: its finest scale is drawn again and again (Shaham et al. 2019)."""

from __future__ import annotations

import math
from typing import Protocol

import torch
from pydantic import Field

from impasto.devices import pick_device
from impasto.errors import InputError
from impasto.generators.redraw import FIXED_MEMORY, RUN
from impasto.images import resize, result_size
from impasto.inputs import Input, Inputs, Sizes, given_model, given_picture, model_of_sizes
from impasto.kinds import drawing_cost, sampler_of
from impasto.methods import Forecast, Method, MethodConfig, Result
from impasto.observers import Loop, Observer
from impasto.randomness import generator

NEAREST = 0.9  # the factor of a step, at the most: of scales that are nearer to one another every second is left out
ROUND = 3e-8  # seconds of a pixel in a round of `corrected`, on one thread
LEAST = 0.5  # share of a step that another one is made for


class UpscaleConfig(MethodConfig):
    """Parameters of `upscale`."""

    size: str = Field("400%", description="WIDTHxHEIGHT, long side, or 200%")
    faithful: int = Field(
        3, ge=0, le=100, description="times that a step is corrected, so that reduced it is the picture again"
    )
    detail: float = Field(
        0.25, ge=0, le=1, description="how much of what is drawn is added to the plain enlargement; more is sharper"
    )

    main = "size detail faithful seed"


class FinestSampler(Protocol):
    """What adds the details of the finest scale (see `impasto.networks.singan_sampler`)."""

    def refine(self, picture: torch.Tensor, random: torch.Generator) -> torch.Tensor:
        """A picture (3, H, W) in [0, 1] with the details of the finest scale."""


class Upscale(Method[UpscaleConfig]):
    """Enlarge a picture with details like its own, by the model that `train singan` made of it.

    `--preset upscale` of the training is for this. The run is named by its folder, by its name or a part of it, or is
    `latest`.
    """

    name = "upscale"
    inputs = (RUN, Input("picture", "the learned picture", photo=True))
    Config = UpscaleConfig

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Enlarge by steps as large as those between the model's scales, and draw the finest scale at each."""
        config, model, picture = self.config, given_model(inputs, "run"), given_picture(inputs, "picture")
        sampler: FinestSampler = sampler_of(model, pick_device(config.device))
        sizes = self._sizes((picture.shape[2], picture.shape[1]), float(model.config.get("factor", 1)))
        random, (width, height) = generator(config.seed), sizes[-1]
        drawn = picture.new_zeros(3, height, width)  # what there is so far, in the upper left corner
        loop = Loop(observer, total=len(sizes), keep={"drawn": drawn, "random": random})
        for index in loop:
            width, height = sizes[index - 1]
            before = drawn[:, :height, :width] if index else picture
            made = sampler.refine(resize(before, sizes[index]), random)
            width, height = sizes[index]
            drawn[:, :height, :width] = corrected(made, picture, config.faithful)
            loop.report({}, preview=lambda: drawn[:, :height, :width].clone())  # noqa: B023 - in this step
        plain = corrected(resize(picture, sizes[-1]), picture, config.faithful)
        return Result({"output": torch.lerp(plain, drawn, config.detail)}, {"steps": len(sizes)})

    def forecast(self, sizes: Sizes) -> Forecast:
        """The finest scale is drawn at each step."""
        cost = drawing_cost(model_of_sizes(sizes, "run"))
        steps = self._sizes(sizes["picture"][0], cost.factor)
        memory = FIXED_MEMORY + cost.memory(steps[-1])
        each = cost.finest + ROUND * self.config.faithful
        return Forecast(each * sum(map(math.prod, steps)), memory, steps[-1], FIXED_MEMORY)

    def _target(self, own: tuple[int, int]) -> tuple[int, int]:
        width, height = result_size(self.config.size, own, max(own))
        if width < own[0] or height < own[1] or (width, height) == own:
            raise InputError(f"size {self.config.size}: {width}x{height} is no more than {own[0]}x{own[1]}; give more")
        return width, height

    def _sizes(self, own: tuple[int, int], factor: float) -> list[tuple[int, int]]:
        """The sizes of all steps, of which the last is the result's."""
        target = self._target(own)
        times = max(math.log(large / small) for large, small in zip(target, own, strict=True))
        count = max(1, math.floor(times / math.log(1 / min(factor, NEAREST)) + LEAST))
        shares = [number / count for number in range(1, count + 1)]
        return [tuple(round(a * (b / a) ** each) for a, b in zip(own, target, strict=True)) for each in shares]


def corrected(made: torch.Tensor, picture: torch.Tensor, rounds: int) -> torch.Tensor:
    """What was made (3, H, W) of a smaller picture (3, h, w), so that reduced it is nearer to that again.

    What is missing is enlarged and added, again and again (Irani & Peleg 1991).
    """
    small, large = ((each.shape[2], each.shape[1]) for each in (picture, made))
    wanted = resize(picture, large)
    for _ in range(rounds):
        made = (made + wanted - resize(resize(made, small), large)).clamp(0, 1)
    return made
