"""Clips: a method around a method, which it runs frame by frame, each frame told of the one before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import torch

from impasto.errors import Cancelled, InputError
from impasto.grey import run_in_grey
from impasto.images import resize
from impasto.inputs import Inputs, NamedInputs, Sizes
from impasto.methods import Forecast, Method, MethodConfig, Result
from impasto.model import Model
from impasto.observers import Observer, Piece
from impasto.parts import Parts
from impasto.styles.strength import between
from impasto.styles.temporal import BEFORE, TRUST, BlendingConfig
from impasto.video import Clip, Motion, motion

FEATHER = 3  # pixels over which what is trusted passes into what is not


@runtime_checkable
class Following(Protocol):
    """A method that knows what to do with the frame before."""

    def following(self) -> Method[Any] | None:
        """The method for a clip's frames after the first; None if each is to be made by itself."""


class FrameByFrame(Method[MethodConfig]):
    """Run a method of pictures once for each frame of a clip.

    What it is called, takes and is set by is the method's own, but that the input which may be a clip is one. A run
    that was killed within a frame goes on there.
    """

    makes = "clip"

    def __init__(self, inner: Method[Any], *, frames: int) -> None:
        """`frames` is how many the clip has: the cost is known before it is opened."""
        super().__init__(inner.config)
        self.name, self.inputs, self.Config, self.records = inner.name, inner.inputs, inner.Config, inner.records
        self._first, self._frames = inner, frames
        self._rest = (inner.following() if isinstance(inner, Following) else None) or inner
        self._clip = next(item.name for item in inner.inputs if item.clips)

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Make each frame, and give it away; the first frame's facts are those of all."""
        last = _Last()
        names = [f"frame {number + 1} of {self._frames}" for number in range(self._frames)]
        first, rest = self._forecasts({name: [_size(it) for it in given] for name, given in inputs.items()})
        seconds = [forecast.seconds if forecast else 1.0 for forecast in (first, *[rest] * (self._frames - 1))]
        try:
            self._make(inputs, Parts(observer, names, seconds, keep={"last": last}), last)
        except Cancelled as stop:
            raise Cancelled(last.result() if last.count else None) from stop
        return last.result()

    def check(self, inputs: Inputs) -> None:
        """Look at the first frame. Raises InputError for tiles that follow one another: motion knows none."""
        follows = [name for name in ("temporal_weight", "temporal_blend") if getattr(self.config, name, 0)]
        if getattr(self.config, "tile", False) and follows:
            mend = f"add --{follows[0].replace('_', '-')} 0, so that each is made by itself"
            raise InputError(f"tile: a frame that follows the one before has a seam; {mend}")
        self._first.check(_with(inputs, {self._clip: [next(self._given(inputs).frames())]}))

    def forecast(self, sizes: Sizes) -> Forecast | None:
        """The cost of all frames, of which those after the first may be cheaper; the size is that of one."""
        first, rest = self._forecasts(sizes)
        if first is None or rest is None:
            return None
        seconds = first.seconds + (self._frames - 1) * rest.seconds
        return Forecast(seconds, max(first.memory, rest.memory), first.size, first.fixed, first.notice)

    def durations(self, inputs: Inputs) -> Sequence[float]:
        """The clip's own."""
        return self._given(inputs).durations

    def _make(self, inputs: Inputs, parts: Parts, last: _Last) -> None:
        """Make the frames that are not finished yet."""
        frames = self._given(inputs).frames(max(0, last.count - 1))
        before = next(frames) if last.count else None
        for (number, watch), frame in zip(parts, frames, strict=False):
            method, told, moved = self._first, _with(inputs, {self._clip: [frame]}), None
            if before is not None:
                size = last.frame.shape[-1], last.frame.shape[-2]
                moved = motion(resize(before, size), resize(frame, size))
                if self._rest is not self._first:
                    self._rest.grey = self._first.grey
                    method, told = self._rest, _with(told, with_before(moved, last.frame))
            result = run_in_grey(method, told, watch)
            made = result.output if moved is None else blended(result.output, moved, last.frame, self.config)
            made = (made.detach().float().cpu().clamp(0, 1) * 255).round() / 255  # as a file holds it
            measures = {} if moved is None else {"flicker": moved.change(last.frame, made)}
            last.take(made, result.facts)
            parts.done(preview=lambda: last.frame, measures=measures, pieces={f"{number + 1:05d}": Piece(made)})
            before = frame

    def _given(self, inputs: Inputs) -> Clip:
        clip = inputs[self._clip][0]
        if not isinstance(clip, Clip):
            raise TypeError(f"{self._clip} must be a Clip, got {type(clip).__name__}")
        return clip

    def _forecasts(self, sizes: Sizes) -> tuple[Forecast | None, Forecast | None]:
        """Of the first frame, and of each after it."""
        first = self._first.forecast(sizes)
        return first, first if self._rest is self._first else self._rest.forecast(sizes)


class _Last:
    """The last frame that is finished, how many are, and what a recipe says of them."""

    def __init__(self) -> None:
        self.count, self.frame = 0, torch.zeros(3, 1, 1)
        self.facts: dict[str, Any] = {}

    def take(self, frame: torch.Tensor, facts: Mapping[str, Any]) -> None:
        """A further frame is finished."""
        self.facts = self.facts if self.count else dict(facts)
        self.count, self.frame = self.count + 1, frame

    def result(self) -> Result:
        """What there is so far."""
        return Result({"output": self.frame}, self.facts)

    def state_dict(self) -> dict[str, Any]:
        """All of it."""
        return {"count": self.count, "frame": self.frame, "facts": self.facts}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there."""
        self.count, self.frame, self.facts = state["count"], state["frame"], state["facts"]


def with_before(moved: Motion, made: torch.Tensor) -> dict[str, list[torch.Tensor]]:
    """The inputs that tell of the frame before, from what was made of it, (3, H, W)."""
    return {BEFORE: [moved.carry(made)], TRUST: [moved.trust]}


def blended(picture: torch.Tensor, moved: Motion, before: torch.Tensor, config: MethodConfig) -> torch.Tensor:
    """`picture` (3, H, W), with a share of what was made of the frame before if the config has one.

    Their contrast is kept: strokes that lie elsewhere in each frame would otherwise wear one another away.
    """
    share = config.temporal_blend if isinstance(config, BlendingConfig) else 0.0
    if not share:
        return picture
    return torch.lerp(picture, between(picture, moved.carry(before), share).clamp(0, 1), feathered(moved.trust))


def feathered(trust: torch.Tensor) -> torch.Tensor:
    """A mask (1, H, W) of 0 and 1 that falls to 0 within itself, over `FEATHER` pixels: its edge would be seen."""
    side = 2 * FEATHER + 1
    around = torch.nn.functional.avg_pool2d(trust[None], side, 1, FEATHER, count_include_pad=False)[0]
    return trust * (2 * around - 1).clamp_min(0)


def _with(inputs: Inputs, others: Mapping[str, Sequence[object]]) -> NamedInputs:
    """The inputs with others in their place, or beside them."""
    found = NamedInputs({**inputs, **others})
    found.paths = inputs.paths if isinstance(inputs, NamedInputs) else {}
    return found


def _size(given: object) -> tuple[int, int]:
    """What a forecast is told of something that a method is given."""
    if isinstance(given, (Clip, Model)):
        return given.size
    return (given.shape[-1], given.shape[-2]) if isinstance(given, torch.Tensor) else (0, 0)
