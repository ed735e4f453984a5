"""What a set of results is worth: near to the picture's patches, and different from one another."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import torch

from impasto.losses import draw_projections, sliced_patch_distance, sorted_responses
from impasto.patches import nearest

PATCH = 7


def quality(picture: torch.Tensor, results: Sequence[torch.Tensor]) -> dict[str, float]:
    """Distances (x 1e6, means over the results) and the diversity of results (3, H, W) made of a picture.

    `distance` is the sliced patch distance (128 directions, exact sorting), `nearest` the mean squared distance of a
    result's patch to the picture's nearest, `unseen` that of the picture's patches to the result's; `diversity` the
    standard deviation of a pixel over the results, over that of the picture's pixels. Results have all one size.
    """
    projections = draw_projections(torch.Generator().manual_seed(12345), 128, PATCH)
    target = sorted_responses(picture[None], projections, exact=True)
    sliced = [float(sliced_patch_distance(made[None], target, projections, exact=True)) for made in results]
    there = [float(nearest(made, picture, PATCH, seed=0, engine="exact").distance.mean()) for made in results]
    back = [float(nearest(picture, made, PATCH, seed=0, engine="exact").distance.mean()) for made in results]
    spread = torch.stack(list(results)).std(dim=0).mean() / picture.std()
    return {
        "distance": round(1e6 * statistics.mean(sliced), 2),
        "nearest": round(1e6 * statistics.mean(there), 2),
        "unseen": round(1e6 * statistics.mean(back), 2),
        "diversity": round(float(spread), 4),
    }
