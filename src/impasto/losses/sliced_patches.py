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
    image = _from_first(image, projections, wrap=wrap)
    responses = torch.nn.functional.conv2d(image, projections.kernels.to(image), stride=projections.stride)
    return responses.transpose(0, 1).flatten(1)


def patch_weights(mask: torch.Tensor, projections: Projections, *, wrap: bool = False) -> torch.Tensor:
    """Return how much each patch of a picture with this `mask` (N, 1, H, W) counts: its least pixel, as (patches,)."""
    mask = _from_first(mask, projections, wrap=wrap)
    return -torch.nn.functional.max_pool2d(-mask, projections.kernels.shape[-1], projections.stride).flatten()


def sorted_responses(
    image: torch.Tensor, projections: Projections, *, wrap: bool = False, exact: bool = False
) -> torch.Tensor:
    """Return the responses of `image` (N, C, H, W), sorted, as (n, patches): the reference of a distance.

    Unless `exact`, values are rounded to the middle of one of `BINS` bins. No gradient.
    """
    with torch.no_grad():
        return sorted_rows(patch_responses(image, projections, wrap=wrap), exact=exact)


def sorted_rows(rows: torch.Tensor, *, exact: bool = False) -> torch.Tensor:
    """Return rows (n, P) in order; unless `exact`, with values rounded to the middle of one of `BINS` bins."""
    return rows.sort(dim=1).values if exact else _counting_sort(rows)


def fewer_values(reference: torch.Tensor, count: int) -> torch.Tensor:
    """Reduce sorted rows (n, R) to at most `count` values, each the mean of equally many neighbours.

    >>> fewer_values(torch.tensor([[1.0, 2.0, 4.0]]), 2)
    tensor([[1.3333, 3.3333]])
    """
    total = reference.shape[1]
    if total <= count:
        return reference
    return quantiles_at(reference, count)


def quantiles_at(reference: torch.Tensor, count: int, weights: torch.Tensor | None = None) -> torch.Tensor:
    """Return `count` values for sorted rows (n, R), each the mean of the quantile function over its share of the ranks.

    `weights` (n, R), not all 0, are how often each value counts.

    >>> quantiles_at(torch.tensor([[1.0, 4.0]]), 4)
    tensor([[1., 1., 4., 4.]])
    """
    ranks = torch.arange(count + 1, device=reference.device).expand(len(reference), -1)
    if weights is None:
        return _means_between(quantile_integral(reference), ranks, count).to(reference)
    # The running sums over a rank that counts several times (or in part) are straight lines between its ends.
    ends = torch.nn.functional.pad(weights.cumsum(1, dtype=torch.float64), (1, 0))
    sums = torch.nn.functional.pad((reference.double() * weights).cumsum(1), (1, 0))
    wanted = ranks * (ends[:, -1:] / count)
    above = torch.searchsorted(ends, wanted.contiguous()).clamp(1, reference.shape[1])
    lengths = (ends.gather(1, above) - ends.gather(1, above - 1)).clamp_min(torch.finfo(torch.float64).tiny)
    along = ((wanted - ends.gather(1, above - 1)) / lengths).clamp(0, 1)
    at = torch.lerp(sums.gather(1, above - 1), sums.gather(1, above), along)
    return (at.diff(dim=1) * count / ends[:, -1:].clamp_min(torch.finfo(torch.float64).tiny)).to(reference)


