"""Carry out a run whose content is a clip: frame by frame, each told of the one before, each kept when it is done."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from impasto.errors import Cancelled
from impasto.images import resize
from impasto.methods import Forecast, Method, Sizes
from impasto.observers import Observer, Step
from impasto.parts import Leg, Legs
from impasto.runs.losses import LossTable
from impasto.runs.outcome import Outcome, Watch, plain
from impasto.runs.pieces import Shelf
from impasto.runs.recipe import State
from impasto.runs.sources import CONTENT, sizes
from impasto.styles.temporal import Following, blended, with_before
from impasto.video import motion, write_clip

if TYPE_CHECKING:
    from impasto.runs.job import Job


def clip_forecast(method: Method[Any], of: Sizes, frames: int) -> Forecast | None:
    """The cost of all frames, of which those after the first may be cheaper; the size is that of one."""
    first, rest = _forecasts(method, of)
    if first is None or rest is None:
        return None
    memory = max(first.memory, rest.memory)
    seconds = first.seconds + (frames - 1) * rest.seconds
    return Forecast(seconds, memory, first.size, first.fixed, first.notice)


def perform_clip(
    job: Job, pictures: Mapping[str, Sequence[torch.Tensor]], observers: Sequence[Observer], shelf: Shelf, table: Path
) -> Outcome:
    """Make the frames that are not on the shelf yet, with a row of losses in `table` for each.

    If it is cancelled, the frames that are finished stay, and the one that was begun is lost.
    """
    watch, losses = Watch(observers), LossTable(table, done=len(shelf))
    started = time.monotonic()
    state: State = "done"
    try:
        _make_frames(job, pictures, watch, shelf, losses)
    except Cancelled:
        state = "cancelled"
    finally:
        losses.close()
    done = len(shelf)
    step = done if state == "cancelled" else None
    return Outcome(
        state=state,
        images={"output": shelf.frame(done - 1)} if done else {},
        recipe=job.recipe.model_copy(update={"state": state, "step": step, "facts": shelf.facts()}),
        seconds=time.monotonic() - started,
        total=len(job.clip),
        losses=dict(watch.last.losses) if watch.last else {},
        frames=done,
    )


def write_frames(job: Job, outcome: Outcome, shelf: Shelf, path: Path) -> None:
    """Write the frames that are finished as a clip, with the recipe."""
    write_clip(shelf, job.clip.durations[: len(shelf)], path, recipe=outcome.embedded("output"))


def _make_frames(
    job: Job, pictures: Mapping[str, Sequence[torch.Tensor]], watch: Watch, shelf: Shelf, losses: LossTable
) -> None:
    following = _following(job.method)
    legs = _legs(job, watch)
    done = len(shelf)
    frames = job.clip.frames(max(0, done - 1))
    before = next(frames) if done else None
    for number, frame in enumerate(frames, done):
        inputs = {**pictures, CONTENT: [frame]}
        method = job.method
        last = moved = None
        if before is not None:
            last = shelf.frame(number - 1)  # as it was kept: a resumed run knows no more of it
            size = last.shape[-1], last.shape[-2]
            moved = motion(resize(before, size), resize(frame, size))
            if following is not None:
                method, inputs = following, inputs | with_before(moved, last)
        result = method.run(inputs, legs.watch(number))
        if number == 0:
            shelf.note(plain(result.facts))
        made = result.output
        if last is not None and moved is not None:
            made = blended(made, moved, last, job.method.config)
        kept = (made.detach().float().cpu().clamp(0, 1) * 255).round() / 255  # as the shelf gives it back
        row = dict(watch.last.losses) if watch.last else {}
        if last is not None and moved is not None:
            row["flicker"] = moved.change(last, kept)
        # The row first: of a frame that is not on the shelf it is dropped, and one that is lost is not made again.
        losses.append(number + 1, row)
        shelf.keep(number, kept)
        # A method without steps of its own must be seen, and stopped, between two frames.
        legs.watch(number).step(Step(1, 1, row, partial(shelf.frame, number), dict))
        before = frame


def _following(method: Method[Any]) -> Method[Any] | None:
    return method.following() if isinstance(method, Following) else None


def _legs(job: Job, watch: Watch) -> Legs:
    count = len(job.clip)
    first, rest = _forecasts(job.method, sizes(job.sources))
    seconds = [max(forecast.seconds, 0.01) if forecast else 1.0 for forecast in (first, rest)]
    names = [f"frame {number + 1} of {count}" for number in range(count)]
    return Legs([Leg(name, seconds[number > 0]) for number, name in enumerate(names)], watch)


def _forecasts(method: Method[Any], of: Sizes) -> tuple[Forecast | None, Forecast | None]:
    """Of the first frame, and of each after it."""
    first, following = method.forecast(of), _following(method)
    return first, first if following is None else following.forecast(of)
