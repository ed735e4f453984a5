"""What is kept of the vectors of a set of pictures of any size: moments of all, and some of the vectors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from impasto.metrics.frechet import Moments
from impasto.randomness import generator


class SetFeatures:
    """Takes the vectors of a set one batch after the other; resumable as part of a loop's `keep`.

    moments: of all vectors; halves: of those with even and with odd numbers.
    vectors: (kept, D) float32, those of at most `most` pictures, drawn by `seed`, in order.
    """

    def __init__(self, count: int, dimensions: int, *, most: int, seed: int) -> None:
        self.halves = Moments(dimensions), Moments(dimensions)
        drawn = torch.randperm(count, generator=generator(seed))[: min(most, count)]
        self._drawn = drawn.sort().values
        self._kept = torch.zeros(len(self._drawn), dimensions)
        self._taken = 0

    def add(self, vectors: torch.Tensor) -> None:
        """Take the next vectors (n, D) in."""
        vectors = vectors.cpu().float()
        for half, moments in enumerate(self.halves):
            moments.add(vectors[(half + self._taken) % 2 :: 2])
        begin, end = (int(torch.searchsorted(self._drawn, at)) for at in (self._taken, self._taken + len(vectors)))
        self._kept[begin:end] = vectors[self._drawn[begin:end] - self._taken]
        self._taken += len(vectors)

    @property
    def count(self) -> int:
        """How many vectors have come."""
        return self._taken

    @property
    def moments(self) -> Moments:
        """Those of all that have come."""
        return self.halves[0].together(self.halves[1])

    @property
    def vectors(self) -> torch.Tensor:
        """Those that are kept of what has come."""
        return self._kept[: int(torch.searchsorted(self._drawn, self._taken))]

    def state_dict(self) -> dict[str, Any]:
        """All that it knows."""
        halves = [half.state_dict() for half in self.halves]
        return {"taken": self._taken, "even": halves[0], "odd": halves[1], "kept": self._kept.clone()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there."""
        self._taken = int(state["taken"])
        for half, name in zip(self.halves, ("even", "odd"), strict=True):
            half.load_state_dict(state[name])
        self._kept.copy_(state["kept"])
