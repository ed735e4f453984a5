"""Pictures with a hole: a smooth fill to start from, and how coarse to start."""

from __future__ import annotations

import math

import torch

from impasto.errors import InputError
from impasto.images import resize
from impasto.patches import valid_patches
from impasto.patchwork.levels import wholly
from impasto.patchwork.side_by_side import scaled

SOLVED = 5000  # pixels of a hole for which the biharmonic equation is solved
DEPTH = 2.0  # pixels from the hole's edge to its middle at the coarsest level
SOURCES = 20  # patches that there must be to fill it with


def filled(picture: torch.Tensor, hole: torch.Tensor) -> torch.Tensor:
    """A picture (3, H, W) whose hole (H, W) is filled smoothly.

    The mean of two fills: one goes on with the slopes at the edge, and overshoots; the other has the means of what is
    known, and is dull. Together they are nearer to what was there than either.
    """
    known = (~hole)[None].to(picture.dtype)
    return torch.where(hole, (_pulled(picture * known, known) + _sloped(picture, hole)) / 2, picture)


def _sloped(picture: torch.Tensor, hole: torch.Tensor) -> torch.Tensor:
    """The biharmonic fill (Chui & Mhaskar 2010); large holes are filled in a reduced picture."""
    from skimage.restoration import inpaint_biharmonic

    height, width = hole.shape
    factor = min(1.0, (SOLVED / max(1, int(hole.sum()))) ** 0.5)
    small = (scaled(height, factor, 1), scaled(width, factor, 1))
    unknown = ~wholly(~hole, small)
    if bool(unknown.all()):
        return picture[:, ~hole].mean(1)[:, None, None].expand_as(picture)
    reduced = resize(picture, small[::-1]).permute(1, 2, 0).double().cpu().numpy()
    fill = torch.from_numpy(inpaint_biharmonic(reduced, unknown.cpu().numpy(), channel_axis=-1))
    return resize(fill.permute(2, 0, 1).to(picture).clamp(0, 1), (width, height))


def _pulled(sums: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """The pull-push fill: where little is known, take it from half the size (Gortler et al. 1996)."""
    height, width = sums.shape[1:]
    mean = sums / weight.clamp_min(1e-6)
    if bool((weight >= 1 - 1e-6).all()) or max(height, width) < 2:
        return mean
    interpolate = torch.nn.functional.interpolate
    size = (height + 1) // 2, (width + 1) // 2
    half = interpolate(torch.cat([sums, weight])[None], size, mode="bilinear", antialias=True)[0]
    weights = (2 * half[-1:]).clamp(max=1)
    means = torch.where(half[-1:] > 1e-6, half[:-1] / half[-1:].clamp_min(1e-6), 0.0)
    coarse = _pulled(means * weights, weights)
    smooth = interpolate(coarse[None], (height, width), mode="bicubic")[0]
    return weight * mean + (1 - weight) * smooth


def blurred(picture: torch.Tensor, coarsest: int) -> torch.Tensor:
    """What is left of a picture (3, H, W) whose short side was reduced to `coarsest`."""
    height, width = picture.shape[1:]
    factor = min(1.0, coarsest / min(height, width))
    small = resize(picture, (scaled(width, factor, 1), scaled(height, factor, 1)))
    return resize(small, (width, height))


def coarsest_for(hole: torch.Tensor, patch: int, ratio: float = 1.333, depth: float = DEPTH) -> int:
    """The short side in pixels at which the hole is `depth` pixels deep: by default what a patch can see over.

    Raises InputError if too little is left around the hole to fill it with.
    """
    from scipy.ndimage import distance_transform_edt

    short = min(hole.shape)
    own = float(distance_transform_edt(hole.cpu().numpy()).max())
    side = max(2.0 * patch, short * min(1.0, depth / max(own, 1e-6)))
    while side < short and _sources(hole, side / short, patch) < SOURCES:
        side *= ratio
    if side >= short and _sources(hole, 1.0, patch) == 0:
        raise InputError(
            f"the hole leaves no whole patch of {patch}x{patch} pixels to fill it with; take a smaller mask or --patch"
        )
    return min(short, round(side))


def likely_coarsest(share: float, short: int, patch: int, depth: float = DEPTH) -> int:
    """About what `coarsest_for` finds for a round hole that is so much of a picture, whose short side is `short`."""
    own = max(1.0, short * math.sqrt(share / math.pi))
    return round(min(short, max(2 * patch, short * min(1.0, depth / own))))


def touching(share: float, short: float, patch: int) -> float:
    """About how much of a picture's patches touch a hole of that share; the short side has `short` pixels."""
    return min(1.0, math.sqrt(share) + patch / short) ** 2


def _sources(hole: torch.Tensor, factor: float, patch: int) -> int:
    """How many patches lie wholly outside the hole in a picture reduced by `factor`."""
    height, width = (scaled(side, factor, patch) for side in hole.shape)
    return int(valid_patches(wholly(~hole, (height, width)), patch).sum())
