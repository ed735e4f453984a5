"""How far the patches of two pictures are apart, seen through many random directions.

The sliced Wasserstein distance between the sets of all p x p patches of two pictures (Rabin et al. 2011;
on patches, Elnekave & Weiss 2022, "Generating natural images with direct patch distributions matching").
One random direction for p x p x C numbers is a convolution kernel; along it, optimal transport is sorting.

Sorting is what costs. Here, values are ranked by counting them in `BINS` bins, in time linear in their number,
and the distance may look at every second patch in both directions (`stride`), from a fresh place each step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch

SlicedForm = Literal["squared", "absolute"]

BINS = 1 << 14  # a bin is a tenth of what rounding a picture to 8 bits does to a response


@dataclass(frozen=True)
class Projections:
    """Random directions in the space of patches: unit-norm `kernels` (n, C, p, p), and which patches are looked at."""

    kernels: torch.Tensor
    stride: int = 1
    offset: tuple[int, int] = (0, 0)  # of the first patch, in pixels down and right


def draw_projections(
    generator: torch.Generator, count: int, patch: int = 5, *, channels: int = 3, stride: int = 1
) -> Projections:
    """Draw `count` directions for patches of `patch` pixels a side, and the offset of a grid of that `stride`.

    The projections are on the generator's device. Draw fresh ones each step, or hold them and their references.
    """
    kernels = torch.randn(count, channels, patch, patch, generator=generator, device=generator.device)
    kernels = kernels / kernels.flatten(1).norm(dim=1)[:, None, None, None]
    row, column = torch.randint(stride, (2,), generator=generator, device=generator.device).tolist()
    return Projections(kernels, stride, (row, column))


def patch_responses(image: torch.Tensor, projections: Projections, *, wrap: bool = False) -> torch.Tensor:
    """Return what each patch of `image` (N, C, H, W) measures in each direction, as (n, patches).

    With `wrap` the picture is a tile: patches go on over its edges. The pictures of a batch are taken together.
    """
    patch = projections.kernels.shape[-1]
    if wrap:
        image = torch.nn.functional.pad(image, (0, patch - 1, 0, patch - 1), mode="circular")
    rows, columns = projections.offset
    limit = image.shape[-2] - patch, image.shape[-1] - patch  # a picture of few patches has no room for an offset
    image = image[:, :, min(rows, limit[0]) :, min(columns, limit[1]) :]
    responses = torch.nn.functional.conv2d(image, projections.kernels.to(image), stride=projections.stride)
    return responses.transpose(0, 1).flatten(1)


def sorted_responses(
    image: torch.Tensor, projections: Projections, *, wrap: bool = False, exact: bool = False
) -> torch.Tensor:
    """Return the responses of `image` (N, C, H, W), sorted, as (n, patches): the reference of a distance.

    Unless `exact`, values are rounded to the middle of one of `BINS` bins. No gradient.
    """
    with torch.no_grad():
        responses = patch_responses(image, projections, wrap=wrap)
        return responses.sort(dim=1).values if exact else torch.stack([_counting_sort(row) for row in responses])


def sliced_patch_distance(
    image: torch.Tensor,
    reference: torch.Tensor,
    projections: Projections,
    *,
    form: SlicedForm = "squared",
    wrap: bool = False,
    exact: bool = False,
) -> torch.Tensor:
    """Return the mean distance, a scalar, between the patches of `image` (N, C, H, W) and of a reference picture.

    `reference` is what `sorted_responses` gave for the same projections. Each response x is moved to T(x), the
    reference's value of the same rank; where the pictures differ in size, to the mean of the values that share
    its rank. The distance is the mean of (x - T)^2 ("squared", the squared 2-Wasserstein distance) or of
    |x - T| ("absolute", the form of Elnekave & Weiss); its gradient is exact where the sizes are equal.

    `exact` sorts; otherwise responses of one bin (1/16384 of the range) share one T, which is as good to see and
    many times faster.
    """
    responses = patch_responses(image, projections, wrap=wrap)
    target = transport(responses.detach(), reference, exact=exact)
    functional = torch.nn.functional
    return functional.mse_loss(responses, target) if form == "squared" else functional.l1_loss(responses, target)


def transport(responses: torch.Tensor, reference: torch.Tensor, *, exact: bool = False) -> torch.Tensor:
    """Return, for each of `responses` (n, P), the value of its rank in `reference` (n, R), whose rows are sorted."""
    target = torch.empty_like(responses)
    for row, goal, out in zip(responses, reference, target, strict=True):
        if exact:
            order = row.argsort()
            counts = torch.arange(row.numel() + 1, device=row.device)
            out[order] = _means_between(goal, counts, row.numel()).to(out.dtype)
        else:
            bins, _, _ = _bins(row)
            counts = torch.bincount(bins, minlength=BINS).cumsum(0)
            means = _means_between(goal, torch.nn.functional.pad(counts, (1, 0)), row.numel())
            torch.index_select(means.to(out.dtype), 0, bins, out=out)
    return target


def _bins(row: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return each value's bin (int32), the lowest value, and the width of a bin."""
    low = row.min()
    width = ((row.max() - low) / (BINS - 1)).clamp_min(torch.finfo(row.dtype).tiny)
    return ((row - low) / width).round_().int(), low, width


def _counting_sort(row: torch.Tensor) -> torch.Tensor:
    """Return the values of `row`, rounded to their bins' middles, in order."""
    bins, low, width = _bins(row)
    counts = torch.bincount(bins, minlength=BINS)
    middles = low + width * torch.arange(BINS, device=row.device, dtype=row.dtype)
    return torch.repeat_interleave(middles, counts, output_size=row.numel())


def _means_between(goal: torch.Tensor, counts: torch.Tensor, total: int) -> torch.Tensor:
    """Return the means of the quantile function of `goal` (sorted) between neighbours of `counts` / `total`.

    Where two neighbours are equal there is nothing to transport, and the value is 0.
    """
    integral = torch.nn.functional.pad(goal.cumsum(0, dtype=torch.float64), (1, 0))
    if goal.numel() == total:
        sums = integral[counts]
    else:
        place = counts.double() * (goal.numel() / total)
        below = place.long().clamp_max(goal.numel() - 1)
        sums = torch.lerp(integral[below], integral[below + 1], place - below)
    shares = counts.diff().double() * (goal.numel() / total)
    return sums.diff() / shares.clamp_min(torch.finfo(torch.float64).tiny)
