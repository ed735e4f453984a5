"""A clip: frames one after the other, each shown for its time, read one by one from an animation or a film."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING

from impasto.errors import InputError

if TYPE_CHECKING:
    import torch

FILMS = (".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi")
"""The endings of files that only PyAV reads; animations are read by Pillow."""

MOST_FRAMES = 20_000
"""Clips of more frames are refused: over 10 minutes, which would be styled for days."""


@dataclass(frozen=True)
class Clip:
    """Frames of one size, read when they are asked for."""

    where: str  # what errors call it
    size: tuple[int, int]  # (width, height), upright
    durations: tuple[float, ...]  # seconds, of each frame
    data: bytes = field(repr=False)
    background: str
    reader: Reader = field(repr=False)  # of files of this kind
    plays: int = 0  # how often it is shown; 0 for ever, or if it does not say

    def __len__(self) -> int:
        """The number of frames."""
        return len(self.durations)

    def frames(self, first: int = 0) -> Iterator[torch.Tensor]:
        """The frames from number `first` on, each (3, H, W) in [0, 1]. Raises InputError for a damaged one."""
        return self.reader(self, first)


Reader = Callable[[Clip, int], Iterator["torch.Tensor"]]
"""Gives the frames of a clip from a number on."""


def named_as_film(path: str) -> bool:
    """Whether a file's name says that it is a film, which no picture's decoder reads."""
    return PurePath(path).suffix.lower() in FILMS


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
