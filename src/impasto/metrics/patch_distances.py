"""How far the patches of two pictures are apart: as distributions, and each from its nearest."""

from __future__ import annotations

import math

import torch

from impasto.errors import InputError
from impasto.images import resize
from impasto.losses import Projections, draw_projections, sorted_responses
from impasto.patches import Matching, nearest_exact
from impasto.randomness import generator

SEED = 20221122  # of the directions: a measure is the same for everybody
HELD = 1 << 25  # responses held at a time
COMPARED = 1 << 32  # pairs of patches compared, at the most, before only some of the patches are looked at


def sliced_patch_wasserstein(
    output: torch.Tensor, exemplar: torch.Tensor, *, patch: int = 7, scales: int = 3, projections: int = 128
) -> list[float]:
    """Return the sliced 2-Wasserstein distance between the patches of two pictures, at full size, 1/2, 1/4 ...

    The root of the mean over `projections` random unit directions of the squared 2-Wasserstein distance between the
    responses (Rabin et al. 2011), which is exact for any two sizes; in units of a pixel's value range, and 0 for the
    same patches in any order. The directions are always the same ones. Scales at which a picture would be smaller than
    two patches are left out; the first is always there.

    Raises InputError if a picture is smaller than a patch.
    """
    for name, picture in (("output", output), ("exemplar", exemplar)):
        if min(picture.shape[1:]) < patch:
            raise InputError(
                f"{name} of {picture.shape[2]}x{picture.shape[1]} pixels is smaller than a patch of {patch}"
            )
    directions = draw_projections(generator(SEED), projections, patch, channels=exemplar.shape[0]).kernels
    found = []
    for level in range(scales):
        ours, theirs = (_halved(picture, level) for picture in (output, exemplar))
        if level and min(*ours.shape[1:], *theirs.shape[1:]) < 2 * patch:
            break
        found.append(_distance(ours, theirs, directions))
    return found


def nearest_patch_distances(
    output: torch.Tensor, exemplar: torch.Tensor, *, patch: int = 7, compared: int = COMPARED
) -> tuple[float, float]:
    """Return (coherence, completeness): the two halves of bidirectional similarity (Simakov et al. 2008).

    Coherence is how far the output's patches are from their nearest ones in the exemplar (0: nothing new was invented),
    completeness how far the exemplar's are from their nearest ones in the output (0: nothing was left out). Both are
    root mean squares over patches and values. The search is exact. Of pictures with more than `compared` pairs of
    patches, every second patch (or third ...) in both directions is looked for.

    Raises InputError if a picture is smaller than a patch.
    """
    return _one_way(output, exemplar, patch, compared), _one_way(exemplar, output, patch, compared)


def spacing(first: tuple[int, int], second: tuple[int, int], compared: int = COMPARED) -> int:
    """From patch to patch in pictures of these sizes, so that no more than about `compared` pairs are compared."""
    return max(1, round(math.sqrt(math.prod(first) * math.prod(second) / compared)))


def _one_way(queries: torch.Tensor, keys: torch.Tensor, patch: int, compared: int) -> float:
    every = spacing((queries.shape[1], queries.shape[2]), (keys.shape[1], keys.shape[2]), compared)
    distance: torch.Tensor = nearest_exact(Matching.of(queries, keys, patch, stride=every)).distance
    return float(distance.mean().sqrt())


def _distance(output: torch.Tensor, exemplar: torch.Tensor, directions: torch.Tensor) -> float:
    most = max(output[0].numel(), exemplar[0].numel())
    total = 0.0
    for part in torch.split(directions, max(1, HELD // most)):
        ours, theirs = (sorted_responses(each[None], Projections(part), exact=True) for each in (output, exemplar))
        total += float(_squared_wasserstein(ours, theirs).sum())
    return math.sqrt(total / len(directions))


def _squared_wasserstein(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """The squared 2-Wasserstein distances, (n,), between sorted rows (n, P) and (n, R)."""
    numbers = first.shape[1], second.shape[1]
    ends = [torch.arange(1, of + 1) * other for of, other in zip(numbers, reversed(numbers), strict=True)]
    ranks = torch.cat(ends).sort().values  # where either row goes on to its next value, in parts of 1 / (P R)
    shares = ranks.diff(prepend=ranks.new_zeros(1)).double() / (numbers[0] * numbers[1])
    return ((first[:, (ranks - 1) // numbers[1]] - second[:, (ranks - 1) // numbers[0]]).square() * shares).sum(1)


def _halved(picture: torch.Tensor, times: int) -> torch.Tensor:
    width, height = (max(1, side >> times) for side in (picture.shape[2], picture.shape[1]))
    return resize(picture, (width, height), filter="bilinear") if times else picture
