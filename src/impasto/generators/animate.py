"""A single picture that moves: its noise takes a walk that ends where it began (after Shaham et al. 2019)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from pydantic import Field

from impasto.devices import pick_device
from impasto.errors import InputError
from impasto.generators.redraw import FIXED_MEMORY, RUN
from impasto.images.sizes import parse_size
from impasto.inputs import Inputs, Sizes, given_model, model_of_sizes
from impasto.kinds import drawing_cost, sampler_of
from impasto.methods import Forecast, Method, MethodConfig, Result
from impasto.networks.pyramid_sizes import SCALES
from impasto.observers import Loop, Observer, Piece
from impasto.randomness import generator, step_seed

SETTLED = 1e-3  # the share of a walk's beginning that is still felt when its first frame is drawn


class AnimateConfig(MethodConfig):
    """Parameters of `animate`."""

    size: str = Field("", description="WIDTHxHEIGHT, long side, or 200% (default: the size it was trained at)")
    frames: int = Field(40, ge=2, le=10_000, description="frames of the clip, whose last leads to its first again")
    rate: float = Field(10.0, ge=0.1, le=60, description="frames a second")
    start_scale: int = Field(1, ge=0, le=SCALES, description="scale from which on it moves: 0 moves things about")
    closeness: float = Field(0.1, ge=0.01, le=1, description="how near it stays to the picture itself (paper: .1)")
    smoothness: float = Field(0.9, ge=0, le=0.99, description="how much it goes on as it was going (paper: .8 to .95)")

    main = "size frames rate start_scale closeness smoothness seed"


class WalkSampler(Protocol):
    """What draws of a given noise (see `impasto.networks.singan_sampler`)."""

    @property
    def scales(self) -> int:
        """How many scales there are."""

    def noises(self, size: tuple[int, int], random: torch.Generator) -> list[torch.Tensor]:
        """Fresh noise of every scale, for a picture of that size."""

    def own_noises(self, size: tuple[int, int]) -> list[torch.Tensor]:
        """The noise of every scale of which the picture itself is drawn."""

    def of_noises(self, size: tuple[int, int], noises: Sequence[torch.Tensor]) -> torch.Tensor:
        """The picture (3, H, W) in [0, 1] of the noise of every scale."""


class Walk:
    """Noise near that of the picture itself, that moves smoothly and comes back after so many frames.

    As in the authors' code it goes on by a share of what it went last, is pushed at random, and is drawn back; the
    pushes here come again after the last frame, so that the walk, once its beginning is forgotten, is closed.
    """

    def __init__(self, sampler: WalkSampler, config: AnimateConfig, size: tuple[int, int]) -> None:
        self._sampler, self._config, self._size = sampler, config, size
        self._own = sampler.own_noises(size)
        self.now = torch.zeros_like(_joined(self._own))  # how far it is from the picture's own noise, of all scales
        self.before = torch.zeros_like(self.now)

    def warm_up(self) -> None:
        """Go until nothing is felt of where it began, in whole rounds."""
        decay = max(abs(self._roots()))
        steps = self._config.frames
        while decay**steps > SETTLED:
            steps += self._config.frames
        for step in range(steps):
            self.go(step % self._config.frames)

    def go(self, frame: int) -> None:
        """Go on to that frame."""
        near, on = 1 - self._config.closeness, self._config.smoothness
        push = _joined(self._sampler.noises(self._size, generator(step_seed(self._config.seed, frame))))
        gone = near * (self.now + on * (self.now - self.before) + (1 - on) * push)
        self.before.copy_(self.now)
        self.now.copy_(gone)

    def picture(self) -> torch.Tensor:
        """What is drawn where it is, (3, H, W); below the scale that it starts at, of the picture's own noise."""
        start, parts = self._config.start_scale, torch.split(self.now, [own.numel() for own in self._own])
        noises = [
            own + part.reshape(own.shape) if scale >= start else own
            for scale, (own, part) in enumerate(zip(self._own, parts, strict=True))
        ]
        return self._sampler.of_noises(self._size, noises)

    def _roots(self) -> torch.Tensor:
        """The two numbers whose powers a push fades away with."""
        near, on = 1 - self._config.closeness, self._config.smoothness
        companion = torch.tensor([[near * (1 + on), -near * on], [1.0, 0.0]], dtype=torch.float64)
        roots: torch.Tensor = torch.linalg.eigvals(companion)
        return roots


def _joined(noises: Sequence[torch.Tensor]) -> torch.Tensor:
    return torch.cat([noise.flatten() for noise in noises])


class Animate(Method[AnimateConfig]):
    """Let a single picture move, for ever: flames flicker, leaves stir. It is drawn by the model of `train singan`.

    The run is named by its folder, by its name or a part of it, or is `latest`, the training that was begun last.
    """

    name = "animate"
    inputs = (RUN,)
    Config = AnimateConfig
    makes = "clip"

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Draw a frame at each step of the walk."""
        self.check(inputs)
        config, size, sampler = self.config, self._size(given_model(inputs, "run").size), self._sampler(inputs)
        walk, last = Walk(sampler, config, size), torch.zeros(3, size[1], size[0])
        loop = Loop(observer, total=config.frames, keep={"now": walk.now, "before": walk.before, "last": last})
        for index in loop:
            if not index:
                walk.warm_up()
            walk.go(index)
            last.copy_(walk.picture())
            loop.report({}, preview=lambda: last.clone(), pieces={f"{index + 1:05d}": Piece(last.clone())})
        return Result({"output": last})

    def check(self, inputs: Inputs) -> None:
        """Raise InputError for a model that is damaged, and a scale that it has not."""
        last = self._sampler(inputs).scales - 1
        if self.config.start_scale > last:
            raise InputError(f"--start-scale {self.config.start_scale}: this model has scales 0 to {last}")

    def durations(self, inputs: Inputs) -> Sequence[float]:  # noqa: ARG002 - as others have them
        """All are shown as long."""
        return [1 / self.config.rate] * self.config.frames

    def forecast(self, sizes: Sizes) -> Forecast:
        """A drawing for each frame."""
        width, height = self._size(sizes["run"][0])
        pixels, cost = width * height, drawing_cost(model_of_sizes(sizes, "run"))
        memory = FIXED_MEMORY + cost.memory((width, height))
        return Forecast(cost.seconds * pixels * self.config.frames, memory, (width, height), FIXED_MEMORY)

    def _sampler(self, inputs: Inputs) -> WalkSampler:
        sampler: WalkSampler = sampler_of(given_model(inputs, "run"), pick_device(self.config.device))
        return sampler

    def _size(self, own: tuple[int, int]) -> tuple[int, int]:
        return parse_size(self.config.size, of=own) if self.config.size else own
