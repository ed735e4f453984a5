"""Nearest patches by PatchMatch (Barnes et al. 2009): good guesses spread to their neighbours."""

from __future__ import annotations

from typing import Literal

import torch

from impasto.devices import pick_device
from impasto.errors import InputError
from impasto.patches.compiled import CompiledSearch
from impasto.patches.exact import nearest_exact
from impasto.patches.flooding import TensorSearch
from impasto.patches.matching import Match, Matching

Engine = Literal["auto", "compiled", "torch", "exact"]


def nearest(
    queries: torch.Tensor,
    keys: torch.Tensor,
    patch: int,
    *,
    seed: int,
    rounds: int = 4,
    stride: int = 1,
    wrap: bool = False,
    alpha: float | None = None,
    query_mask: torch.Tensor | None = None,
    key_mask: torch.Tensor | None = None,
    favor: torch.Tensor | None = None,
    start: Match | torch.Tensor | None = None,
    radius: int | None = None,
    engine: Engine = "auto",
) -> Match:
    """Find for each patch of `queries` (C, H, W) a patch of `keys` (C, Hk, Wk) that is like it.

    Query patches begin at the `patch_positions` of the sides for that `stride`; key patches anywhere. The channels
    may be any (colours, guide maps), multiplied by the square roots of their weights.

    rounds: of propagation and random search; each looks at about log2(side) + 2 key patches for each query patch.
    wrap: the queries are a tile, and their patches go on over its edges.
    alpha: above 0; divide each distance by alpha + the least distance of any query to that key (bidirectional
        similarity: key patches that nobody is near to are taken as well). Only for a stride of 1.
    query_mask: (h, w) bool, the query patches that count. The others keep the field of `start`, which their
        neighbours may learn from; their distance is 0.
    key_mask: (hk, wk) bool, the key patches that may be taken.
    favor: (hk, wk), by which the distances to each key patch are divided as well.
    start: an earlier match or field of the same shape to improve; at random if not given. Places outside the keys
        are moved inside, places that are not allowed are drawn anew.
    radius: how far the random search goes at first, in pixels; everywhere if not given.
    engine: "compiled" (CPU), "torch" (any device), "exact" (slow, ignores `start` and `rounds`), or "auto".

    The same arguments give the same match on any number of threads. Raises InputError for pictures that are smaller
    than a patch or have different channels, and masks of another size.

    >>> picture = torch.rand(3, 16, 16)
    >>> float(nearest(picture, picture, 5, seed=1, engine="exact").distance.max())
    0.0
    """
    if alpha is not None and stride != 1:
        raise InputError(f"alpha needs every patch of the queries, and a stride of 1; got {stride}")
    matching = Matching.of(queries, keys, patch, stride=stride, wrap=wrap, query_mask=query_mask, key_mask=key_mask)
    if engine == "exact":
        return nearest_exact(matching, alpha=alpha, favor=favor)
    given = Match(start, start) if isinstance(start, torch.Tensor) else start
    form = _form(engine, keys.device)
    return _searched(form, matching, given, seed=seed, rounds=rounds, alpha=alpha, favor=favor, radius=radius)


def _form(engine: Engine, device: torch.device) -> type[CompiledSearch] | type[TensorSearch]:
    on_cpu = device.type == "cpu"
    if engine == "compiled" and not on_cpu:
        raise InputError(f"engine compiled is for the processor, not for {device.type}; take torch, or auto")
    return CompiledSearch if engine == "compiled" or (engine == "auto" and on_cpu) else TensorSearch


def _searched(
    form: type[CompiledSearch] | type[TensorSearch],
    matching: Matching,
    given: Match | None,
    *,
    seed: int,
    rounds: int,
    alpha: float | None,
    favor: torch.Tensor | None,
    radius: int | None,
) -> Match:
    """The match that PatchMatch finds; with `alpha` it searches the other way first."""
    forward = form(matching)
    field = _begun(matching, given.field if given else None, seed)
    norm = torch.ones(matching.allowed.shape, device=matching.keys.device)
    reverse = None
    if alpha is not None and bool(matching.counted.any()):
        hints = field, forward.scores(field, norm)
        opposite = matching.reversed()
        reverse, least = form(opposite).search(
            _begun(opposite, given.reverse if given else None, seed + 1),
            torch.ones(opposite.allowed.shape, device=norm.device),
            rounds=max(1, rounds // 2),
            seed=seed + 1,
            radius=radius or max(opposite.allowed.shape),
            hints=hints,
        )
        norm = alpha + least / matching.values
    if favor is not None:
        norm = norm * favor
    field, score = forward.search(field, norm, rounds=rounds, seed=seed, radius=radius or max(matching.allowed.shape))
    weight = norm[field[..., 0].long(), field[..., 1].long()]
    return Match(field, score * weight / matching.values, reverse)


def compiling(engine: Engine, device: str = "cpu") -> bool:
    """Tell whether a first search with this engine has to compile its kernels, which are not on the disk yet."""
    if engine not in ("auto", "compiled") or pick_device(device).type != "cpu":
        return False
    from impasto.patches.kernels import are_cached

    return not are_cached()


def _begun(matching: Matching, field: torch.Tensor | None, seed: int) -> torch.Tensor:
    """A field to start from: drawn at random where there is none, or where it points to what is not allowed."""
    shape = matching.counted.shape
    random = torch.Generator().manual_seed(seed)
    places = matching.allowed.nonzero()
    drawn = places[torch.randint(len(places), shape, generator=random).to(places.device)].int()
    if field is None:
        return drawn
    if field.shape != drawn.shape:
        raise InputError(f"a field of {tuple(field.shape)} does not fit {shape[0]}x{shape[1]} patches")
    height, width = matching.allowed.shape
    field = torch.minimum(field.to(drawn).clamp_min(0), drawn.new_tensor([height - 1, width - 1]))
    usable = matching.allowed[field[..., 0].long(), field[..., 1].long()]
    return torch.where(usable[..., None], field, drawn)
