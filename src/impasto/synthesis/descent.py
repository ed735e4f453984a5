"""The loop: optimise a picture from coarse to fine until it looks like its targets."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

import torch

from impasto.errors import InputError
from impasto.observers import Loop, Observer, within
from impasto.optimizers import without_compiler
from impasto.synthesis.canvas import Canvas, make_canvas
from impasto.synthesis.schedule import Scale, total_steps, work_of
from impasto.synthesis.settings import SynthesisConfig

PAIRS = 20  # of steps and gradients, from which L-BFGS knows the curvature


class Objective(Protocol):
    """What is minimised at one scale."""

    def __call__(self, image: torch.Tensor, step: int) -> Mapping[str, torch.Tensor]:
        """The weighted losses of `image` (1, 3, H, W) at `step`, by name; their sum is minimised."""

    def limit(self, image: torch.Tensor) -> torch.Tensor:
        """The nearest picture (1, 3, H, W) that is allowed."""


def descend(
    config: SynthesisConfig,
    scales: Sequence[Scale],
    *,
    start: Callable[[Scale], torch.Tensor],
    enlarge: Callable[[torch.Tensor, Scale], torch.Tensor],
    objective: Callable[[Scale], Objective],
    observer: Observer,
    wrap: bool = False,
    present: Callable[[torch.Tensor], torch.Tensor] | None = None,
    total: int | None = None,
    span: tuple[float, float] = (0.0, 1.0),
    keep: Mapping[str, Any] | None = None,
) -> torch.Tensor:
    """Minimise the objective of each scale in turn; return the picture (1, C, H, W) in [0, 1].

    start: the picture to begin with, at the first scale's size.
    enlarge: a scale's result at the next scale's size.
    objective: the losses of a scale; called once a scale, so targets are computed once.
    wrap: whether the picture is a tile.
    present: what a preview (1, C, H, W), of any scale, is shown and saved as, (3, H, W).
    total: the steps of the whole run, if these scales are not all of it; and `span`, where they lie in its work.
    keep: what else a checkpoint must hold (see `Loop`); asked for after `objective`, which may put things in.
    """
    picture = start(scales[0])
    before: _Descent | None = None
    for scale, (begin, end) in zip(scales, work_of(scales), strict=True):
        if scale.index:
            picture = enlarge(picture, scale)
        descent = _Descent(config, scale, picture, objective(scale), wrap)
        if config.carry and before is not None:
            carry_over(before.canvas, before.optimizer, descent.canvas, descent.optimizer)
        loop = Loop(
            observer,
            total=total or total_steps(scales),
            first=scale.first,
            count=scale.steps,
            span=(within(span, begin), within(span, end)),
            keep={**descent.keep(), **(keep or {})},
        )
        for step in loop:
            losses = descent.step(step)
            loop.report(losses, preview=partial(_preview, descent, present))
        picture = descent.finish()
        before = descent
    return picture


class _Descent:
    """The optimisation at one scale."""

    def __init__(
        self, config: SynthesisConfig, scale: Scale, picture: torch.Tensor, objective: Objective, wrap: bool
    ) -> None:
        self._config, self._scale = config, scale
        self._objective: Objective | None = objective
        self.canvas = make_canvas(config.canvas, picture, wrap=wrap)
        self.optimizer = make_optimizer(config, self.canvas)
        self.average = picture.detach().clone()
        self._final: torch.Tensor | None = None

    def step(self, step: int) -> dict[str, float]:
        """Take a step; return the losses before it."""
        done = (step - self._scale.first) / self._scale.steps
        for group in self.optimizer.param_groups:
            group["lr"] = step_size(self._config) * (_cosine(done) if self._config.decay else 1.0)
        losses: dict[str, torch.Tensor] = {}

        def closure() -> float:
            losses.clear()
            losses.update(self._losses(step))
            self.optimizer.zero_grad()
            loss = torch.stack(list(losses.values())).sum()
            torch.autograd.backward(loss)
            return float(loss.detach())

        self.optimizer.step(closure)
        memory = self._config.average if done >= 0.5 else 0.0
        self.average.lerp_(self.canvas.image().detach(), 1 - memory)
        values = {name: float(loss.detach()) for name, loss in losses.items()}
        for what, value in (("loss", sum(values.values())), ("picture", float(self.average.sum()))):
            if not math.isfinite(value):
                rate = step_size(self._config)
                raise InputError(
                    f"the {what} is no longer finite at step {step + 1}: lower learning_rate, now {rate:g}"
                )
        return {"loss": sum(values.values()), **values}

    def finish(self) -> torch.Tensor:
        """The picture, (1, C, H, W) in [0, 1]. What only steps need is let go: the next scale needs the memory."""
        self._final = self.result()
        self._objective = None
        self.optimizer.zero_grad()
        if not (self._config.carry and isinstance(self.optimizer, torch.optim.Adam)):
            self.optimizer.state.clear()
        return self._final

    def result(self) -> torch.Tensor:
        """The picture so far, (1, C, H, W) in [0, 1]."""
        if self._final is not None:
            return self._final
        if self.average.shape[1] == 1:
            return self.average.clamp(0, 1)
        assert self._objective is not None
        return self._objective.limit(self.average)

    def keep(self) -> dict[str, Any]:
        """All that changes from step to step."""
        bands = {f"canvas{i}": parameter for i, parameter in enumerate(self.canvas.parameters)}
        return {**bands, "optimizer": self.optimizer, "average": self.average}

    def _losses(self, step: int) -> dict[str, torch.Tensor]:
        if self._config.canvas == "pixels":
            with torch.no_grad():  # as the documents do; clamped in the graph, a value outside would never come back
                self.canvas.parameters[0].clamp_(0, 1)
        image = self.canvas.image()
        assert self._objective is not None
        return dict(self._objective(image.expand(-1, 3, -1, -1), step))


def _preview(descent: _Descent, present: Callable[[torch.Tensor], torch.Tensor] | None) -> torch.Tensor:
    picture = descent.result()
    return picture[0].expand(3, -1, -1) if present is None else present(picture)


def make_optimizer(config: SynthesisConfig, canvas: Canvas) -> torch.optim.Optimizer:
    """The optimiser that the config names, over the canvas's parameters."""
    rate = step_size(config)
    if config.optimizer == "adam":
        return without_compiler(torch.optim.Adam)(canvas.parameters, lr=rate, betas=(0.9, 0.99))
    if config.optimizer == "sgd":
        return without_compiler(torch.optim.SGD)(canvas.parameters, lr=rate, momentum=0.9)
    # One step of the method for each of ours, as in the documents.
    return without_compiler(torch.optim.LBFGS)(canvas.parameters, lr=rate, max_iter=1, history_size=PAIRS)


