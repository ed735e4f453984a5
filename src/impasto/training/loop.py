"""Take the steps of a training, watched and resumable; what a step does is the method's own."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import torch

from impasto.errors import InputError
from impasto.observers import Loop, Observer

if TYPE_CHECKING:
    from impasto.model import Model


def train(
    observer: Observer,
    *,
    steps: int,
    step: Callable[[int], Mapping[str, torch.Tensor | float]],
    keep: Mapping[str, Any],
    preview: Callable[[], torch.Tensor],
    model: Callable[[], Model],
    measure: Callable[[int], Mapping[str, float] | None] | None = None,
) -> None:
    """Take `steps` steps of a training.

    step: takes the step of that number, counted from 0; returns its losses by name, the one that stands for all first.
    keep: everything that changes from step to step: networks, optimisers, random generators (see `Loop`).
    preview: a picture (3, H, W) of what the networks do now.
    model: what they are now. Neither may change anything in `keep`, for nobody knows how often they are called.
    measure: how good they are after the step of that number, by name; None for most steps.

    Raises InputError if a loss is no longer finite: from there nothing comes back.
    """
    loop = Loop(observer, total=steps, keep=keep)
    for index in loop:
        losses = numbers(step(index))
        lost = [name for name, loss in losses.items() if not math.isfinite(loss)]
        if lost:
            raise InputError(f"the loss {lost[0]} is no longer finite at step {index + 1}: lower the learning rate")
        loop.report(losses, preview, model, measures=measure(index) if measure else None)


def numbers(losses: Mapping[str, torch.Tensor | float]) -> dict[str, float]:
    """Losses as numbers. Those that are tensors leave their device together: each journey waits for all work on it."""
    tensors = [loss.detach().reshape(()) for loss in losses.values() if isinstance(loss, torch.Tensor)]
    moved = iter(torch.stack(tensors).tolist() if tensors else [])
    return {name: float(next(moved) if isinstance(loss, torch.Tensor) else loss) for name, loss in losses.items()}
