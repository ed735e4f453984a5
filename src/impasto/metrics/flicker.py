"""How much a clip flickers: what changes from frame to frame beyond what moved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from impasto.images import resize
from impasto.video import motion

if TYPE_CHECKING:
    import torch


def flicker(frames: Iterable[torch.Tensor], original: Iterable[torch.Tensor]) -> Iterator[float]:
    """For each two frames (3, H, W) that follow one another, the mean difference a channel, in [0, 1].

    The earlier one is moved along the optical flow of the `original` (resized to the clip), and only places count where
    that flow can be trusted: the temporal error of Ruder, Dosovitskiy & Brox (2016), with absolute differences. A clip
    that is its own original shows what the flow itself leaves over.
    """
    for (made, seen), (next_made, next_seen) in pairwise(zip(frames, original, strict=False)):
        size = made.shape[-1], made.shape[-2]
        moved = motion(resize(seen, size), resize(next_seen, size))
        yield moved.change(made, next_made)


def shown_at(
    frames: Iterable[torch.Tensor], durations: Sequence[float], moments: Iterable[float]
) -> Iterator[torch.Tensor]:
    """The frame that is shown at each of the moments, in seconds from the beginning, ascending; after the end the last.

    It pairs clips whose numbers of frames differ: many writers of GIFs make one of frames that are the same.
    """
    shown = zip(frames, accumulate(durations), strict=False)
    frame, end = next(shown)
    for moment in moments:
        while moment >= end and (following := next(shown, None)) is not None:
            frame, end = following
        yield frame
