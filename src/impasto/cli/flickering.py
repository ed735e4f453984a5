"""What `impasto measure flicker` does: open both clips, check that they belong together, measure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from impasto.errors import InputError
from impasto.metrics import flicker, shown_at
from impasto.video import Clip, open_clip

if TYPE_CHECKING:
    import torch


def measure_flicker(video: str, original: str | None) -> dict[str, Any]:
    """The row of the table. Without an original the clip's own motion is followed."""
    made = open_clip(video)
    source = made if original is None else open_clip(original)
    finer = max(made, source, key=len)
    if len(source) != len(made) and abs(sum(source.durations) - sum(made.durations)) > _mean(finer.durations) / 2:
        raise InputError(
            f"{original}: has {len(source)} frames, {video} has {len(made)}, and they do not last as long: "
            "give the clip it was made from"
        )
    found = list(flicker(_as_in(finer, made), _as_in(finer, source)))
    row = {"clip": video, "frames": len(made), "flicker": _mean(found), "most": round(max(found), 6)}
    if original is not None:
        row["original"] = _mean(list(flicker(_as_in(finer, source), _as_in(finer, source))))
    return row


def _as_in(other: Clip, clip: Clip) -> Iterator[torch.Tensor]:
    """The clip's frames; if the other has more, the one that is shown in the middle of each of those."""
    if len(clip) == len(other):
        return clip.frames()
    moments = [end - seconds / 2 for end, seconds in zip(accumulate(other.durations), other.durations, strict=True)]
    return shown_at(clip.frames(), clip.durations, moments)


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 6)
