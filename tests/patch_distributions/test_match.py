"""Matching patch distributions: the sizes, the directions and the margin, each by itself."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from impasto.errors import InputError
from impasto.losses import sorted_responses
from impasto.losses.sliced_patches import Projections, fewer_values
from impasto.patch_distributions.directions import Directions, inverse_deviation
from impasto.patch_distributions.features import relative_heights
from impasto.patch_distributions.levels import PatchDistributionConfig, patch_levels, picture_size, prepared
from impasto.patch_distributions.match import enlarge
from impasto.patch_distributions.projections import ProjectionSets, Source
from impasto.samples.drawings import drawing

sides = st.integers(7, 300)


@settings(deadline=None)
@given(sides, sides, sides, sides, st.floats(0.3, 0.95), st.integers(4, 400))
def test_sizes_grow_evenly_from_the_coarsest_to_the_last(width, height, own_width, own_height, ratio, coarsest):
    config = PatchDistributionConfig(ratio=ratio, steps=7)
    levels = patch_levels(config, [(own_width, own_height)], (width, height), coarsest)
    assert levels[-1].size == (width, height)
    assert levels[-1].factor == pytest.approx(1)
    assert [level.first for level in levels] == [7 * index for index in range(len(levels))]
    shortest = min(own_width, own_height)
    smallest = shortest * levels[0].factor
    assert smallest == pytest.approx(min(shortest, max(coarsest, 7))) or smallest == shortest  # no step in between
    steps = [after.factor / before.factor for before, after in zip(levels, levels[1:])]
    assert steps == pytest.approx([steps[0]] * len(steps)) if steps else len(levels) == 1
    assert all(min(level.size) >= 7 for level in levels)


def test_sizes_less_than_a_patch_are_refused():
    config = PatchDistributionConfig(size="6x40")
    with pytest.raises(InputError, match="size: 6x40 pixels are less than a patch of 7"):
        picture_size(config, (50, 50), [(50, 50)])
    with pytest.raises(InputError, match="exemplar: 50x6 pixels"):
        picture_size(PatchDistributionConfig(), (50, 50), [(50, 50), (50, 6)])


def test_large_exemplars_are_reduced():
    config = PatchDistributionConfig(exemplar_size=32)
    shapes = [tuple(each.shape) for each in prepared(config, [torch.rand(3, 40, 64), torch.rand(3, 20, 30)])]
    assert shapes == [(3, 20, 32), (3, 20, 30)]


def test_whitened_patches_vary_alike_in_every_direction():
    picture = drawing("leaves", 96)[None]
    patches = torch.nn.functional.unfold(picture, 3)[0].double()
    white = inverse_deviation([picture], 3) @ (patches - patches.mean(1, keepdim=True))
    deviations = torch.linalg.eigvalsh(torch.cov(white)).sqrt()
    assert float(deviations.max()) < 1.01
    assert float(deviations.median()) > 0.5  # less than 1 only where there is less than 8 bits can say


@pytest.mark.parametrize("fine", [0.0, 0.5, 1.0])
def test_directions_are_of_length_one_and_the_fine_ones_see_less(fine):
    picture = drawing("pebbles", 64)[None]
    kernels = Directions([picture], 5, 40, fine=fine).draw(torch.Generator().manual_seed(1))
    torch.testing.assert_close(kernels.flatten(1).norm(dim=1), torch.ones(40))
    seen = torch.nn.functional.conv2d(picture, kernels)[0].flatten(1).std(dim=1)
    if fine == 0.5:
        assert float(seen[:20].max()) < float(seen[20:].median())


def test_a_hand_comes_back_and_fresh_ones_do_not():
    pictures = [Source(drawing("mosaic", 32)[None])]
    held = ProjectionSets(PatchDistributionConfig(projection_sets=3, projections=4), pictures, seed=1)
    assert held.at(4) is held.at(1)
    fresh = ProjectionSets(PatchDistributionConfig(projection_sets=0, projections=4), pictures, seed=1)
    again = ProjectionSets(PatchDistributionConfig(projection_sets=0, projections=4), pictures, seed=1)
    assert torch.equal(fresh.at(4).kernels, again.at(4).kernels)
    assert not torch.equal(fresh.at(4).kernels, fresh.at(1).kernels)


def test_a_set_of_two_exemplars_is_that_of_all_their_patches():
    first, second = drawing("mosaic", 32)[None], drawing("weave", 40)[None]
    drawn = ProjectionSets(PatchDistributionConfig(projections=4), [Source(first), Source(second)], seed=1).at(0)
    rows = [sorted_responses(picture, Projections(drawn.kernels), exact=True) for picture in (first, second)]
    together = torch.cat(rows, dim=1).sort(dim=1).values.double().cumsum(1)
    torch.testing.assert_close(drawn.integral[:, 1:], together, rtol=1e-3, atol=0.05)


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 60), st.integers(1, 60))
def test_fewer_values_are_the_means_of_equal_shares(total, count):
    row = torch.randn(1, total).sort().values
    found = fewer_values(row, count)
    if count >= total:
        assert torch.equal(found, row)
    else:
        expected = np.repeat(row[0].double().numpy(), count).reshape(count, total).mean(axis=1)
        np.testing.assert_allclose(found[0], expected, atol=1e-5)


def test_heights_go_from_the_first_patch_to_the_last():
    places = relative_heights(16, 9, 7, margin=3)
    assert places.shape == (10, 3)
    assert places[:, 0].tolist() == pytest.approx([0, 0, 0, 0, 1 / 3, 2 / 3, 1, 1, 1, 1])
    assert relative_heights(7, 7, 7).tolist() == [[0.0]]


@settings(deadline=None, max_examples=40)
@given(sides, sides, sides, sides)
def test_a_picture_and_its_margin_are_enlarged_alike(width, height, new_width, new_height):
    new = max(width, new_width), max(height, new_height)
    x = torch.linspace(-3 / width, 1 + 3 / width, width + 6).expand(1, 3, height + 6, width + 6) * 0.4 + 0.3
    larger = enlarge(x, (width, height), new, margin=3, tile=False)
    assert larger.shape == (1, 3, new[1] + 6, new[0] + 6)
    assert float(larger[0, 0, 0, 3 + new[0] // 2]) == pytest.approx(0.5, abs=0.05)  # the middle stays in the middle
