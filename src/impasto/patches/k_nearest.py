"""The k nearest patches of each patch."""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch

from impasto.errors import InputError
from impasto.patches.compiled import CompiledSearch
from impasto.patches.matching import Matching, check_field


class Matches(NamedTuple):
    """The k nearest key patches of each query patch, nearest first; see `Match`."""

    field: torch.Tensor  # (h, w, k, 2) int32
    distance: torch.Tensor  # (h, w, k) float32


def k_nearest(
    queries: torch.Tensor,
    keys: torch.Tensor,
    patch: int,
    k: int,
    *,
    seed: int,
    rounds: int = 4,
    stride: int = 1,
    wrap: bool = False,
    query_mask: torch.Tensor | None = None,
    key_mask: torch.Tensor | None = None,
    similar: torch.Tensor | None = None,
    start: Matches | None = None,
    engine: Literal["auto", "exact"] = "auto",
) -> Matches:
    """Find for each patch of `queries` (C, H, W) the `k` patches of `keys` (C, Hk, Wk) that are most like it.

    As `nearest`, on the CPU; a patch learns all k of its neighbours (Barnes et al. 2010).

    similar: (hk, wk, m, 2) int32, key patches that are like each key patch, such as
        `k_nearest(keys, keys, patch, m, seed=0).field`. What a neighbour suggests is then tried together with
        what is like it (k-coherence; Tong et al. 2002).
    engine: "exact" compares all patches with all.

    Query patches that do not count have distance 0 and point to the first place. Raises InputError if there are fewer
    than k key patches, and as `nearest` does.
    """
    matching = Matching.of(queries, keys, patch, stride=stride, wrap=wrap, query_mask=query_mask, key_mask=key_mask)
    places = matching.allowed.nonzero().int()
    if not 1 <= k <= len(places):
        raise InputError(f"k must be between 1 and the number of patches, {len(places)}, got {k}")
    if engine == "exact":
        return _exact(matching, places, k)
    if similar is None:
        similar = torch.zeros(*matching.allowed.shape, 0, 2, dtype=torch.int32)
    else:
        check_field(similar, (*matching.allowed.shape, similar.shape[2]), matching.allowed.shape)
    if start is None:
        random = torch.Generator().manual_seed(seed)
        first = torch.randint(len(places), (*matching.counted.shape, 1), generator=random)
        apart = torch.arange(k) * (len(places) // k)  # k different ones
        field = places[(first + apart) % len(places)]
    else:
        check_field(start.field, (*matching.counted.shape, k), matching.allowed.shape)
        field = start.field
    field, score = CompiledSearch(matching).search_k_nearest(field, similar, rounds=rounds, seed=seed)
    counted = matching.counted
    return Matches(
        torch.where(counted[..., None, None], field, 0), torch.where(counted[..., None], score / matching.values, 0.0)
    )


def _exact(matching: Matching, places: torch.Tensor, k: int) -> Matches:
    from impasto.patches.exact import distance_blocks

    shape = matching.counted.shape
    field = torch.zeros(*shape, k, 2, dtype=torch.int32, device=places.device)
    distance = torch.zeros(*shape, k, device=places.device)
    found = [block.topk(k, dim=1, largest=False) for _, block in distance_blocks(matching)]
    field[matching.counted] = places[torch.cat([each.indices for each in found])]
    distance[matching.counted] = torch.cat([each.values for each in found])
    return Matches(field, distance)
