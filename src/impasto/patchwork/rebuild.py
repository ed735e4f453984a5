"""A picture rebuilt from the patches of exemplars, coarse to fine (Granot, Feinstein, Shocher, Bagon & Irani 2022).

At each level the picture's patches (the queries) are replaced, again and again, by the exemplars' that are nearest,
and these vote for the pixels. The first time at a level the picture is a blurred one, enlarged from the level before,
and is compared with equally blurred exemplars (the keys); but those that vote are sharp (the values).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import torch

from impasto.images import periodic_resize, resize
from impasto.observers import Loop, Observer, spans
from impasto.patches import Engine, Match, nearest, vote
from impasto.patchwork.levels import Level, Plan, levels
from impasto.patchwork.settings import PatchworkConfig
from impasto.patchwork.side_by_side import SideBySide
from impasto.randomness import generator, step_seed

FEW = 1_000_000  # pairs of patches, up to which all are compared
SMALL = 10_000  # pixels of a level, up to which all votes are held
Start: TypeAlias = "Callable[[Level], torch.Tensor]"
"""Gives the picture (3, H, W) that the coarsest level begins with."""


def rebuild(config: PatchworkConfig, plan: Plan, *, start: Start, observer: Observer) -> torch.Tensor:
    """Return the picture (3, H, W) of the plan's size. The loss is the mean squared distance of patches."""
    height, width = plan.size
    alpha = relative_alpha(config.alpha, plan.exemplars) if config.alpha and plan.exemplar_masks is None else None
    pixels = [height * width * factor**2 for factor in plan.factors]
    votes = [votes_at(config, each) for each in pixels]
    work = spans([times * rounds_at(config, each) * each for times, each in zip(votes, pixels, strict=True)])
    state: _State | None = None
    for number, level in enumerate(levels(plan)):
        state = _begun(start(level), level, plan, config.seed) if state is None else state.enlarged(level, plan)
        first = sum(votes[:number])
        loop = Loop(observer, total=sum(votes), keep=state.kept(), first=first, count=votes[number], span=work[number])
        for step in loop:
            soft = number > 0 and step == first
            match = nearest(
                level.queries(state.picture),
                level.soft_keys if soft else level.keys,
                plan.patch,
                seed=step_seed(config.seed, step),
                rounds=rounds_at(config, level.size[0] * level.size[1]),
                wrap=plan.wrap,
                alpha=alpha,
                query_mask=level.query_mask,
                key_mask=level.key_mask,
                favor=even_use(state.field, level, plan.patch, config.evenness) if config.evenness else None,
                start=state.match,
                engine=engine_at(config, level, plan),
            )
            voted = vote(match.field, level.values, level.size, plan.patch, wrap=plan.wrap, weights=level.trust)
            state.take(match, level.settled(voted))
            loop.report({"distance": float(match.distance.mean())}, preview=state.preview(width, height))
    assert state is not None
    return state.picture


def relative_alpha(alpha: float, exemplars: Sequence[torch.Tensor]) -> float:
    """The paper's alpha for pictures of these exemplars' contrast.

    Distances grow with the contrast. The paper's alpha is for photographs with values in [-1, 1], whose variance is
    about 1/4; in a texture of little contrast it would be so large that flat patches are taken everywhere.
    """
    pixels = torch.cat([exemplar.flatten(1) for exemplar in exemplars], dim=1)
    return max(1e-9, 4 * alpha * float(pixels.var(dim=1).mean()))


def even_use(field: torch.Tensor, level: Level, patch: int, evenness: float) -> torch.Tensor:
    """How much to favour each key patch, (hk, wk), at most 1: less, the more often its surroundings are used.

    Without it large results fill up with the few patches that go with everything (Kaspar et al. 2015, section 4.2).
    """
    height, width = (side - patch + 1 for side in level.exemplars.size)
    places = field[..., 0].long() * width + field[..., 1].long()
    used = torch.bincount(places.flatten(), minlength=height * width).view(1, 1, height, width).float()
    used = torch.nn.functional.avg_pool2d(used, 2 * patch - 1, 1, patch - 1, count_include_pad=False)[0, 0]
    fair = places.numel() / (height * width if level.key_mask is None else int(level.key_mask.sum()))
    return 1 / (1 + evenness * (used / fair - 1).clamp_min(0))


def votes_at(config: PatchworkConfig, pixels: float) -> int:
    """How often a level of so many pixels votes: large ones have little left to decide."""
    return min(config.votes, max(2, round(config.votes * min(1.0, float((SMALL / pixels) ** 0.35)))))


def engine_at(config: PatchworkConfig, level: Level, plan: Plan) -> Engine:
    """How a level is searched: small ones exactly, which costs little there, and where all that follows is decided."""
    (rows, columns), keys = _patches(level.canvas, plan.patch, plan.wrap), _patches(level.exemplars, plan.patch)
    few = rows * columns * keys[0] * keys[1] <= FEW
    return "exact" if few and config.engine == "auto" else config.engine


