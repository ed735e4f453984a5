"""Distributions of features: optimal transport on a line by POT and SciPy, gradients, masks, tags."""

from __future__ import annotations

import numpy as np
import ot
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata, wasserstein_distance

from impasto.losses import (
    draw_directions,
    fuse_quantile_distance,
    histogram_loss,
    match_histograms,
    mean_quantiles,
    quantiles,
    sliced_feature_loss,
)
from impasto.losses.ranks import above_ranks


def features(height: int, width: int, seed: int, channels: int = 5) -> torch.Tensor:
    """(1, C, H, W), float32, each channel distributed in its own way."""
    random = torch.Generator().manual_seed(seed)
    drawn = torch.randn(1, channels, height, width, generator=random)
    return drawn * torch.arange(1, channels + 1)[:, None, None] + 0.3 * drawn**2


def rows(found: torch.Tensor) -> np.ndarray:
    return found[0].flatten(1).double().numpy()


def variance(found: torch.Tensor) -> float:
    return float(rows(found).var(1).mean())


@settings(deadline=None, max_examples=25)
@given(sides=st.tuples(*[st.integers(1, 12)] * 4), seed=st.integers(0, 99), bins=st.sampled_from([0, 4096]))
def test_the_histogram_loss_is_optimal_transport_in_each_channel(sides, seed, bins):
    """POT's squared 2-Wasserstein distance, a channel at a time, between pictures of any two sizes."""
    ours, theirs = features(*sides[:2], seed), features(*sides[2:], seed + 1)
    both_large = sides[2] * sides[3] > 1
    target = quantiles(theirs, knots=0)
    expected = np.mean([ot.wasserstein_1d(a, b, p=2) for a, b in zip(rows(ours), rows(theirs), strict=True)])
    expected_share = float(expected) / max(variance(theirs), 1e-12)
    found = float(histogram_loss(ours, target, bins=bins))
    equal = sides[0] * sides[1] == sides[2] * sides[3]
    if equal:
        assert found == pytest.approx(expected_share, rel=2e-2 if both_large else 1e-3)
    else:  # a value that is split among several is moved to their mean: less than all the work
        assert found <= expected_share * 1.02 + 1e-6


def test_the_sliced_loss_is_the_mean_of_pots_distances_along_the_directions():
    ours, theirs = features(20, 30, 1), features(30, 20, 2)
    directions = draw_directions(torch.Generator().manual_seed(0), 12, 5)
    expected = np.mean([
        ot.wasserstein_1d(direction @ rows(ours), direction @ rows(theirs), p=2)
        for direction in directions.double().numpy()
    ])  # fmt: skip
    target = quantiles(theirs, directions, knots=0)
    found = float(sliced_feature_loss(ours, target, directions))
    assert found == pytest.approx(float(expected) / variance(theirs), rel=1e-2)


def test_over_many_directions_it_is_pots_sliced_distance():
    ours, theirs = features(16, 16, 1), features(16, 16, 2) + 2.0
    directions = draw_directions(torch.Generator().manual_seed(0), 500, 5)
    found = float(sliced_feature_loss(ours, quantiles(theirs, directions, knots=0), directions)) * variance(theirs)
    expected = ot.sliced_wasserstein_distance(rows(ours).T, rows(theirs).T, n_projections=2000, p=2, seed=3) ** 2
    assert found == pytest.approx(float(expected), rel=0.05)


@pytest.mark.parametrize("bins", [0, 256])
def test_matched_histograms_are_the_targets(bins):
    """Each channel gets the exemplar's values, in the order of its own: exactly by sorting, to a bin by counting."""
    ours, theirs = features(24, 18, 3), features(36, 12, 4)
    matched = match_histograms(ours, quantiles(theirs, knots=0), bins=bins)
    for before, after, goal in zip(rows(ours), rows(matched), rows(theirs), strict=True):
        if not bins:
            np.testing.assert_allclose(np.sort(after), np.sort(goal), rtol=1e-5, atol=1e-5)
            np.testing.assert_array_equal(rankdata(after), rankdata(before))
        assert wasserstein_distance(after, goal) < 0.01 * goal.std()
    assert float(histogram_loss(matched, quantiles(theirs, knots=0), bins=0)) < 1e-3


def test_one_bin_gives_every_value_the_mean_and_two_the_means_of_halves():
    ours, theirs = torch.tensor([[[[0.0, 0.1, 0.9, 1.0]]]]), torch.tensor([[[[5.0, 1.0, 7.0, 3.0]]]])
    target = quantiles(theirs, knots=0)
    assert match_histograms(ours, target, bins=1).flatten().tolist() == [4, 4, 4, 4]
    assert match_histograms(ours, target, bins=2).flatten().tolist() == [2, 2, 6, 6]


