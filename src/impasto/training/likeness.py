"""How like real pictures drawn ones are, measured now and then in a training: a Fréchet distance."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import torch

from impasto.errors import InputError
from impasto.features import load_network
from impasto.features.vectors import LayerMeans
from impasto.images import resize
from impasto.metrics.frechet import Moments, frechet_distance

if TYPE_CHECKING:
    from impasto.data import Dataset

SIDE = 64  # pixels to which smaller pictures are enlarged
AT_ONCE = 100  # pictures
DISTANCE = 0.02  # seconds for the distance of two Gaussians
PROBE = 16  # pictures by which the time of a measure is foreseen


def seconds_of_measure(pictures: int, device: torch.device) -> float:
    """About how long a measure of so many drawn pictures takes, from the quicker of two looks at a few."""
    vectors, times = LayerMeans(load_network().to(device), side=SIDE), []
    for _ in range(2):
        started = time.perf_counter()
        vectors(torch.zeros(PROBE, 3, SIDE, SIDE))
        times.append(time.perf_counter() - started)
    return DISTANCE + min(times) * pictures / PROBE


class Likeness:
    """The Fréchet distance between Gaussians of features of real pictures and of drawn ones (Heusel et al. 2017).

    Features are the means over all positions of a deep layer of the network that comes with Impasto, so that the
    numbers compare trainings of one data set with one another, and with nothing that was published.
    """

    def __init__(self, data: Dataset, count: int, device: torch.device) -> None:
        """`count` pictures are compared, or as many as there are; of the data they are evenly spaced.

        Raises InputError for fewer than two.
        """
        count = min(count, len(data))
        self.chosen = [number * len(data) // count for number in range(count)]  # their numbers
        self._vectors = LayerMeans(load_network().to(device), side=max(SIDE, *data.size))
        self._real = self._moments(lambda start, end: data.take(self.chosen[start:end]).pictures.float() / 255)

    def __call__(self, draw: Callable[[int, int], torch.Tensor]) -> float:
        """The distance of drawn pictures; `draw` gives those of these numbers, (N, 3, H, W) in [0, 1].

        Raises InputError if they are not finite.
        """
        drawn = self._moments(draw)
        if not drawn.mean.isfinite().all():
            raise InputError("what is drawn is no longer finite: lower the learning rate")
        return frechet_distance(drawn, self._real)

    def _moments(self, pictures: Callable[[int, int], torch.Tensor]) -> Moments:
        found = Moments(self._vectors.dimensions)
        for start in range(0, len(self.chosen), AT_ONCE):
            seen = pictures(start, min(len(self.chosen), start + AT_ONCE))
            found.add(self._vectors(resize(seen, (SIDE, SIDE)) if min(seen.shape[-2:]) < SIDE else seen))
        return found
