"""What `impasto measure flicker` does: open both clips, check that they belong together, measure."""

from __future__ import annotations

from typing import Any

from impasto.errors import InputError
from impasto.metrics import flicker
from impasto.video import open_clip


def measure_flicker(video: str, original: str | None) -> dict[str, Any]:
    """The row of the table. Without an original the clip's own motion is followed."""
    made = open_clip(video)
    source = made if original is None else open_clip(original)
    if len(source) != len(made):
        raise InputError(
            f"{original}: has {len(source)} frames, {video} has {len(made)}: give the clip it was made from"
        )
    found = list(flicker(made.frames(), source.frames()))
    row = {"clip": video, "frames": len(made), "flicker": _mean(found), "most": round(max(found), 6)}
    if original is not None:
        row["original"] = _mean(list(flicker(source.frames(), source.frames())))
    return row


def _mean(values: list[float]) -> float:
    return round(sum(values) / len(values), 6)
