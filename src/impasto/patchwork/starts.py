"""What the coarsest level begins with."""

from __future__ import annotations

import torch

from impasto.images import resize
from impasto.patches import Engine, nearest, vote
from impasto.patchwork.levels import Level
from impasto.randomness import generator

CELL = 2  # pixels of the coarsest level: shifts that differ by less count as one
VOTES = 8
# Noise, in standard deviations of the exemplar's values: with more, things come to lie where they cannot be.
TRIED = [0.0, *(1.4**power for power in range(8))]


def noisy(picture: torch.Tensor, level: Level, noise: float, seed: int) -> torch.Tensor:
    """A picture (3, h, w) at a level's size, with white noise of `noise` times the values' standard deviation."""
    height, width = level.size
    white = torch.randn(3, height, width, generator=generator(seed)).to(picture.device)
    return resize(picture, (width, height)) + noise * level.values.std() * white


def moved(
    picture: torch.Tensor,
    level: Level,
    patch: int,
    *,
    share: float,
    seed: int,
    alpha: float | None,
    wrap: bool = False,
    engine: Engine = "auto",
) -> torch.Tensor:
    """Another arrangement (3, h, w) of a picture at the coarsest level, by the least noise that is enough.

    Enough is what leaves at most 1 - `share` of the patches together, as they are without noise or shifted as one.
    What a given noise does depends on the picture: some spring back from noise in which others dissolve.
    """
    still: torch.Tensor | None = None
    settled = picture
    for noise in TRIED:
        settled, field = _settled(noisy(picture, level, noise, seed), level, patch, seed, alpha, wrap, engine)
        still = field if still is None else still
        shifts = field - still if level.query_mask is None else (field - still)[level.query_mask]
        cells = (shifts.view(-1, 2) / CELL).round().long()
        cells -= cells.amin(dim=0)
        together = torch.bincount(cells[:, 0] * (cells[:, 1].max() + 1) + cells[:, 1]).max()
        if int(together) <= (1 - share) * (shifts.numel() // 2):
            break
    return settled


def _settled(
    picture: torch.Tensor, level: Level, patch: int, seed: int, alpha: float | None, wrap: bool, engine: Engine
) -> tuple[torch.Tensor, torch.Tensor]:
    """A picture after some searches and votes, and its last field."""
    match, picture = None, level.settled(picture)
    for number in range(VOTES):
        match = nearest(
            level.queries(picture),
            level.keys,
            patch,
            seed=seed + number,
            wrap=wrap,
            alpha=alpha,
            key_mask=level.key_mask,
            start=match,
            engine=engine,
        )
        picture = level.settled(vote(match.field, level.values, level.size, patch, wrap=wrap))
    assert match is not None
    return picture, match.field.float()


def scattered(level: Level, seed: int) -> torch.Tensor:
    """A picture (3, h, w) at a level's size, of pixels drawn from the exemplars."""
    height, width = level.size
    values = level.values
    random = generator(seed)
    if level.key_mask is None:
        pixels = values.flatten(1)
    else:
        rows, columns = level.key_mask.shape
        pixels = values[:, :rows, :columns][:, level.key_mask.to(values.device)]
    drawn = torch.randint(pixels.shape[1], (height * width,), generator=random).to(values.device)
    return pixels[:, drawn].view(3, height, width)
