"""Lines compared with true ones."""

from __future__ import annotations

import numpy as np
import pytest

from impasto.metrics.boundaries import BoundaryScore, boundary_score


def test_a_line_and_itself_agree_and_a_far_one_does_not():
    line = np.zeros((20, 20), bool)
    line[5] = True
    assert boundary_score(line, line) == BoundaryScore(20, 20, 20)
    for away, f in ((1, 1.0), (2, 1.0), (3, 0.0)):
        assert boundary_score(np.roll(line, away, 0), line).f == f


def test_a_thick_line_gains_nothing():
    line, thick = np.zeros((20, 20), bool), np.zeros((20, 20), bool)
    line[5], thick[4:7] = True, True
    score = boundary_score(thick, line)
    assert (score.precision, score.recall) == (pytest.approx(1 / 3), 1.0)


def test_the_matching_is_as_large_as_can_be():
    """By a search through all matchings of a few pixels."""
    random = np.random.default_rng(0)
    for _ in range(20):
        found, true = (random.random((5, 5)) < 0.2 for _ in range(2))
        a, b = np.argwhere(found), np.argwhere(true)
        assert boundary_score(found, true, 1.5) == BoundaryScore(largest(a, b), len(a), len(b))


def largest(a: np.ndarray, b: np.ndarray, number: int = 0, used: frozenset[int] = frozenset()) -> int:
    """How many pairs of near pixels there can be, from one of the first on."""
    if number == len(a):
        return 0
    near = [k for k in range(len(b)) if k not in used and np.hypot(*(a[number] - b[k])) <= 1.5]
    return max(largest(a, b, number + 1, used), *(1 + largest(a, b, number + 1, used | {k}) for k in near), 0)


def test_nothing_and_nothing_agree():
    empty = np.zeros((4, 4), bool)
    assert boundary_score(empty, empty).f == 1
    assert boundary_score(empty, ~empty).f == 0
