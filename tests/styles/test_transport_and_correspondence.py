"""The parts of `style fast`, against closed forms, brute force and other libraries."""

from __future__ import annotations

import numpy as np
import ot
import pytest
import scipy.linalg
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from impasto.styles.decoding.correspondence import blocks, cohere, joined, nearest, stirred, vote
from impasto.styles.decoding.exported_roots import iterated_roots
from impasto.styles.decoding.transport import RIDGE, Gaussian, gaussian_map, planes, raised, roots, rows, transport


def covariance(size: int, seed: int, spread: float = 1.0) -> torch.Tensor:
    values = np.random.default_rng(seed).normal(size=(size, 3 * size)) * np.geomspace(spread, 1, size)[:, None]
    return torch.from_numpy(values @ values.T / (3 * size))


@pytest.mark.parametrize("size", [1, 3, 16, 80])
def test_roots_are_those_of_scipy(size):
    matrix = covariance(size, 1) + 0.02 * torch.eye(size)
    expected = scipy.linalg.sqrtm(matrix.numpy()).real
    for way in (roots, iterated_roots):
        root, inverse = way(matrix)
        assert np.abs(root.numpy() - expected).max() < 1e-9
        assert np.abs(inverse.numpy() - np.linalg.inv(expected)).max() < 1e-7


@pytest.mark.parametrize("size", [3, 16, 40])
def test_the_map_is_the_optimal_one_of_pot(size):
    own, goal = covariance(size, 2, spread=30), covariance(size, 3)
    found = gaussian_map(own, roots(raised(goal, 1e-6))[0], 1e-6)
    zero = np.zeros(size)
    expected, _ = ot.gaussian.bures_wasserstein_mapping(zero, zero, own.numpy(), goal.numpy())
    assert np.abs(found.numpy() - expected).max() < 1e-3 * np.abs(expected).max()


@pytest.mark.parametrize("channels", [3, 24])
def test_moved_features_have_the_goals_mean_and_covariance(channels):
    random = torch.Generator().manual_seed(channels)
    mixture = torch.randn(channels, channels, generator=random)
    features = torch.randn(1, channels, 24, 40, generator=random)
    painting = torch.einsum("dc,nchw->ndhw", mixture, torch.randn(1, channels, 30, 20, generator=random)) + 2
    goal = Gaussian.of(painting)
    moved = Gaussian.of(transport(features, goal, roots(raised(goal.covariance, 1e-6))[0], 1e-6))
    assert torch.allclose(moved.mean, goal.mean, atol=1e-3)
    assert torch.allclose(moved.covariance, goal.covariance, atol=1e-3 * float(goal.covariance.abs().max()))


def test_equal_statistics_leave_features_as_they_are():
    features = torch.randn(1, 24, 12, 12, generator=torch.Generator().manual_seed(0))
    goal = Gaussian.of(features)
    assert torch.allclose(transport(features, goal, roots(raised(goal.covariance, RIDGE))[0]), features, atol=1e-4)


@settings(max_examples=20, deadline=None)
@given(height=st.integers(1, 5), width=st.integers(1, 5), scale=st.integers(1, 4), channels=st.integers(1, 4))
def test_blocks_can_be_joined_again(height, width, scale, channels):
    features = torch.arange(channels * height * width * scale**2.0).reshape(1, channels, height * scale, width * scale)
    cells = blocks(features, scale)
    assert cells.shape == (height * width, scale * scale * channels)
    assert torch.equal(joined(cells, height, width, scale), features)
    first = features[0, :, :scale, :scale].permute(1, 2, 0).flatten()
    assert torch.equal(cells[0], first)
    assert torch.equal(planes(rows(features), height * scale, width * scale), features)


def test_with_a_large_alpha_the_nearest_is_that_of_a_search_through_all():
    random = torch.Generator().manual_seed(4)
    queries, keys = torch.randn(50, 7, generator=random), torch.randn(60, 7, generator=random)
    assert torch.equal(nearest(queries, keys, 1e6), torch.cdist(queries, keys).argmin(1))


def test_what_is_nearest_does_not_depend_on_how_many_are_compared_at_once(monkeypatch):
    random = torch.Generator().manual_seed(8)
    queries, keys = torch.randn(150, 7, generator=random), torch.randn(90, 7, generator=random)
    whole = nearest(queries, keys, 0.5)
    reached = torch.cdist(queries[::4], keys).square().amin(0)
    distances = torch.cdist(queries, keys).square() / (0.5 * reached.mean() + reached)
    assert torch.equal(whole, distances.argmin(1))
    for most in (1, 20 * 90):
        monkeypatch.setattr("impasto.styles.decoding.correspondence.MOST", most)
        assert torch.equal(nearest(queries, keys, 0.5), whole)


def test_with_a_small_alpha_more_of_the_painting_is_used():
    random = torch.Generator().manual_seed(5)
    queries, keys = 0.3 * torch.randn(400, 5, generator=random), torch.randn(300, 5, generator=random)
    used = [len(nearest(queries, keys, alpha).unique()) for alpha in (1e6, 0.5, 0.01)]
    assert used[0] < used[1] < used[2]


def test_a_part_of_the_painting_is_found_where_it_is_and_stays_whole():
    random = torch.Generator().manual_seed(6)
    painting = torch.randn(1, 8, 12, 14, generator=random)
    part = painting[..., 3:9, 4:12]
    keys, queries = rows(painting), rows(part)
    expected = (torch.arange(3, 9)[:, None] * 14 + torch.arange(4, 12)).flatten()
    assert torch.equal(nearest(queries, keys, 1e6), expected)
    assert torch.equal(cohere(expected, queries, (6, 8), keys, (12, 14), 0.5), expected)
    assert torch.allclose(vote(painting, expected, 6, 8)[..., 1:-1, 1:-1], part[..., 1:-1, 1:-1], atol=1e-5)


def test_coherence_makes_neighbours_of_the_painting_out_of_neighbours():
    random = torch.Generator().manual_seed(7)

    def smooth(side: int) -> torch.Tensor:
        coarse = torch.randn(1, 6, side // 4, side // 4, generator=random)
        return rows(torch.nn.functional.interpolate(coarse, size=(side, side), mode="bicubic"))

    keys, queries = smooth(20), smooth(10)
    places = nearest(queries, keys, 1e6)
    whole = cohere(places, queries, (10, 10), keys, (20, 20), 1.0)

    def joins(found: torch.Tensor) -> int:
        grid = found.reshape(10, 10)
        return int((grid[:, 1:] == grid[:, :-1] + 1).sum() + (grid[1:] == grid[:-1] + 20).sum())

    assert joins(whole) > 1.5 * joins(places) > 0
    assert int(whole.min()) >= 0
    assert int(whole.max()) < 400


def test_places_that_are_alike_find_many_places_and_others_their_own():
    random = torch.Generator().manual_seed(5)
    keys = torch.randn(300, 12, generator=random)
    alike = keys[7].expand(20 * 15, 12)
    assert len(nearest(alike, keys, 1.0).unique()) == 1
    told_apart = stirred(alike, (20, 15), keys, 1.0)
    assert len(nearest(told_apart, keys, 1.0).unique()) > 10
    assert float((told_apart - alike).mean(0).abs().max()) < 0.1
    assert torch.equal(told_apart, stirred(alike, (20, 15), keys, 1.0))
    varied = torch.randn(20 * 15, 12, generator=random)
    assert torch.equal(stirred(varied, (20, 15), keys, 1.0), varied)
