"""The sizes of a rebuilding, exemplars side by side, and fields that go from one size to the next."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from impasto.images import resize
from impasto.patches import nearest
from impasto.patchwork.holes import coarsest_for, filled
from impasto.patchwork.levels import Plan, levels, scaled_factors, wholly
from impasto.patchwork.rebuild import enlarged_field
from impasto.patchwork.side_by_side import SideBySide


@settings(deadline=None, max_examples=50)
@given(st.integers(7, 3000), st.integers(7, 500), st.floats(1.05, 4))
def test_levels_grow_by_the_ratio_from_what_was_asked_for_to_the_whole(short, coarsest, ratio):
    factors = scaled_factors(short, coarsest, ratio)
    assert factors[-1] == 1
    assert all(abs(b / a - ratio) < 1e-6 for a, b in zip(factors, factors[1:]))
    assert factors[0] * short >= min(short, coarsest) - 1e-3
    assert factors[0] * short < max(coarsest, 7) * ratio + 1e-3 or len(factors) == 1


@settings(deadline=None, max_examples=20)
@given(st.lists(st.tuples(st.integers(7, 20), st.integers(7, 20)), min_size=1, max_size=3))
def test_no_patch_reaches_from_one_exemplar_into_the_next(sizes):
    beside = SideBySide(tuple(sizes))
    pictures = [torch.full((1, *size), float(number + 1)) for number, size in enumerate(sizes)]
    joined = beside.joined(pictures)
    assert joined.shape == (1, *beside.size)
    whole = beside.whole(5)
    if whole is None:
        assert len(sizes) == 1
        return
    assert int(whole.sum()) == sum((height - 4) * (width - 4) for height, width in sizes)
    for row, column in whole.nonzero().tolist():
        values = joined[:, row : row + 5, column : column + 5]
        assert values.min() == values.max() > 0


def test_points_go_to_the_same_place_of_the_same_exemplar():
    small, large = SideBySide(((10, 20), (8, 10))), SideBySide(((20, 40), (16, 20)))
    places = torch.tensor([[5.0, 10.0], [4.0, 25.0]])
    assert small.enlarged(places, large).tolist() == [[10, 20], [8, 50]]
    assert large.enlarged(small.enlarged(places, large), small).tolist() == places.tolist()


def test_a_field_that_moves_by_a_constant_still_does_after_enlarging():
    rows, columns = torch.meshgrid(torch.arange(14), torch.arange(14), indexing="ij")
    field = torch.stack([rows + 3, columns + 6], dim=-1).int()
    canvases = (SideBySide(((20, 20),)), SideBySide(((40, 40),)))
    keys = (SideBySide(((30, 30),)), SideBySide(((60, 60),)))
    larger = enlarged_field(field, canvases, keys, (34, 34), (54, 54), 7)
    rows, columns = torch.meshgrid(torch.arange(34), torch.arange(34), indexing="ij")
    assert int((larger - torch.stack([rows + 6, columns + 12], dim=-1)).abs().max()) <= 1
    assert int(enlarged_field(field, canvases, keys, (34, 34), (30, 30), 7).max()) == 29


def test_an_enlarged_field_is_a_good_start():
    random = torch.Generator().manual_seed(1)
    large = resize(torch.rand(3, 24, 24, generator=random), (48, 48))
    small = resize(large, (36, 36))
    field = nearest(small[:, :24], small, 5, seed=0, engine="exact").field
    start = enlarged_field(
        field,
        (SideBySide(((24, 36),)), SideBySide(((32, 48),))),
        (SideBySide(((36, 36),)), SideBySide(((48, 48),))),
        (28, 44),
        (44, 44),
        5,
    )
    warm = nearest(large[:, :32], large, 5, seed=1, rounds=1, start=start).distance.mean()
    cold = nearest(large[:, :32], large, 5, seed=1, rounds=1).distance.mean()
    assert float(warm) < float(cold) / 10


def test_soft_keys_are_as_blurred_as_what_is_enlarged_from_the_level_before():
    exemplar = torch.rand(3, 48, 60, generator=torch.Generator().manual_seed(2))
    made = list(levels(Plan([exemplar], (30, 90), coarsest=12, ratio=4 / 3, patch=7)))
    assert torch.equal(made[0].soft_keys, made[0].keys)
    for before, level in zip(made, made[1:]):
        assert torch.equal(level.soft_keys, resize(before.values, (level.values.shape[2], level.values.shape[1])))
    assert made[-1].size == (30, 90)
    assert torch.equal(made[-1].values, exemplar)


def test_a_smooth_picture_s_hole_is_filled_nearly_as_it_was():
    rows, columns = torch.meshgrid(torch.linspace(0, 1, 40), torch.linspace(0, 1, 50), indexing="ij")
    picture = torch.stack([rows, columns, (rows + columns) / 2])
    hole = torch.zeros(40, 50, dtype=torch.bool)
    hole[10:25, 20:40] = True
    whole = filled(picture * ~hole, hole)
    assert torch.equal(whole[:, ~hole], picture[:, ~hole])
    assert float((whole - picture).abs().max()) < 0.1


def test_a_deep_hole_is_begun_at_a_coarse_level_that_still_has_patches_around_it():
    hole = torch.zeros(120, 160, dtype=torch.bool)
    hole[40:90, 50:120] = True
    coarsest = coarsest_for(hole, 7, 4 / 3)
    assert coarsest < 60
    factor = scaled_factors(120, coarsest, 4 / 3)[0]
    assert bool(wholly(~hole, (round(120 * factor), round(160 * factor))).any())


@pytest.mark.parametrize(("rows", "columns"), [(14, 21), (9, 13)])
def test_the_hole_of_a_tile_goes_on_over_its_edges(rows, columns):
    """Moved over the edges with the picture, it is the same hole there, and what is known around it counts the same."""
    picture = torch.rand(3, 48, 64, generator=torch.Generator().manual_seed(0))
    hole = torch.zeros(48, 64, dtype=torch.bool)
    hole[20:31, 21:38] = True

    def coarse(down: int, across: int):
        moved, there = picture.roll((down, across), (1, 2)), hole.roll((down, across), (0, 1))
        plan = Plan(
            [moved], (48, 64), 24, 2.0, 7, exemplar_guides=[moved], guide=moved, around=moved, hole=there, wrap=True
        )
        return next(iter(levels(plan)))

    still, moved = coarse(0, 0), coarse(2 * rows, 2 * columns)  # of which it is half the size
    assert torch.equal(moved.hole, still.hole.roll((rows, columns), (0, 1)))
    assert torch.equal(moved.query_mask, still.query_mask.roll((rows, columns), (0, 1)))
    assert torch.allclose(moved.trust, still.trust.roll((rows, columns), (0, 1)))
    for name in ("guide", "around"):
        assert torch.allclose(getattr(moved, name), getattr(still, name).roll((rows, columns), (1, 2)), atol=1e-6)
