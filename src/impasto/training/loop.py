"""Take the steps of a training, watched and resumable; what a step does is the method's own."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import torch

from impasto.errors import InputError
from impasto.observers import Loop, Observer, snapshot
from impasto.training.team import ALONE, Team

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
    sheet: Callable[[int], str] | None = None,
    models: Callable[[int], Mapping[str, Callable[[], Model]]] | None = None,
    team: Team = ALONE,
    first: int = 0,
    count: int | None = None,
    span: tuple[float, float] | None = None,
) -> None:
    """Take `steps` steps of a training, or of these `count` from number `first` on (see `Loop`, also for `span`).

    step: takes the step of that number, counted from 0; returns its losses by name, the one that stands for all first.
    keep: everything that changes from step to step: networks, optimisers, random generators (see `Loop`).
    preview: a picture (3, H, W) of what the networks do now.
    model: what they are now. Neither may change anything in `keep`, for nobody knows how often they are called.
    measure: how good they are after the step of that number, by name; None for most steps.
    sheet: the name under which the preview after the step of that number is kept; "" for most steps.
    models: those that are kept after the step of that number, as they are then, by name; none for most.
    team: the processes that train together, each of which does all this; the losses are the means of all.

    Raises InputError if a loss or a weight is no longer finite: from there nothing comes back. What was saved before
    stays, and is sound.
    """
    loop = Loop(observer, total=steps, keep=keep, first=first, count=count, span=span)
    for index in loop:
        losses = numbers(step(index), team)
        lost = [name for name, loss in losses.items() if not math.isfinite(loss)]
        if lost:
            raise InputError(f"the loss {lost[0]} is no longer finite at step {index + 1}: lower the learning rate")
        measures = measure(index) if measure else None
        loop.report(
            losses,
            preview,
            model,
            measures=measures,
            models=models(index) if models else {},
            sheet=sheet(index) if sheet else "",
            state=partial(_sound, keep, index),
        )


def _sound(keep: Mapping[str, Any], index: int) -> dict[str, Any]:
    """All that is kept. A step may spoil the weights and have had a finite loss: that is no state to go on from."""
    state = snapshot(keep)
    for name, value in state.items():
        if not all(tensor.isfinite().all() for tensor in _tensors(value)):
            raise InputError(f"{name} has numbers that are not finite after step {index + 1}: lower the learning rate")
    return state


def _tensors(value: object) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _tensors(each)


def numbers(losses: Mapping[str, torch.Tensor | float], team: Team = ALONE) -> dict[str, float]:
    """Losses as numbers, the means of all processes.

    Those that are tensors leave their device together: each journey waits for all work on it.
    """
    tensors = [loss.detach().reshape(()) for loss in losses.values() if isinstance(loss, torch.Tensor)]
    moved = iter(team.mean(torch.stack(tensors)).tolist() if tensors else [])
    return {name: float(next(moved) if isinstance(loss, torch.Tensor) else loss) for name, loss in losses.items()}
