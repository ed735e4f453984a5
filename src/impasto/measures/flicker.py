"""`measure flicker`: what changes from frame to frame of a clip beyond what moved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from impasto.errors import InputError
from impasto.images.sizes import MAX_SIDE
from impasto.inputs import Input, Inputs, given_file, given_names
from impasto.methods import Method, MethodConfig, Result
from impasto.metrics import flicker, shown_at
from impasto.observers import Observer, Step
from impasto.tables import Column, Table
from impasto.video import Clip, open_clip

if TYPE_CHECKING:
    import torch

COLUMNS = (
    Column("clip"),
    Column("frames"),
    Column("flicker", "mean difference of a channel, from 0 to 1, beyond what moved; mean over the clip", ".3g"),
    Column("most", "the same for the two frames that differ most", ".3g"),
)
ORIGINAL = Column("original", "the flicker of the original itself", ".3g")


class MeasureFlickerConfig(MethodConfig):
    """Parameters of `measure flicker`."""

    hidden: ClassVar[frozenset[str]] = frozenset({"seed", "device"})


class MeasureFlicker(Method[MeasureFlickerConfig]):
    """Measure what changes from frame to frame beyond what moved, from 0 to 1."""

    name = "measure flicker"
    makes, records = "table", False
    inputs = (
        Input("video", "an animation or a film", kind="file"),
        Input("original", "the clip that it was made from, whose motion is followed", kind="file", optional=True),
    )
    Config = MeasureFlickerConfig

    def check(self, inputs: Inputs) -> None:
        """Raise InputError unless both are clips, and belong together."""
        _clips(inputs)

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Follow the original's motion; without one, the clip's own."""
        made, source = _clips(inputs)
        finer = max(made, source, key=len)
        clips = [made] if source is made else [made, source]
        found: list[list[float]] = []
        for clip in clips:
            found.append([])
            for value in flicker(_as_in(finer, clip), _as_in(finer, source)):
                found[-1].append(value)
                done, total = sum(map(len, found)), len(clips) * (len(finer) - 1)
                observer.step(Step(done, total, {"flicker": value}, lambda: next(made.frames())))
        row: dict[str, object] = {
            "clip": given_names(inputs, "video", endings=True)[0],
            "frames": len(made),
            "flicker": _mean(found[0]),
            "most": round(max(found[0]), 6),
        }
        if len(clips) > 1:
            row["original"] = _mean(found[1])
        return Result(tables=[Table("table", "", (*COLUMNS, ORIGINAL)[: len(row)], [row])])


def _clips(inputs: Inputs) -> tuple[Clip, Clip]:
    """The clip, and the one that it was made from, or itself."""
    video, original = given_file(inputs, "video"), given_file(inputs, "original")
    assert video is not None
    made = _opened(video)
    if original is None:
        return made, made
    source = _opened(original)
    finer = max(made, source, key=len)
    if len(source) != len(made) and abs(sum(source.durations) - sum(made.durations)) > _mean(finer.durations) / 2:
        raise InputError(
            f"{original}: has {len(source)} frames, {video} has {len(made)}, and they do not last as long: "
            "give the clip it was made from"
        )
    return made, source


def _opened(path: Path) -> Clip:
    clip = open_clip(path)
    if max(clip.size) > MAX_SIDE:
        raise InputError(f"{path}: its frames have {max(clip.size)} pixels a side, over the limit of {MAX_SIDE}")
    return clip


def _as_in(other: Clip, clip: Clip) -> Iterator[torch.Tensor]:
    """The clip's frames; if the other has more, the one that is shown in the middle of each of those."""
    if len(clip) == len(other):
        return clip.frames()
    moments = [end - seconds / 2 for end, seconds in zip(accumulate(other.durations), other.durations, strict=True)]
    return shown_at(clip.frames(), clip.durations, moments)


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 6)
