"""How well lines agree with true ones, as boundary detection is judged (Martin, Fowlkes & Malik 2004)."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    Mask = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class BoundaryScore:
    """Counts of pixels on lines; scores of several pictures add up to that of the set.

    >>> score = BoundaryScore(matched=6, found=8, true=12)
    >>> score.precision, score.recall, round(score.f, 3)
    (0.75, 0.5, 0.6)
    """

    matched: int
    found: int
    true: int

    @property
    def precision(self) -> float:
        """The share of what was found that is true; 1 if nothing was found."""
        return self.matched / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """The share of what is true that was found; 1 if there is nothing to find."""
        return self.matched / self.true if self.true else 1.0

    @property
    def f(self) -> float:
        """The harmonic mean of both."""
        return 2 * self.matched / (self.found + self.true) if self.found + self.true else 1.0

    def __add__(self, other: BoundaryScore) -> BoundaryScore:
        """The score of both."""
        return BoundaryScore(self.matched + other.matched, self.found + other.found, self.true + other.true)


def boundary_score(found: Mask, true: Mask, tolerance: float = 2.0) -> BoundaryScore:
    """Compare lines (H, W) with true ones; two pixels match that are at most `tolerance` pixels apart.

    A pixel matches one other at most, and as many pairs are made as can be (a maximum matching), so that a thick line
    gains nothing. Raises ValueError if the sizes differ.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_bipartite_matching

    if found.shape != true.shape:
        raise ValueError(f"lines of different sizes: {found.shape} and {true.shape}")
    places, goals = np.argwhere(found), np.argwhere(true)
    if not len(places) or not len(goals):
        return BoundaryScore(0, len(places), len(goals))
    reach = floor(tolerance)
    numbers = np.full((true.shape[0] + 2 * reach, true.shape[1] + 2 * reach), -1)
    numbers[goals[:, 0] + reach, goals[:, 1] + reach] = np.arange(len(goals))
    rows, columns = [], []
    for down in range(-reach, reach + 1):
        for right in range(-reach, reach + 1):
            if down * down + right * right <= tolerance * tolerance:
                near = numbers[places[:, 0] + reach + down, places[:, 1] + reach + right]
                rows.append(np.flatnonzero(near >= 0))
                columns.append(near[near >= 0])
    row, column = np.concatenate(rows), np.concatenate(columns)
    pairs = csr_array((np.ones(len(row), np.int8), (row, column)), shape=(len(places), len(goals)))
    matched = int((maximum_bipartite_matching(pairs, perm_type="column") >= 0).sum())
    return BoundaryScore(matched, len(places), len(goals))
