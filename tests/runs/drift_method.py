"""A tiny method with everything that a resumed run must restore: Adam, momentum of randomness, several loops."""

from __future__ import annotations

import time
from typing import Any, ClassVar, Literal

import torch
from pydantic import Field

from impasto.errors import InputError
from impasto.inputs import Input, Inputs, Sizes, given_picture, given_pictures
from impasto.methods import Forecast, Method, MethodConfig, Result
from impasto.observers import Loop, Observer
from impasto.optimizers import without_compiler
from impasto.randomness import generator


class DriftConfig(MethodConfig):
    presets: ClassVar[dict[str, dict[str, Any]]] = {"fast": {"steps": 4, "rate": 0.5}}

    steps: int = Field(20, ge=1, le=500, description="steps of each loop")
    rate: float = Field(0.05, gt=0, le=1, description="step size")
    optimizer: Literal["adam", "lbfgs"] = Field("adam", description="optimiser")
    layers: tuple[str, ...] = Field(("e1", "e2"), description="names that are only recorded")
    weights: tuple[float, ...] = Field((), description="numbers that are only recorded")
    tile: bool = Field(False, description="only recorded")
    pause: float = Field(0.0, ge=0, description="seconds a step sleeps")
    memory: int = Field(1_000_000, ge=0, description="bytes that the forecast says")
    foreseen: tuple[int, int] = Field((4000, 3000), description="the size that the forecast says")
    refuse: bool = Field(False, description="refuse to run")
    fault: bool = Field(False, description="fail at the third step")


class Drift(Method[DriftConfig]):
    """Noise drifts towards a picture, shaken on the way."""

    name = "texture drift"
    inputs = (
        Input("exemplar", "the picture to drift to"),
        Input("mask", "one more picture", flag="mask", optional=True),
    )
    Config = DriftConfig

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        config = self.config
        if config.refuse:
            raise InputError("refused: this picture is too plain")
        goal = given_picture(inputs, "exemplar")
        noise = generator(config.seed)
        image = torch.rand(goal.shape, generator=noise).requires_grad_()
        for scale in range(2):
            self._drift(image, goal, noise, observer, first=scale * config.steps)
        done = image.detach().clamp(0, 1)
        return Result({"drift": done, "other": 1 - done}, {"network": {"sha256": "00"}})

    def _drift(self, image, goal, noise, observer, first):
        config = self.config
        if config.optimizer == "adam":
            optimizer = without_compiler(torch.optim.Adam)([image], lr=config.rate)
        else:
            optimizer = without_compiler(torch.optim.LBFGS)([image], lr=config.rate, max_iter=3)
        loss = 0.0

        def closure():
            nonlocal loss
            optimizer.zero_grad()
            distance = (image - goal).square().mean()
            distance.backward()
            loss = float(distance.detach())
            return loss

        keep = {"image": image, "optimizer": optimizer, "noise": noise}
        loop = Loop(observer, total=2 * config.steps, first=first, count=config.steps, keep=keep)
        for step in loop:
            time.sleep(config.pause)
            if config.fault and step == 2:
                raise RuntimeError("a fault of our own")
            optimizer.step(closure)
            with torch.no_grad():
                image.add_(torch.randn(image.shape, generator=noise), alpha=0.01)
            loop.report({"loss": loss, "late": 1.0} if first else {"loss": loss}, lambda: image.detach().clamp(0, 1))

    def forecast(self, sizes: Sizes) -> Forecast:
        return Forecast(2.0, self.config.memory, size=self.config.foreseen)


class Blend(Method[MethodConfig]):
    """The mean of a content and its styles."""

    name = "style blend"
    inputs = (
        Input("content", "the picture to change", clips=True),
        Input("style", "pictures to take after", many=True),
    )
    Config = MethodConfig

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        content = given_picture(inputs, "content")
        mean = torch.stack([style.mean(dim=(1, 2), keepdim=True) for style in given_pictures(inputs, "style")]).mean(0)
        return Result({"blend": (content + mean) / 2})