def sliced_patch_distance(
    image: torch.Tensor,
    reference: torch.Tensor,
    projections: Projections,
    *,
    form: SlicedForm = "squared",
    wrap: bool = False,
    exact: bool = False,
    integral: torch.Tensor | None = None,
    weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """Return the mean distance, a scalar, between the patches of `image` (N, C, H, W) and of a reference picture.

    `reference` is what `sorted_responses` gave for the same projections. Each response x is moved to T(x), the
    reference's value of the same rank; where the pictures differ in size, to the mean of the values that share
    its rank. The distance is the mean of (x - T)^2 ("squared", the squared 2-Wasserstein distance) or of
    |x - T| ("absolute", the form of Elnekave & Weiss); its gradient is exact where the sizes are equal.

    `exact` sorts; otherwise responses of one bin (1/16384 of the range) share one T, which is as good to see and
    many times faster. `integral` is `quantile_integral(reference)`, for those who hold a reference.
    `weights` (patches,), 0 or more, say how much each patch counts (see `patch_weights`); if all are 0, so is the
    distance.
    """
    responses = patch_responses(image, projections, wrap=wrap)
    if weights is not None:
        counting = weights.nonzero()[:, 0]
        if not len(counting):
            return (responses * 0).sum()
        responses, weights = responses.index_select(1, counting), weights[counting]
        target = transport(responses.detach(), reference, exact=exact, integral=integral, weights=weights)
        off = responses - target
        distances = off.square() if form == "squared" else off.abs()
        return (distances @ weights).mean() / weights.sum()
    target = transport(responses.detach(), reference, exact=exact, integral=integral)
    functional = torch.nn.functional
    return functional.mse_loss(responses, target) if form == "squared" else functional.l1_loss(responses, target)


def transport(
    responses: torch.Tensor,
    reference: torch.Tensor,
    *,
    exact: bool = False,
    integral: torch.Tensor | None = None,
    bins: int = BINS,
    weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """Return, for each of `responses` (n, P), the value of its rank in `reference` (n, R), whose rows are sorted.

    `integral` is `quantile_integral(reference)`, for those who keep a reference over several calls. `bins` is how
    finely responses are told apart, unless `exact`. `weights` (P,), not all 0, are how often each patch counts.
    """
    if integral is None:
        integral = quantile_integral(reference)
    total = responses.shape[1] if weights is None else float(weights.sum(dtype=torch.float64))
    if exact:
        order = responses.argsort(dim=1)
        counts = torch.arange(responses.shape[1] + 1, device=responses.device).expand(len(responses), -1)
        if weights is not None:
            counts = torch.nn.functional.pad(weights.double()[order].cumsum(1), (1, 0))
        return torch.empty_like(responses).scatter_(1, order, _means_between(integral, counts, total).to(responses))
    found, _, _ = _bins(responses, bins)
    counts = torch.nn.functional.pad(_counts(found, len(responses), bins, weights).cumsum(1), (1, 0))
    if 2 * responses.shape[1] < bins:  # most bins are empty: only those of values are asked for
        ends = found.long() + torch.arange(len(found), device=found.device)[:, None]  # a row has an end more than bins
        below, above = (counts.take(each) for each in (ends, ends + 1))
        sums, upper = (_sums_until(integral, each, total) for each in (below, above))
        return _means(upper - sums, above - below, integral, total).to(responses)
    means = _means_between(integral, counts, total).to(responses)
    return means.flatten().index_select(0, found.flatten()).view_as(responses)


def quantile_integral(reference: torch.Tensor) -> torch.Tensor:
    """Return the running sums, (n, R + 1) in float64, of sorted rows (n, R)."""
    return torch.nn.functional.pad(reference.cumsum(1, dtype=torch.float64), (1, 0))


def _from_first(image: torch.Tensor, projections: Projections, *, wrap: bool) -> torch.Tensor:
    """Return what of an image (N, C, H, W) is at and after the first patch; a tile goes on over its edges."""
    patch = projections.kernels.shape[-1]
    if wrap:
        image = torch.nn.functional.pad(image, (0, patch - 1, 0, patch - 1), mode="circular")
    rows, columns = projections.offset
    limit = image.shape[-2] - patch, image.shape[-1] - patch  # a picture of few patches has no room for an offset
    return image[:, :, min(rows, limit[0]) :, min(columns, limit[1]) :]


def _bins(rows: torch.Tensor, bins: int = BINS) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return each value's bin (row r's are r * bins and up), and each row's lowest value and width of a bin."""
    low, high = rows.aminmax(dim=1, keepdim=True)
    width = ((high - low) / (bins - 1)).clamp_min(torch.finfo(rows.dtype).tiny)
    first = torch.arange(len(rows), device=rows.device, dtype=torch.int32)[:, None] * bins
    return ((rows - low) / width).round_().int() + first, low, width


def _counts(found: torch.Tensor, rows: int, bins: int = BINS, weights: torch.Tensor | None = None) -> torch.Tensor:
    """Return how many values (or their weights) are in each bin, (rows, bins)."""
    if weights is not None:
        weights = weights.double().expand(rows, -1).flatten()
    return torch.bincount(found.flatten(), weights, minlength=rows * bins).view(rows, bins)


def _counting_sort(rows: torch.Tensor) -> torch.Tensor:
    """Return the values of each row, rounded to their bins' middles, in order."""
    bins, low, width = _bins(rows)
    middles = low + width * torch.arange(BINS, device=rows.device, dtype=rows.dtype)
    values = torch.repeat_interleave(middles.flatten(), _counts(bins, len(rows)).flatten(), output_size=rows.numel())
    return values.view_as(rows)


def _means_between(integral: torch.Tensor, counts: torch.Tensor, total: float) -> torch.Tensor:
    """Return the means of quantile functions, (n, K), between neighbours of `counts` / `total`, (n, K + 1)."""
    return _means(_sums_until(integral, counts, total).diff(dim=1), counts.diff(dim=1), integral, total)


def _sums_until(integral: torch.Tensor, counts: torch.Tensor, total: float) -> torch.Tensor:
    """Return the integrals of quantile functions from 0 to `counts` / `total`, (n, K), in numbers of values."""
    values = integral.shape[1] - 1
    if values == total and not counts.is_floating_point():
        return integral.gather(1, counts)
    place = counts.double() * (values / total)
    below = place.long().clamp(0, values - 1)
    return torch.lerp(integral.gather(1, below), integral.gather(1, below + 1), place - below)


def _means(sums: torch.Tensor, counts: torch.Tensor, integral: torch.Tensor, total: float) -> torch.Tensor:
    """Return what `counts` of `total` have on the average; where there are none is nothing to transport, and 0."""
    shares = counts.double() * ((integral.shape[1] - 1) / total)
    return sums / shares.clamp_min(torch.finfo(torch.float64).tiny)
