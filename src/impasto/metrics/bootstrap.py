"""Confidence by drawing the same pictures again (Efron 1979)."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch

LEVEL = 0.95


class Interval(NamedTuple):
    """A value, and where it would lie in most of the sets that could have been drawn instead."""

    value: float
    low: float
    high: float


def draws(count: int, resamples: int, random: torch.Generator) -> torch.Tensor:
    """How often each of `count` things is drawn in each resample, float32 (resamples, count); rows add up to count."""
    if not resamples:
        return torch.zeros(0, count)
    chosen = torch.randint(count, (resamples, count), generator=random)
    return torch.stack([torch.bincount(row, minlength=count) for row in chosen]).float()


def interval(
    value: float, resampled: torch.Tensor, *, share: float = 1.0, least: float = -math.inf, most: float = math.inf
) -> Interval:
    """`value` with the middle 95 % of resampled values (B,) around their own mean; without any, NaN.

    Around their mean, because a distance of resampled sets is larger on average: things that are drawn twice make a set
    that is less like the other. share: how many of all things the resampled ones were, where those were only some; the
    whole's spread is less by the root of that. least, most: what values are possible.
    """
    if not len(resampled):
        return Interval(value, math.nan, math.nan)
    ends = torch.tensor([(1 - LEVEL) / 2, (1 + LEVEL) / 2], dtype=resampled.dtype)
    apart = (resampled.quantile(ends) - resampled.mean()) * math.sqrt(share)
    low, high = (min(max(value + float(end), least), most) for end in apart)
    return Interval(value, low, high)


def mean_interval(values: torch.Tensor, resamples: int, random: torch.Generator, most: float = 1.0) -> Interval:
    """The mean of values (n,), none of them negative, over the things that they belong to."""
    values = values.double()
    resampled = draws(len(values), resamples, random).double() @ values / len(values)
    return interval(float(values.mean()), resampled, least=0.0, most=most)
