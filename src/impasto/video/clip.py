"""A clip: frames one after the other, each shown for its time, read one by one from an animation or a film."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal

from impasto.errors import InputError
from impasto.images import file_bytes
from impasto.images.sources import File, label

if TYPE_CHECKING:
    import torch

Kind = Literal["animation", "film"]

KINDS: dict[str, Kind] = {
    ".gif": "animation",
    ".webp": "animation",
    ".png": "animation",
    ".apng": "animation",
    ".mp4": "film",
    ".m4v": "film",
    ".mov": "film",
    ".webm": "film",
    ".mkv": "film",
    ".avi": "film",
}
"""What a file may be by its name's ending: an animation is read by Pillow, a film by PyAV."""

MOST_FRAMES = 20_000
"""Clips of more frames are refused: over 10 minutes, which would be styled for days."""


@dataclass(frozen=True)
class Clip:
    """Frames of one size, read when they are asked for."""

    where: str  # what errors call it
    kind: Kind
    size: tuple[int, int]  # (width, height), upright
    durations: tuple[float, ...]  # seconds, of each frame
    data: bytes = field(repr=False)
    background: str

    def __len__(self) -> int:
        """The number of frames."""
        return len(self.durations)

    def frames(self, first: int = 0) -> Iterator[torch.Tensor]:
        """The frames from number `first` on, each (3, H, W) in [0, 1]. Raises InputError for a damaged one."""
        from impasto.video import animations, films

        return animations.frames(self, first) if self.kind == "animation" else films.frames(self, first)


def open_clip(source: File, *, background: str = "white", name: str | None = None) -> Clip:
    """Open an animation or a film; its frames are counted, and decoded later.

    Raises InputError for what is neither, for damaged files, for a single frame, and for more than `MOST_FRAMES`.
    """
    from impasto.video import animations, films

    where = label(source, name)
    data = file_bytes(source, name=name)
    kind: Kind = "animation" if animations.is_picture(data) else "film"
    size, durations = (animations if kind == "animation" else films).describe(data, where)
    if len(durations) < 2:
        raise InputError(f"{where}: has only one frame, a clip has more; for a picture give -o a name such as out.png")
    return Clip(where, kind, size, durations, data, background)


def named_as_film(path: str) -> bool:
    """Whether a file's name says that it is a film, which no picture's decoder reads."""
    return KINDS.get(PurePath(path).suffix.lower()) == "film"


def check_count(frames: float, where: str) -> None:
    """Raise InputError for more frames than are worth beginning with."""
    if frames > MOST_FRAMES:
        raise InputError(f"{where}: has {frames:.0f} frames, over the limit of {MOST_FRAMES}: cut it into parts first")


def stamps(durations: Sequence[float], per_second: int) -> list[int]:
    """When each frame begins, and the last one ends, in ticks of 1 / `per_second`; rounding errors do not add up."""
    ticks, moment = [0], 0.0
    for duration in durations:
        moment += duration
        ticks.append(max(ticks[-1] + 1, round(moment * per_second)))
    return ticks
