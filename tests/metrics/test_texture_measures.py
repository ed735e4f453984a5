"""Measures of textures, each against a library, a loop, or what it must be by its definition."""

from __future__ import annotations

import numpy as np
import ot
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from impasto.errors import InputError
from impasto.images import luminance
from impasto.losses import draw_projections
from impasto.metrics import (
    autocorrelation,
    autocorrelation_distance,
    color_histogram_distance,
    nearest_patch_distances,
    pixel_diversity,
    seam_error,
    sliced_patch_wasserstein,
)
from impasto.metrics.patch_distances import SEED
from impasto.randomness import generator
from impasto.samples.drawings import drawing


def noise(height: int, width: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(3, height, width, generator=torch.Generator().manual_seed(seed))


sides = st.integers(8, 24)


@settings(deadline=None, max_examples=20)
@given(sides, sides, sides, sides)
def test_color_distance_is_pots(height, width, other_height, other_width):
    ours, theirs = noise(height, width), noise(other_height, other_width, 1) ** 2
    rows = [picture.flatten(1).T.double().numpy() for picture in (ours, theirs)]
    expected = ot.wasserstein_1d(*rows, p=1).mean()
    assert color_histogram_distance(ours, theirs) == pytest.approx(expected, abs=1e-6)


def test_patch_distance_is_pots_sliced_one():
    ours, theirs = noise(20, 18), noise(16, 25, 1) ** 2
    directions = draw_projections(generator(SEED), 128, 5).kernels.flatten(1)
    patches = [torch.nn.functional.unfold(x[None], 5)[0].T.double().numpy() for x in (ours, theirs)]
    expected = ot.sliced_wasserstein_distance(*patches, projections=directions.T.double().numpy())
    assert sliced_patch_wasserstein(ours, theirs, patch=5, scales=1)[0] == pytest.approx(expected, rel=1e-4)


def test_patch_distance_is_zero_for_the_same_picture_and_has_a_value_a_scale():
    picture = drawing("leaves", 64)
    assert sliced_patch_wasserstein(picture, picture, scales=9) == pytest.approx([0, 0, 0], abs=1e-4)
    darker = sliced_patch_wasserstein(picture, picture * 0.9)
    assert all(value > 0.01 for value in darker)


def test_coherence_and_completeness_are_those_of_all_pairs():
    ours, theirs = noise(9, 12), noise(11, 8, 1)
    first, second = (torch.nn.functional.unfold(x[None], 4)[0].T.double() for x in (ours, theirs))
    squares = torch.cdist(first, second) ** 2 / 48
    expected = tuple(float(squares.amin(dim).mean().sqrt()) for dim in (1, 0))
    assert nearest_patch_distances(ours, theirs, patch=4) == pytest.approx(expected, rel=1e-4)


def test_a_part_is_coherent_and_not_complete():
    whole = drawing("pebbles", 64)
    coherence, completeness = nearest_patch_distances(whole[:, :30, :30], whole)
    assert coherence < 1e-3
    assert completeness > 0.02
    less = nearest_patch_distances(whole[:, :30, :30], whole, compared=1 << 18)  # every few patches only
    assert less == pytest.approx((coherence, completeness), abs=0.01)


@settings(deadline=None, max_examples=15)
@given(sides, sides, st.integers(0, 5))
def test_autocorrelation_is_numpys_correlation_of_the_overlap(height, width, lag):
    picture = noise(height, width)
    values = luminance(picture)[0].double().numpy()
    found = autocorrelation(picture, lag)
    assert found.shape == (2 * lag + 1, lag + 1)
    for down in range(-lag, lag + 1):
        for right in range(lag + 1):
            here = values[max(0, -down) : height - max(0, down), : width - right]
            there = values[max(0, down) : height + min(0, down), right:]
            expected = np.corrcoef(here.ravel(), there.ravel())[0, 1]
            assert float(found[lag + down, right]) == pytest.approx(expected, abs=1e-6)


def test_stripes_of_another_direction_are_far_off_and_shifted_ones_are_not():
    waves = 0.5 + 0.4 * torch.sin(torch.arange(64) * 0.8).expand(3, 64, 64)
    assert autocorrelation_distance(waves, waves.roll(3, -1)) < 0.02
    assert autocorrelation_distance(waves, waves.transpose(1, 2)) > 0.4
    assert autocorrelation_distance(torch.zeros(3, 20, 20), torch.ones(3, 30, 30)) == 0


def test_a_tile_has_no_seam_and_a_crop_of_it_has():
    x = torch.arange(48) * (2 * torch.pi / 48)
    tile = (0.5 + 0.4 * torch.sin(x)[None, :] * torch.cos(x)[:, None]).expand(3, 48, 48)
    assert seam_error(tile) == pytest.approx(1, abs=0.1)
    assert seam_error(tile[:, :30]) > 3
    assert seam_error(torch.full((3, 5, 5), 0.5)) == 1
    assert seam_error(torch.rand(3, 1, 1)) == 1


@settings(deadline=None, max_examples=15)
@given(sides, sides, st.integers(2, 5))
def test_diversity_is_numpys_deviation_over_the_set(height, width, count):
    pictures = [noise(height, width, seed) for seed in range(count)]
    exemplar = noise(12, 12, 99)
    grey = np.stack([luminance(picture)[0].double().numpy() for picture in pictures])
    expected = grey.std(axis=0, ddof=1).mean() / luminance(exemplar).double().numpy().std(ddof=1)
    assert pixel_diversity(pictures, exemplar) == pytest.approx(expected, rel=1e-6)


def test_copies_have_no_diversity_and_one_picture_has_no_measure():
    picture = noise(9, 9)
    assert pixel_diversity([picture, picture], picture) == 0
    with pytest.raises(InputError, match="at least two"):
        pixel_diversity([picture], picture)
    with pytest.raises(InputError, match="one size, got 8x9, 9x9"):
        pixel_diversity([picture, picture[:, :, 1:]], picture)


def test_pictures_smaller_than_a_patch_are_refused():
    with pytest.raises(InputError, match="output of 6x9 pixels is smaller than a patch of 7"):
        sliced_patch_wasserstein(noise(9, 6), noise(9, 9))
    with pytest.raises(InputError, match="exemplar of 6x9"):
        sliced_patch_wasserstein(noise(9, 9), noise(9, 6))
