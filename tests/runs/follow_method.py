"""A tiny method that follows the frame before: it mixes it, the content and noise, in a few steps."""

from __future__ import annotations

import time

import torch
from pydantic import Field

from impasto.images import resize
from impasto.inputs import Input, Inputs, Sizes, given_picture, given_pictures
from impasto.methods import Forecast, Method, Result
from impasto.observers import Loop, Observer
from impasto.randomness import generator
from impasto.styles.temporal import TemporalConfig, before_of


class FollowConfig(TemporalConfig):
    steps: int = Field(4, ge=1, description="steps of a frame")
    pause: float = Field(0.0, ge=0, description="seconds a step sleeps")
    after: bool = Field(False, description="whether it is one that follows")


class Follow(Method[FollowConfig]):
    """The content, the style's colour and noise; of the frame before what it is told."""

    name = "style follow"
    inputs = (Input("content", "the photo", clips=True), Input("style", "the colour", many=True))
    Config = FollowConfig

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        config = self.config
        before = before_of(inputs, torch.device("cpu"))
        assert (before is not None) == config.after
        content = given_picture(inputs, "content")
        noise = generator(config.seed)
        picture = resize(content, (24, 16)) if before is None else before.picture[0].clone()
        color = given_pictures(inputs, "style")[0].mean((1, 2), keepdim=True)
        loop = Loop(observer, total=config.steps, keep={"picture": picture, "noise": noise})
        for _ in loop:
            time.sleep(config.pause)
            picture.lerp_(color, 0.1)
            picture.add_(0.02 * torch.randn(picture.shape, generator=noise)).clamp_(0, 1)
            loop.report({"loss": float(picture.mean())}, preview=lambda: picture.clone())
        return Result({"output": picture}, {"network": {"sha256": "00"}})

    def forecast(self, sizes: Sizes) -> Forecast:
        return Forecast(float(self.config.steps), 1_000_000, size=sizes["content"][0])

    def following(self) -> Method[FollowConfig] | None:
        if not self.config.temporal_weight:
            return None
        return Follow(self.config.model_copy(update={"after": True, "steps": 2}))
