"""From coarse to fine: which sizes, how many steps at each, and where each begins in the run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from impasto.errors import InputError
from impasto.observers import spans
from impasto.synthesis.settings import SynthesisConfig

SMALLEST = 16  # pixels a side
AT_LEAST = 4000  # pixels that a step of any size is worth


@dataclass(frozen=True)
class Scale:
    """One size of the coarse-to-fine schedule."""

    index: int
    height: int
    width: int
    factor: float  # of the final size: 1, 1/2, 1/4 ...
    first: int  # step of the run at which it begins
    steps: int
    enlarge: float  # of the picture, before the network

    @property
    def size(self) -> tuple[int, int]:
        """(height, width)."""
        return self.height, self.width

    @property
    def seen(self) -> tuple[float, float]:
        """(height, width) of what the network sees."""
        return self.height * self.enlarge, self.width * self.enlarge


def schedule(config: SynthesisConfig, height: int, width: int, first: int = 0) -> list[Scale]:
    """The scales of a picture of that size: sizes S / 2^(n-1) ... S / 2, S, from step `first` of the run.

    Raises InputError if the picture, or the coarsest scale, would be smaller than 16 pixels a side.
    """
    if min(height, width) < 16:
        raise InputError(f"size must be at least 16 pixels a side, got {width}x{height}")
    count = config.scales or automatic_scales(height, width, config.coarsest)
    factors = [0.5**k for k in reversed(range(count))]
    if round(min(height, width) * factors[0]) < SMALLEST:
        most = automatic_scales(height, width, SMALLEST)
        raise InputError(
            f"scales: {count} would start from a picture under {SMALLEST} pixels a side; {width}x{height} allows {most}"
        )
    scales: list[Scale] = []
    for index, factor in enumerate(factors):
        steps = config.iterations[
            max(0, len(config.iterations) - count + index)
        ]  # counted from the finest; the first goes for the coarser ones
        size = max(SMALLEST, round(height * factor)), max(SMALLEST, round(width * factor))
        enlarge = min(config.enlarge, max(1.0, config.enlarge_to / max(size)))
        scales.append(Scale(index, *size, factor, first, steps, enlarge))
        first += steps
    return scales


def automatic_scales(height: int, width: int, coarsest: int) -> int:
    """As many sizes as leave the coarsest one's short side, in whole pixels, at `coarsest` or more."""
    count = 1
    while round(min(height, width) * 0.5**count) >= coarsest and count < 8:
        count += 1
    return count


def total_steps(scales: Sequence[Scale]) -> int:
    """The number of steps of the whole run."""
    return scales[-1].first + scales[-1].steps


def work_of(scales: Sequence[Scale]) -> list[tuple[float, float]]:
    """Where each scale begins and ends, as shares of the work of all, which goes with the pixels that are seen."""
    return spans([scale.steps * (math.prod(scale.seen) + AT_LEAST) for scale in scales])
