"""Distances between sets: closed forms, what pytorch-fid, clean-fid, torch-fidelity and prdc say, and plain loops."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from impasto.errors import InputError
from impasto.metrics import kernel_distance as kernels
from impasto.metrics import precision_recall
from impasto.metrics.bootstrap import draws, interval, mean_interval
from impasto.metrics.frechet import Moments, frechet_distance, resampled_frechet, squared_distance
from impasto.metrics.kernel_distance import kernel_distance
from impasto.metrics.precision_recall import balls
from impasto.metrics.set_distances import set_distances
from impasto.metrics.set_features import SetFeatures
from impasto.observers import restore, snapshot
from impasto.randomness import generator


def made_and_real():
    """Vectors by a generator whose numbers NumPy never changes."""
    random = np.random.RandomState(7)
    made = random.standard_normal((300, 12)) @ random.standard_normal((12, 12)) * 0.5 + 1
    real = random.standard_normal((400, 12)) @ random.standard_normal((12, 12)) * 0.5 + 0.7
    return torch.from_numpy(made), torch.from_numpy(real)


MADE, REAL = made_and_real()

# pytorch-fid 0.3.0, clean-fid 0.1.35 and torch-fidelity 0.4.0 on `made_and_real` (torch 2.13.0, scipy 1.17.1)
FID = 15.7368395405759
KID = 6.78894265262341  # clean-fid and torch-fidelity: one subset, all of MADE and the first 300 of REAL
PRECISION, RECALL = 1 / 3, 0.38  # torch-fidelity with MADE first, and prdc 0.2 with nearest_k=3
DENSITY, COVERAGE = 0.262, 0.39  # prdc 0.2 with nearest_k=5


def test_the_values_are_those_of_the_packages():
    assert frechet_distance(Moments.of(MADE), Moments.of(REAL)) == pytest.approx(FID, rel=1e-12)
    assert float(kernel_distance(MADE, REAL[:300])) == pytest.approx(KID, rel=1e-12)
    found = balls(MADE, REAL)
    assert (found.precision, found.recall) == pytest.approx((PRECISION, RECALL), abs=1e-12)
    assert (found.density, found.coverage) == pytest.approx((DENSITY, COVERAGE), abs=1e-12)
    other = balls(REAL, MADE)  # the same order of arguments says the other thing elsewhere: here made ones come first
    assert (other.precision, other.recall) == pytest.approx((RECALL, PRECISION), abs=1e-12)


def test_moments_of_batches_of_any_size_are_those_of_all():
    vectors = MADE + 1e6  # where sums of squares have lost what a variance is
    moments = Moments(12)
    for batch in vectors.split([0, 1, 2, 97, 200]):
        moments.add(batch)
    assert moments.mean.numpy() == pytest.approx(vectors.numpy().mean(0), rel=1e-14)
    assert moments.covariance.numpy() == pytest.approx(np.cov(MADE.numpy(), rowvar=False), abs=1e-8)
    halves = Moments.of(vectors[::2]).together(Moments.of(vectors[1::2]))
    assert torch.allclose(halves.covariance, moments.covariance, atol=1e-8)
    with pytest.raises(InputError, match="2 vectors or more, got 1"):
        _ = Moments.of(MADE[:1]).covariance


def test_the_frechet_distance_has_its_closed_forms():
    mean, other = torch.tensor([1.0, 2, 3]).double(), torch.tensor([0.0, 2, 5]).double()
    variances, others = torch.tensor([4.0, 1, 0]).double(), torch.tensor([9.0, 1, 2.25]).double()
    turn, _ = torch.linalg.qr(torch.randn(3, 3, generator=generator(0)).double())  # both have the same axes, at a slant
    turned = [turn @ torch.diag(each) @ turn.T for each in (variances, others)]
    expected = 5 + 1 + 0 + 1.5**2  # differences of means and of deviations, squared
    assert squared_distance(mean, turned[0], other, turned[1]) == pytest.approx(expected, abs=1e-7)
    assert squared_distance(other, turned[1], mean, turned[0]) == pytest.approx(expected, abs=1e-7)
    few = Moments.of(MADE[:5])  # fewer vectors than dimensions
    assert frechet_distance(few, few) == pytest.approx(0, abs=1e-6)
    shifted = Moments.of(MADE[:5] + 2)
    assert frechet_distance(few, shifted) == pytest.approx(12 * 4, abs=1e-6)


def test_the_kernel_distance_is_the_mean_over_pairs_of_different_vectors(monkeypatch):
    monkeypatch.setattr(kernels, "BLOCK", 7)
    made, real = MADE[:20], REAL[:16]
    counts = draws(20, 3, generator(1)), draws(16, 3, generator(2))
    for row, found in enumerate(kernel_distance(made, real, *counts)):
        total = 0.0
        for x, v, y, w, sign in ((made, 0, made, 0, 1), (real, 1, real, 1, 1), (made, 0, real, 1, -2)):
            values = (x.numpy() @ y.numpy().T / 12 + 1) ** 3
            weights = np.outer(counts[v][row], counts[w][row]) * (v != w or 1 - np.eye(len(x)))
            total += sign * np.average(values, weights=weights)
        assert float(found) == pytest.approx(total, rel=1e-9)
    alike = [float(kernel_distance(*torch.randn(2, 50, 4, generator=generator(k)).double())) for k in range(40)]
    assert min(alike) < 0 < max(alike)
    assert abs(np.mean(alike)) < 3 * np.std(alike) / math.sqrt(40)  # unbiased


def test_balls_are_those_of_the_definitions_also_where_vectors_come_twice(monkeypatch):
    monkeypatch.setattr(precision_recall, "BLOCK", 8)
    made = torch.cat([MADE[:20], REAL[:3], REAL[:3]])
    real = torch.cat([REAL[:25], REAL[:4], REAL[:4], REAL[:4]])  # four of one kind: balls of no size
    found = balls(made + 1000, real + 1000, neighbours=3, density_neighbours=2)

    def apart(x, y):
        return np.linalg.norm(x.numpy()[:, None] - y.numpy(), axis=2)

    def radii(vectors, k):
        return [sorted(np.delete(row, i))[k - 1] for i, row in enumerate(apart(vectors, vectors))]

    def inside(x, y, k):
        """Whether each of x lies in the ball of each of y."""
        return apart(x, y) <= np.array(radii(y, k)) + 1e-9

    assert found.made_in_real.tolist() == inside(made, real, 3).any(1).tolist()
    assert found.real_in_made.tolist() == inside(real, made, 3).any(1).tolist()
    assert found.holds.tolist() == inside(made, real, 2).sum(1).tolist()
    assert found.covered.tolist() == inside(made, real, 2).any(0).tolist()
    assert found.holds.max() > 2 > found.holds.min()
    with pytest.raises(InputError, match="5 neighbours need 6 pictures or more in each set, got 5, 400"):
        balls(MADE[:5], REAL)


def test_confidence_is_as_wide_as_sets_really_vary():
    shares = (torch.arange(400) < 100).double()
    found = mean_interval(shares, 2000, generator(0))
    assert found.value == 0.25
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * math.sqrt(0.25 * 0.75 / 400), rel=0.1)
    sets = torch.randn(30, 2, 200, 3, generator=generator(1)) * torch.tensor([1.0, 2.0])[:, None, None]
    truly = np.std([frechet_distance(*map(Moments.of, pair)) for pair in sets])
    weights = draws(200, 60, generator(2)), draws(200, 60, generator(3))
    resampled = resampled_frechet(*sets[0], *weights)
    assert float(resampled.std()) == pytest.approx(truly, rel=0.35)
    value = frechet_distance(*map(Moments.of, sets[0]))
    around = interval(value, resampled, least=0.0)
    assert around.low < value < around.high
    quarter = interval(value, resampled, share=0.25)
    assert quarter.high - quarter.low == pytest.approx((around.high - around.low) / 2)
    assert math.isnan(interval(value, resampled[:0]).low)


def test_a_set_is_gathered_in_any_batches_and_from_where_it_was_left():
    whole, parts, resumed = (SetFeatures(300, 12, most=50, seed=3) for _ in range(3))
    vectors = MADE.float()
    whole.add(vectors)
    for batch in vectors[:160].split(7):
        parts.add(batch)
    restore({"set": resumed}, snapshot({"set": parts}))
    resumed.add(vectors[160:])
    assert torch.equal(resumed.vectors, whole.vectors)
    assert len(whole.vectors) == 50
    assert {tuple(row.tolist()) for row in whole.vectors} <= {tuple(row.tolist()) for row in vectors}
    assert torch.allclose(resumed.moments.covariance, whole.moments.covariance, rtol=1e-12)
    expected = frechet_distance(Moments.of(vectors[::2]), Moments.of(vectors[1::2]))
    assert frechet_distance(*resumed.halves) == pytest.approx(expected, rel=1e-9)
    found = set_distances(whole, resumed, resamples=4)
    assert found.frechet.value == pytest.approx(0, abs=1e-6)
    assert (found.precision.value, found.recall.value, found.coverage.value) == (1, 1, 1)
