"""Statistics of whole pictures: colours, repetition, seams, and the diversity of a set."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from impasto.errors import InputError
from impasto.images import luminance

BAND = 4  # pixels inside an edge that it is compared with


def color_histogram_distance(output: torch.Tensor, exemplar: torch.Tensor) -> float:
    """Return the mean over R, G and B of the 1-Wasserstein distance between the histograms of two pictures.

    It is the mean way, in units of the value range, that values must be moved for the one histogram to become the
    other: 0 for equal ones, 1 between black and white.

    >>> color_histogram_distance(torch.zeros(3, 4, 4), torch.full((3, 2, 2), 0.25))
    0.25
    """
    ours, theirs = (picture.flatten(1).double().sort(dim=1).values for picture in (output, exemplar))
    values = torch.cat([ours, theirs], dim=1).sort(dim=1).values
    shares = [torch.searchsorted(rows, values, right=True) / rows.shape[1] for rows in (ours, theirs)]
    between = (shares[0] - shares[1]).abs()[:, :-1] * values.diff(dim=1)
    return float(between.sum(dim=1).mean())


def autocorrelation(picture: torch.Tensor, lag: int) -> torch.Tensor:
    """Return how a picture (3, H, W) correlates with itself shifted by up to `lag` pixels, as (2 lag + 1, lag + 1).

    The correlation coefficients of luminance, each over the pixels where both pictures are; rows are shifts down from
    -lag to lag, columns shifts right from 0 to lag (the other half is its mirror). 1 at no shift; a picture of one
    colour has 0 elsewhere.
    """
    values = luminance(picture).view(picture.shape[1:]).double()
    values = values - values.mean()
    height, width = values.shape
    shape = (height + lag, width + lag)  # room for the shifts, so that nothing wraps
    inside = torch.ones_like(values)
    spectra = [torch.fft.rfft2(each, s=shape) for each in (values, inside, values.square())]

    def correlated(first: int, second: int) -> torch.Tensor:
        sums = torch.fft.irfft2(spectra[first].conj() * spectra[second], s=shape)
        return torch.cat([sums[-lag:], sums[: lag + 1]] if lag else [sums[:1]])[:, : lag + 1]

    products, count = correlated(0, 0), correlated(1, 1).round().clamp_min(1)
    means = [correlated(1, 0) / count, correlated(0, 1) / count]
    squares = [correlated(1, 2) / count, correlated(2, 1) / count]
    deviations = [(square - mean.square()).clamp_min(0).sqrt() for square, mean in zip(squares, means, strict=True)]
    below = deviations[0] * deviations[1]
    coefficients = torch.where(
        below > 1e-9, (products / count - means[0] * means[1]) / below.clamp_min(1e-9), torch.zeros_like(below)
    )
    coefficients[lag, 0] = 1
    return coefficients.clamp(-1, 1)


def autocorrelation_distance(output: torch.Tensor, exemplar: torch.Tensor, *, lag: int | None = None) -> float:
    """Return the root mean square difference between the autocorrelations of two pictures, over all shifts.

    0 for equal regularity, direction and grain, wherever things are. Shifts go up to `lag` pixels: by default a quarter
    of the shortest of all sides.
    """
    lag = min(*output.shape[1:], *exemplar.shape[1:]) // 4 if lag is None else lag
    difference = autocorrelation(output, lag) - autocorrelation(exemplar, lag)
    return float(difference.square().mean().sqrt())


def seam_error(tile: torch.Tensor) -> float:
    """Return how much steeper a picture is across its edges, laid beside itself, than inside, near them.

    The mean absolute difference between pixels that meet at an edge over that of neighbours up to 4 pixels inside, of
    rows and columns the larger. About 1 for a tile without a seam, above 1 for one with, 1 for a picture of one colour.

    >>> round(seam_error(torch.linspace(0, 1, 5).expand(3, 5, 5)), 3)  # a ramp of steps of 1/4 jumps by 1
    4.0
    """
    errors = []
    for dim in (1, 2):
        if tile.shape[dim] < 2:
            continue
        across = (tile.select(dim, 0) - tile.select(dim, -1)).abs().mean()
        steps = tile.diff(dim=dim).abs()
        band = min(BAND, steps.shape[dim])
        inside = torch.cat([steps.narrow(dim, 0, band), steps.narrow(dim, steps.shape[dim] - band, band)]).mean()
        errors.append(1.0 if inside == across else float(across / inside.clamp_min(1e-6)))
    return max(errors, default=1.0)


def pixel_diversity(outputs: Sequence[torch.Tensor], exemplar: torch.Tensor) -> float:
    """Return how different the pictures of a set are: the measure of SinGAN (Shaham et al. 2019).

    The standard deviation of each pixel's luminance over the set (of a sample: divided by n - 1), averaged over pixels,
    over the standard deviation of the exemplar's luminance. 0 for copies, about 1 if everything moves about.

    Raises InputError for fewer than two pictures, or pictures of different sizes.
    """
    if len(outputs) < 2:
        raise InputError(f"diversity needs at least two pictures, got {len(outputs)}")
    sizes = {(picture.shape[2], picture.shape[1]) for picture in outputs}
    if len(sizes) > 1:
        raise InputError(
            f"diversity needs pictures of one size, got {', '.join(f'{w}x{h}' for w, h in sorted(sizes)[:3])}"
        )
    deviation = luminance(torch.stack(list(outputs)).double()).std(dim=0).mean()
    return float(deviation / luminance(exemplar.double()).std().clamp_min(1e-6))
