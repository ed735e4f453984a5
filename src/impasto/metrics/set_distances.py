"""All measures of two sets of pictures at once, each with its confidence."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from impasto.metrics.bootstrap import Interval, draws, interval, mean_interval
from impasto.metrics.frechet import frechet_distance, resampled_frechet
from impasto.metrics.kernel_distance import kernel_distance
from impasto.metrics.precision_recall import balls
from impasto.metrics.set_features import SetFeatures
from impasto.randomness import generator


@dataclass(frozen=True)
class SetDistances:
    """How two sets compare. `halves` is the Fréchet distance between two halves of the real one."""

    frechet: Interval
    halves: Interval
    kernel: Interval
    precision: Interval
    recall: Interval
    density: Interval
    coverage: Interval


def set_distances(
    made: SetFeatures,
    real: SetFeatures,
    *,
    neighbours: int = 3,
    density_neighbours: int = 5,
    resamples: int = 50,
    seed: int = 0,
) -> SetDistances:
    """Compare what is kept of two sets; the Fréchet distances are of all their pictures.

    Raises InputError if there are too few pictures.
    """
    random = generator(seed)
    x, y = made.vectors, real.vectors
    v, w = draws(len(x), resamples, random), draws(len(y), resamples, random)
    share = min(len(x) / made.count, len(y) / real.count)  # of which the resampled distances are
    frechet = frechet_distance(made.moments, real.moments)
    halves = frechet_distance(*real.halves) if min(half.count for half in real.halves) > 1 else math.nan
    once = [torch.ones(1, len(vectors)) for vectors in (x, y)]
    kernel = kernel_distance(x, y, torch.cat([once[0], v]), torch.cat([once[1], w]))
    lies = balls(x, y, neighbours=neighbours, density_neighbours=density_neighbours)
    return SetDistances(
        interval(frechet, resampled_frechet(x, y, v, w), share=share, least=0.0),
        Interval(halves, math.nan, math.nan),
        interval(float(kernel[0]), kernel[1:]),
        mean_interval(lies.made_in_real, resamples, random),
        mean_interval(lies.real_in_made, resamples, random),
        mean_interval(lies.holds / density_neighbours, resamples, random, most=math.inf),
        mean_interval(lies.covered, resamples, random),
    )
