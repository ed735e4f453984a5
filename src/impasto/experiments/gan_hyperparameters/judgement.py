"""What is said of a training from its course: where it ended, how restless its samples are, whether it collapsed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, stdev

import torch

from impasto.experiments.claims import MARGIN

ALIKE = 0.25  # of the real pictures' diversity: beneath it, all samples are one picture
COLLAPSE = 2.0  # times its best so far: a distance that rises to more has collapsed


def diversity(samples: torch.Tensor) -> float:
    """The root mean square difference of two samples (N, ...), of their values: 0 if all are the same picture.

    The mean square over all pairs is twice the variance over the samples, the mean of all values' (with N - 1).
    """
    return math.sqrt(2 * float(samples.flatten(1).var(0).mean()))


def change(before: torch.Tensor, after: torch.Tensor) -> float | None:
    """How much samples (N, ...) of the same latents changed, in their own diversity: root mean squares, divided.

    0 if they stand still, 1 if they are as far from what they were as any two samples are from each other, and more if
    all of them swing together. None where there is no diversity.
    """
    apart = math.sqrt(float((after - before).square().mean()))
    own = math.sqrt((diversity(before) ** 2 + diversity(after) ** 2) / 2)
    return apart / own if own else None


@dataclass(frozen=True)
class Course:
    """One training at the steps at which it was measured, one at the least.

    diversity: of the samples, as a share of the real pictures'.
    change: of the samples shortly before each measure, in their own diversity; NaN where there was none to compare.
    broke: the step at which it was no longer finite; 0 if it was to the end.
    """

    steps: Sequence[int]
    frechet: Sequence[float]
    diversity: Sequence[float]
    change: Sequence[float]
    broke: int = 0

    @property
    def end(self) -> float:
        """The last Fréchet distance; infinite if the training broke."""
        return math.inf if self.broke or not self.frechet else self.frechet[-1]

    @property
    def best(self) -> float:
        """The smallest Fréchet distance."""
        return min(self.frechet, default=math.inf)

    @property
    def best_step(self) -> int:
        """The step of that."""
        return self.steps[self.frechet.index(self.best)] if self.frechet else 0

    @property
    def oscillation(self) -> float:
        """The mean change of the samples in the second half of the measures; NaN if there is none."""
        late = [each for each in self.change[len(self.change) // 2 :] if not math.isnan(each)]
        return fmean(late) if late else math.nan

    @property
    def setbacks(self) -> float:
        """The mean factor by which the distance rises from one measure of the second half to the next; falls are 1."""
        pairs = pairwise(self.frechet[len(self.frechet) // 2 :])
        late = [max(1.0, after / before) for before, after in pairs if before]
        return fmean(late) if late else math.nan

    @property
    def relapse(self) -> tuple[float, int]:
        """The largest distance as a multiple of the best before it, and the step of that best; (1, 0) without any."""
        found, best, since = (1.0, 0), math.inf, 0
        for step, value in zip(self.steps, self.frechet, strict=True):
            if value < best:
                best, since = value, step
            elif best and value / best > found[0]:
                found = value / best, since
        return found

    @property
    def state(self) -> str:
        """What went wrong, in a word or two; "" if nothing did."""
        if self.broke:
            return "not finite"
        if self.diversity and self.diversity[-1] < ALIKE:
            return "all alike"
        if self.end > COLLAPSE * self.best:
            return "collapsed"
        return "collapsed and came back" if self.relapse[0] > COLLAPSE else ""

    def note(self) -> str:
        """The same with its numbers."""
        if self.state == "not finite":
            return f"not finite from step {self.broke} on"
        if self.state == "all alike":
            return f"samples all alike: {self.diversity[-1]:.0%} of the real pictures' diversity"
        if not self.state:
            return ""
        times, since = self.relapse
        return f"{self.state} after step {since}: {times:.1f} times its best"

    def reached(self, level: float) -> float:
        """The step at which the distance first was at a level or beneath it; infinite if it never was.

        Between two measures, the logarithm of the distance is a straight line.
        """
        last: tuple[int, float] | None = None
        for step, value in zip(self.steps, self.frechet, strict=True):
            if value <= level:
                if last is None or last[1] == value:
                    return step
                share = math.log(last[1] / level) / math.log(last[1] / value) if value and level else 1.0
                return last[0] + share * (step - last[0])
            last = step, value
        return math.inf


def mean(values: Sequence[float]) -> float:
    """The mean over the seeds; infinite if one is, NaN if one is not known."""
    return fmean(values) if values else math.nan


def deviation(values: Sequence[float]) -> float | None:
    """The standard deviation over the seeds, with n - 1; None for one seed, or where a value is not finite."""
    return stdev(values) if len(values) > 1 and all(map(math.isfinite, values)) else None


def more(larger: Sequence[float], smaller: Sequence[float]) -> bool | None:
    """Whether some numbers, one a seed, are larger than others: in the mean by a tenth, and each than each.

    False if they are not so in the mean; None if the seeds do not agree.
    """
    if any(map(math.isnan, (*larger, *smaller))) or not mean(larger) > MARGIN * mean(smaller):
        return False
    return True if min(larger) > max(smaller) else None