@pytest.mark.parametrize("directions", [None, draw_directions(torch.Generator().manual_seed(1), 7, 5)])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("masked", [False, True])
def test_gradients_equal_automatic_differentiation_through_a_sort(directions, stride, masked):
    ours, theirs = features(9, 8, 5), features(11, 7, 6)
    mask = torch.rand(1, 1, 9, 8, generator=torch.Generator().manual_seed(2)) if masked else None
    target = quantiles(theirs, directions)
    offset = (1, 0) if stride == 2 else (0, 0)
    leaf = ours.clone().requires_grad_()
    later = torch.randn(ours.shape, generator=torch.Generator().manual_seed(3))
    same, distance = fuse_quantile_distance(leaf, target, directions, bins=0, stride=stride, offset=offset, mask=mask)
    assert torch.equal(same, leaf)
    (distance + (same * later).sum()).backward()

    other = ours.clone().requires_grad_()
    places = other[0, :, offset[0] :: stride, offset[1] :: stride].flatten(1)
    measured = places if directions is None else directions @ places
    weights = torch.ones(places.shape[1])
    if mask is not None:
        weights = mask[0, 0, offset[0] :: stride, offset[1] :: stride].flatten()
    shares = weights / weights.sum()
    expected = torch.zeros(())
    for values, goal in zip(measured, target.values(), strict=True):
        order = values.detach().argsort()
        ends = torch.cat([torch.zeros(1), shares[order].cumsum(0)]).double().numpy()
        integral = np.interp(ends * len(goal), np.arange(len(goal) + 1), np.append(0, np.cumsum(goal.numpy())))
        moved = torch.from_numpy(np.diff(integral) / np.diff(ends) / len(goal)).float()
        expected = expected + (shares[order] * (values[order] - moved).square()).sum() / len(measured)
    expected = expected / target.variance
    (expected + (other * later).sum()).backward()
    assert float(distance.detach()) == pytest.approx(float(expected.detach()), rel=1e-4)
    torch.testing.assert_close(leaf.grad, other.grad, rtol=1e-3, atol=1e-4)


def test_counting_finds_nearly_the_gradient_of_sorting():
    ours, target = features(40, 40, 1), quantiles(features(40, 40, 2) * 2)
    gradients = []
    for bins in (0, 4096, 256):
        leaf = ours.clone().requires_grad_()
        fuse_quantile_distance(leaf, target, bins=bins)[1].backward()
        gradients.append(leaf.grad.flatten())
    for gradient in gradients[1:]:
        assert float(torch.nn.functional.cosine_similarity(gradient, gradients[0], dim=0)) > 0.999


@pytest.mark.parametrize("directions", [None, draw_directions(torch.Generator().manual_seed(1), 6, 5)])
def test_a_hard_mask_is_the_part_of_the_picture_alone(directions):
    """Exactly: what is outside has no influence, and gets no gradient."""
    ours, theirs = features(12, 10, 1), features(14, 16, 2)
    inside, goal_inside = torch.zeros(1, 1, 12, 10), torch.zeros(1, 1, 14, 16)
    inside[..., 3:9, 2:7], goal_inside[..., :5, 4:] = 1, 1
    part, goal_part = ours[..., 3:9, 2:7], theirs[..., :5, 4:]
    expected = fuse_quantile_distance(part, quantiles(goal_part, directions), directions)[1]
    target = quantiles(theirs, directions, mask=goal_inside)
    leaf = ours.clone().requires_grad_()
    found = fuse_quantile_distance(leaf, target, directions, mask=inside)[1]
    assert float(found.detach()) == pytest.approx(float(expected), rel=5e-3)
    found.backward()
    assert torch.equal(leaf.grad != 0, (leaf.grad != 0) & (inside > 0))
    changed = torch.where(inside > 0, ours, ours + 100)
    sorted_ = [fuse_quantile_distance(it, target, directions, bins=0, mask=inside)[1] for it in (ours, changed)]
    assert float(sorted_[0]) == pytest.approx(float(sorted_[1]), rel=1e-5)


def test_a_mask_of_ones_changes_nothing_and_one_of_zeros_asks_for_nothing():
    ours, theirs = features(12, 10, 1), features(14, 16, 2)
    target, masked = quantiles(theirs), quantiles(theirs, mask=torch.ones(1, 1, 14, 16))
    assert torch.allclose(target.integral, masked.integral, atol=1e-4)
    plain = float(histogram_loss(ours, target, bins=4096))
    assert float(histogram_loss(ours, target, bins=4096, mask=torch.full((1, 1, 12, 10), 0.5))) == pytest.approx(plain)
    leaf = ours.clone().requires_grad_()
    nothing = histogram_loss(leaf, target, mask=torch.zeros(1, 1, 12, 10))
    nothing.backward()
    assert float(nothing.detach()) == 0
    assert not leaf.grad.any()