def step_size(config: SynthesisConfig) -> float:
    """The learning rate, chosen by the optimiser where the config leaves it open."""
    return config.learning_rate or {"adam": 0.02, "lbfgs": 1.0, "sgd": 0.1}[config.optimizer]


def carry_over(
    old_canvas: Canvas, old: torch.optim.Optimizer, canvas: Canvas, optimizer: torch.optim.Optimizer
) -> None:
    """Give a scale's Adam the moments of the scale before, resized.

    A band of the Laplacian pyramid takes those of the same band, which at the coarser scale was one
    place nearer to the finest; the new finest band starts fresh.
    """
    if not isinstance(optimizer, torch.optim.Adam):
        return
    offset = 1 if len(canvas.parameters) > 1 else 0
    for index, parameter in enumerate(canvas.parameters[offset:]):
        source = old_canvas.parameters[min(index, len(old_canvas.parameters) - 1)]
        state = old.state[source]
        if parameter.ndim != 4 or not state:
            continue
        resized: dict[str, Any] = {"step": state["step"].clone()}
        for name in ("exp_avg", "exp_avg_sq"):
            resized[name] = torch.nn.functional.interpolate(
                state[name], size=parameter.shape[-2:], mode="bilinear", align_corners=False
            ).clone()
        optimizer.state[parameter] = resized


def _cosine(done: float) -> float:
    """From 1 to a tenth, as `done` goes from 0 to 1."""
    return 0.55 + 0.45 * math.cos(math.pi * done)
