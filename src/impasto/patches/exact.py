"""Exact nearest patches, by a blocked matrix product."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from impasto.patches.matching import Match, Matching

BLOCK = 1 << 24  # values of the distance matrix that are held at a time


def nearest_exact(matching: Matching, *, alpha: float | None = None, favor: torch.Tensor | None = None) -> Match:
    """Find the nearest key patch of each query patch.

    With `alpha` the nearest is the one of the smallest d(q, k) / (alpha + min over q of d(q, k)), so that key patches
    that nobody is near to are taken as well (bidirectional similarity; Granot et al. 2022, equation 2). The distances
    go by in blocks, twice if `alpha` is given; the whole matrix is never there. `favor` (hk, wk) divides the distances
    to each key patch as well.
    """
    device = matching.keys.device
    key_places = matching.allowed.nonzero()
    query_places = matching.counted.nonzero()
    weight = None
    reverse = None
    if alpha is not None:
        least = torch.full((len(key_places),), torch.inf, device=device)
        nearest_query = torch.zeros(len(key_places), dtype=torch.int64, device=device)
        for block, distance in distance_blocks(matching):
            values, places = distance.min(dim=0)
            nearest_query = torch.where(values < least, places + block.start, nearest_query)
            least = torch.minimum(values, least)
        weight = 1 / (alpha + least)
        reverse = torch.zeros(*matching.allowed.shape, 2, dtype=torch.int32, device=device)
        reverse[matching.allowed] = query_places[nearest_query].int()
    if favor is not None:
        favored = 1 / favor[matching.allowed]
        weight = favored if weight is None else weight * favored
    chosen = torch.empty(len(query_places), dtype=torch.int64, device=device)
    found = torch.empty(len(query_places), device=device)
    for block, distance in distance_blocks(matching):
        chosen[block] = (distance if weight is None else distance * weight).argmin(dim=1)
        found[block] = distance.gather(1, chosen[block][:, None])[:, 0]
    field = torch.zeros(*matching.counted.shape, 2, dtype=torch.int32, device=device)
    distance = torch.zeros(matching.counted.shape, device=device)
    field[matching.counted] = key_places[chosen].int()
    distance[matching.counted] = found
    return Match(field, distance, reverse)


def distance_blocks(matching: Matching) -> Iterator[tuple[slice, torch.Tensor]]:
    """Some query patches that count at a time, and their distances (queries, keys) to all key patches allowed."""
    device = matching.keys.device
    middle = matching.keys.mean(dim=(1, 2))[:, None, None]  # smaller values lose less in |q|^2 + |k|^2 - 2qk
    keys = _patches(matching.keys - middle, matching.allowed.nonzero(), matching.patch)
    lengths = keys.square().sum(1)
    places = matching.counted.nonzero()
    rows, columns = matching.rows.to(device), matching.columns.to(device)
    starts = torch.stack([rows[places[:, 0]], columns[places[:, 1]]], dim=1)
    queries = matching.queries - middle
    count = max(1, BLOCK // len(keys))
    for first in range(0, len(starts), count):
        block = slice(first, first + count)
        patches = _patches(queries, starts[block], matching.patch)
        squares = patches.square().sum(1)[:, None] + lengths - 2 * patches @ keys.T
        yield block, squares.clamp_min(0) / matching.values


def _patches(image: torch.Tensor, places: torch.Tensor, patch: int) -> torch.Tensor:
    """The patches (n, C * patch * patch) of an image (C, H, W) that begin at `places` (n, 2)."""
    within = torch.arange(patch, device=image.device)
    rows, columns = (places[:, axis, None] + within for axis in (0, 1))
    return image[:, rows[:, :, None], columns[:, None, :]].transpose(0, 1).flatten(1)