def rounds_at(config: PatchworkConfig, pixels: float) -> int:
    """How many sweeps a search at a level of so many pixels has: more at small ones, where the fields change most."""
    return config.rounds * round(min(4.0, max(1.0, float((4 * SMALL / pixels) ** 0.5))))


class _State:
    """The picture so far, and where its patches are from; None until the first search."""

    def __init__(self, level: Level, picture: torch.Tensor, field: torch.Tensor, reverse: torch.Tensor) -> None:
        self.level, self.picture, self.field, self.reverse = level, picture, field, reverse

    def kept(self) -> dict[str, torch.Tensor]:
        """What a checkpoint must have."""
        return {"picture": self.picture, "field": self.field, "reverse": self.reverse}

    @property
    def match(self) -> Match:
        """As the next search begins."""
        return Match(self.field, self.field[..., 0].float(), self.reverse)

    def take(self, match: Match, picture: torch.Tensor) -> None:
        """Remember what a search found, and what came of it."""
        self.picture.copy_(picture)
        self.field.copy_(match.field)
        if match.reverse is not None:
            self.reverse.copy_(match.reverse)

    def preview(self, width: int, height: int) -> Callable[[], torch.Tensor]:
        """Shows the picture at its last size."""
        return lambda: resize(self.picture, (width, height))

    def enlarged(self, level: Level, plan: Plan) -> _State:
        """The same at the next level."""
        old, patch = self.level, plan.patch
        if plan.wrap:
            picture = periodic_resize(self.picture[None], level.size)[0]
        else:
            picture = resize(self.picture, (level.size[1], level.size[0]))
        queries, keys = _patches(level.canvas, patch, plan.wrap), _patches(level.exemplars, patch)
        canvases, exemplars = (old.canvas, level.canvas), (old.exemplars, level.exemplars)
        field = enlarged_field(self.field, canvases, exemplars, queries, keys, patch)
        reverse = enlarged_field(self.reverse, exemplars, canvases, keys, queries, patch)
        return _State(level, level.settled(picture).contiguous(), field, reverse)


def _begun(picture: torch.Tensor, level: Level, plan: Plan, seed: int) -> _State:
    """The first level: patches are anywhere, but where nothing is to be done they are where they were."""
    queries, keys = (_patches(level.canvas, plan.patch, plan.wrap), _patches(level.exemplars, plan.patch))
    random = generator(seed)
    field = drawn(queries, keys, random)
    if level.query_mask is not None:
        rows, columns = (torch.arange(side) for side in queries)
        own = torch.stack(torch.meshgrid(rows, columns, indexing="ij"), dim=-1).int()
        field = torch.where(level.query_mask.cpu()[..., None], field, own)
    reverse = drawn(keys, queries, random).to(picture.device)
    return _State(level, level.settled(picture).contiguous(), field.to(picture.device), reverse)


def drawn(shape: tuple[int, int], within: tuple[int, int], random: torch.Generator) -> torch.Tensor:
    """A field of that shape that points anywhere."""
    rows, columns = (torch.randint(side, shape, generator=random) for side in within)
    return torch.stack([rows, columns], dim=-1).int()


def enlarged_field(
    field: torch.Tensor,
    queries: tuple[SideBySide, SideBySide],
    keys: tuple[SideBySide, SideBySide],
    shape: tuple[int, int],
    within: tuple[int, int],
    patch: int,
) -> torch.Tensor:
    """A field (h, w, 2) for larger pictures, `shape` + (2,): queries and keys are those before and after.

    The middle of each patch is found in the picture before, and its key's middle, moved by as much as that was off,
    in the larger ones; within which patches there are, `within` rows and columns of them.
    """
    half = patch / 2
    rows, columns = (torch.arange(side, device=field.device) for side in shape)
    places = torch.stack(torch.meshgrid(rows, columns, indexing="ij"), dim=-1) + half
    places = queries[1].enlarged(places, queries[0]) - half
    limit = torch.tensor(field.shape[:2], device=field.device) - 1
    nearest_places = torch.minimum(places.round().long().clamp_min(0), limit)
    old = field[nearest_places[..., 0], nearest_places[..., 1]] + half + (places - nearest_places)
    enlarged = (keys[0].enlarged(old, keys[1]) - half).round().int().clamp_min(0)
    return torch.minimum(enlarged, enlarged.new_tensor(within) - 1)


def _patches(pictures: SideBySide, patch: int, wrap: bool = False) -> tuple[int, int]:
    height, width = pictures.size
    return (height, width) if wrap else (height - patch + 1, width - patch + 1)