def test_whole_numbers_of_a_mask_are_repetitions():
    theirs = features(6, 6, 2)
    counts = torch.randint(1, 4, (1, 1, 6, 6), generator=torch.Generator().manual_seed(1))
    repeated = theirs.flatten(2).repeat_interleave(counts.flatten(), dim=2)[:, :, None]
    weighed, plain = quantiles(theirs, mask=counts.float(), knots=30), quantiles(repeated, knots=30)
    torch.testing.assert_close(weighed.integral, plain.integral, rtol=1e-4, atol=1e-3)
    assert float(weighed.variance) == pytest.approx(float(plain.variance), rel=1e-4)


def test_tags_that_are_far_apart_compare_each_region_with_its_own():
    """The trick of Heitz et al.: one sort over both regions is POT's plan in each region alone."""
    ours, theirs = features(10, 12, 1), features(10, 12, 2)
    theirs[..., 6:] += 3.0
    tags = torch.zeros(1, 1, 10, 12)
    tags[..., 6:] = 1000.0
    directions = draw_directions(torch.Generator().manual_seed(0), 8, 5)
    found = sliced_feature_loss(ours, quantiles(theirs, directions, tags=tags, knots=0), directions, tags=tags)
    found_exactly = fuse_quantile_distance(
        ours, quantiles(theirs, directions, tags=tags, knots=0), directions, bins=0, tags=tags
    )[1]
    expected = 0.0
    for columns in (slice(0, 6), slice(6, 12)):
        a, b = rows(ours[..., columns]), rows(theirs[..., columns])
        expected += np.mean([ot.wasserstein_1d(d @ a, d @ b, p=2) for d in directions.double().numpy()]) / 2
    expected /= variance(theirs)
    assert float(found_exactly) == pytest.approx(float(expected), rel=1e-3)
    assert float(found) == pytest.approx(float(expected), rel=0.1)
    apart = sliced_feature_loss(ours, quantiles(theirs, directions, knots=0), directions)
    assert float(apart) < 0.8 * float(expected)


def test_between_two_distributions_is_their_barycentre():
    """Along a line it is the distribution whose quantiles are the means (Rabin et al. 2011); of points, the middle."""
    low, high = torch.zeros(1, 2, 4, 4), torch.full((1, 2, 4, 4), 8.0)
    middle = mean_quantiles([(quantiles(low), 0.25), (quantiles(high), 0.75)])
    assert torch.allclose(middle.values(), torch.full((), 6.0, dtype=torch.float64))
    one, other = features(9, 9, 1), features(12, 5, 2)
    between = mean_quantiles([(quantiles(one), 0.5), (quantiles(other), 0.5)])
    assert torch.allclose(between.values(), (quantiles(one).values() + quantiles(other).values()) / 2)


@pytest.mark.parametrize("count", [3, 6, 20])
def test_directions_have_unit_length_and_are_at_right_angles_as_far_as_there_is_room(count):
    drawn = draw_directions(torch.Generator().manual_seed(4), count, 6)
    assert drawn.shape == (count, 6)
    torch.testing.assert_close(drawn.norm(dim=1), torch.ones(count))
    for first in range(0, count, 6):
        block = drawn[first : first + 6]
        torch.testing.assert_close(block @ block.T, torch.eye(len(block)), rtol=0, atol=1e-6)


@pytest.mark.parametrize("weighed", [False, True])
def test_the_compiled_ranks_are_those_of_torch(weighed):
    values = torch.randn(3, 500, generator=torch.Generator().manual_seed(1))
    weights = torch.rand(500, generator=torch.Generator().manual_seed(2)) if weighed else None
    target = quantiles(features(20, 20, 3, channels=3))
    compiled = above_ranks(values.clone(), target.integral, bins=64, weights=weights)
    exact = above_ranks(values.clone(), target.integral, bins=0, weights=weights)
    finest = above_ranks(values.clone(), target.integral, bins=65536, weights=weights)
    assert float((finest - exact).abs().mean()) < 0.01
    assert float((compiled - exact).abs().mean()) < 0.3
    from impasto.losses.sliced_patches import transport

    moved = transport(values, target.integral, integral=target.integral, bins=64, weights=weights)
    torch.testing.assert_close(compiled, values - moved, rtol=1e-3, atol=1e-3)
