"""What patches are beside their pixels, which of them are looked at, and what stays of a picture."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from impasto.losses import Projections, patch_responses
from impasto.patch_distributions.features import patch_features
from impasto.patch_distributions.filling import ALIKE, alike
from impasto.patch_distributions.levels import PatchDistributionConfig, patch_levels
from impasto.patch_distributions.plan import PatchPlan, stage
from impasto.patch_distributions.projections import Source
from impasto.samples.drawings import drawing


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 5), st.integers(0, 5), st.integers(1, 7), st.integers(1, 4))
def test_features_are_the_means_of_parts_of_each_patch(more_rows, more_columns, patch, cells):
    maps = torch.rand(2, patch + more_rows, patch + more_columns)
    cells = min(cells, patch)
    found = patch_features(maps, patch, cells)
    assert found.shape == (2 * cells**2, more_rows + 1, more_columns + 1)
    side = -(-patch // cells)
    last = maps[:, more_rows + patch - side : more_rows + patch, more_columns + patch - side : more_columns + patch]
    if cells > 1:
        torch.testing.assert_close(found[-2:, -1, -1], last.mean((1, 2)) / cells)
    first = maps[:, :side, :side]
    torch.testing.assert_close(found[:2, 0, 0], first.mean((1, 2)) / cells)


def test_a_constant_apart_is_as_far_apart_along_any_number_of_parts():
    low, high = torch.zeros(1, 9, 9), torch.full((1, 9, 9), 0.5)
    for cells in (1, 2, 3):
        apart = (patch_features(high, 7, cells) - patch_features(low, 7, cells))[:, 0, 0].norm()
        assert float(apart) == pytest.approx(0.5)


def test_those_that_are_alike_are_the_nearest_that_count():
    random = torch.Generator().manual_seed(0)
    ours, theirs = torch.rand(2, 6, 5, generator=random), [torch.rand(2, 9, 8, generator=random) for _ in range(2)]
    among = torch.zeros(6, 5, dtype=torch.bool)
    among[2:4, 1:3] = True
    valid = [torch.rand(9, 8, generator=random) > 0.3 for _ in range(2)]
    found = alike(ours, theirs, among, valid, seed=1)
    expected = [[], []]
    for query in ours[:, among].T:
        every = [
            (float((each[:, row, column] - query).norm()), number, row * 8 + column)
            for number, (each, counts) in enumerate(zip(theirs, valid))
            for row, column in counts.nonzero().tolist()
        ]
        for _, number, place in sorted(every)[:ALIKE]:
            expected[number].append(place)
    assert [sorted(each.tolist()) for each in found] == [sorted(each) for each in expected]


def test_chosen_patches_measure_what_they_measure_among_all():
    picture, features = torch.rand(1, 3, 12, 14), torch.rand(2, 8, 10)
    kernels, weights = torch.randn(4, 3, 5, 5), torch.randn(4, 2)
    every = Source(picture, features).responses(kernels, weights)
    plain = patch_responses(picture, Projections(kernels)) + weights @ features.flatten(1)
    torch.testing.assert_close(every, plain)
    chosen = torch.tensor([0, 7, 7, 41, 79])
    found = Source(picture, features).chosen(chosen, 5).responses(kernels, weights)
    torch.testing.assert_close(found, every[:, chosen], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("tile", [False, True])
def test_only_patches_that_touch_the_hole_are_matched_and_only_whole_ones_outside_it_count(tile):
    config = PatchDistributionConfig(tile=tile, patch=5)
    picture = drawing("pebbles", 32)
    hole = torch.zeros(32, 32, dtype=torch.bool)
    hole[10:14, 20:27] = True
    levels = patch_levels(config, [(32, 32)], (32, 32), 32)
    plan = PatchPlan([picture], levels, lambda _, size: picture[None], hole=hole, around=picture, known=[~hole])
    now = stage(plan, levels[-1], levels[-1], config, 0 if tile else 2)
    assert now.filling is not None
    begun = torch.nn.functional.pad(picture[None], (0 if tile else 2,) * 4, mode="reflect")
    sources, features = now.filling.matched(begun, now.sources, now.features)
    assert features is None
    margin, side = (0, 32) if tile else (2, 32)
    wide = torch.nn.functional.pad(hole[None].float(), (0, 4, 0, 4), mode="circular")[0] > 0 if tile else now.hole
    for row, column in [
        (0, 0),
        (6 + margin, 16 + margin),
        (13 + margin, 26 + margin),
        (14 + margin, 20),
        (side - 5, 5),
    ]:
        assert bool(now.filling.among[row, column]) == bool(wide[row : row + 5, column : column + 5].any())
    touching = torch.nn.functional.max_pool2d(hole[None].float(), 5, 1).flatten() > 0
    known = {tuple(each) for each in torch.nn.functional.unfold(picture[None], 5)[0][:, ~touching].T.tolist()}
    assert {tuple(each) for each in sources[0].patches.T.tolist()} <= known
    changed = now.settled(torch.rand(1, 3, *now.hole.shape)) != now.around
    assert not bool((changed & ~now.hole).any())


def test_a_layout_fades_from_size_to_size():
    config = PatchDistributionConfig(patch=5)
    picture = drawing("pebbles", 64)
    levels = patch_levels(config, [(64, 64)], (64, 64), 12)
    plan = PatchPlan([picture], levels, lambda _, size: picture[None], layout=2.0)
    heights = [stage(plan, level, level, config, 2).features for level in levels]
    assert [float(each.max()) for each in heights[:4]] == [2.0, 1.0, 0.5, 0.25]
    assert heights[4] is None


def test_the_guide_of_a_tile_goes_on_over_its_edges():
    """Moved over the edges, it says the same of the moved patches."""
    config = PatchDistributionConfig(tile=True, patch=5)
    picture = drawing("pebbles", 32)
    guide = torch.rand(3, 32, 32, generator=torch.Generator().manual_seed(0))
    levels = patch_levels(config, [(32, 32)], (32, 32), 16)
    assert levels[0].size == (16, 16)

    def features(down: int, across: int) -> torch.Tensor:
        moved = guide.roll((down, across), (1, 2))
        plan = PatchPlan(
            [picture], levels, lambda _, size: picture[None], guide=moved, exemplar_guides=[guide], matched_guides=True
        )
        return stage(plan, levels[0], levels[0], config, 0).features

    torch.testing.assert_close(features(6, 10), features(0, 0).roll((3, 5), (1, 2)))
