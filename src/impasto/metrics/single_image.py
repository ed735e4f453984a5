"""How near made pictures are to the one that they were made from, in features at each place, and how various."""

from __future__ import annotations

from collections.abc import Iterable

import torch

from impasto.errors import InputError
from impasto.metrics.frechet import Moments, frechet_distance


def single_image_frechet(made: torch.Tensor, real: torch.Tensor) -> float:
    """Return the Fréchet distance between the features (D, h, w) of two pictures, a vector for each place.

    Of Inception's features before its second pooling it is SIFID (Shaham et al. 2019, section 3). Squared, as FID is;
    0 for features that are alike on the whole, wherever they are. The pictures may differ in size.

    Raises InputError for a picture with less than two places.
    """
    return frechet_distance(*(Moments.of(features.flatten(1).T) for features in (made, real)))


def feature_diversity(maps: Iterable[torch.Tensor]) -> float:
    """Return how different pictures are in their features (D, h, w): the mean of 1 - cosine, over places and pairs.

    0 for copies; about that of unrelated places if everything moves about. In the manner of LPIPS (Zhang et al. 2018),
    without weights that were learned from people.

    Raises InputError for fewer than two pictures, or pictures of different sizes.
    """
    total, count = torch.zeros(()), 0
    for features in maps:
        directions = torch.nn.functional.normalize(features.double(), dim=0)
        if count and directions.shape != total.shape:
            raise InputError("diversity needs pictures of one size")
        total, count = total + directions, count + 1
    if count < 2:
        raise InputError(f"diversity needs at least two pictures, got {count}")
    alike = (total.square().sum(0) - count) / (count * (count - 1))  # the mean cosine of all pairs at each place
    return max(0.0, 1 - float(alike.mean()))
