"""Where blocks go, which fit, and where they are cut: against all paths, and against loops."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from impasto.errors import InputError
from impasto.patches.block_search import BlockSearch
from impasto.patches.quilting import Sides, block_positions, boundary_cut, cut_mask, pick, side_mask, sides_there


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def costs_of_all_paths(errors: np.ndarray) -> dict[tuple[int, ...], float]:
    rows, columns = errors.shape
    paths = itertools.product(range(columns), repeat=rows)
    return {
        path: float(sum(errors[i, j] for i, j in enumerate(path)))
        for path in paths
        if all(abs(a - b) <= 1 for a, b in itertools.pairwise(path))
    }


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 6), st.integers(1, 4), st.integers(0, 2**31))
def test_no_path_is_cheaper_than_the_cut(rows, columns, seed):
    errors = torch.rand(rows, columns, generator=seeded(seed))
    path = tuple(boundary_cut(errors).tolist())
    costs = costs_of_all_paths(errors.double().numpy())
    assert path in costs
    assert costs[path] == pytest.approx(min(costs.values()))


def test_a_cut_follows_a_free_way():
    errors = torch.ones(5, 5)
    way = [1, 2, 2, 3, 4]
    errors[range(5), way] = 0
    assert boundary_cut(errors).tolist() == way


@settings(deadline=None, max_examples=60)
@given(st.integers(4, 40), st.integers(0, 300), st.integers(1, 20), st.booleans())
def test_blocks_cover_a_side_and_overlap_enough(block, more, overlap, wrap):
    overlap = min(overlap, block // 2)
    length = block + more
    positions = block_positions(length, block, overlap, wrap=wrap)
    covered = {(place + k) % length for place in positions for k in range(block)}
    assert covered == set(range(length))
    assert positions[0] == 0
    assert all(overlap <= a + block - b < block for a, b in itertools.pairwise(positions))
    if wrap:
        assert positions[-1] + block - length >= overlap
    else:
        assert positions[-1] + block == length


@pytest.mark.parametrize(
    ("length", "block", "overlap", "words"),
    [(10, 12, 3, "shorter than a block of 12"), (20, 12, 7, "half a block"), (20, 12, 0, "half a block")],
)
def test_blocks_that_cannot_be_laid_are_refused(length, block, overlap, words):
    with pytest.raises(InputError, match=words):
        block_positions(length, block, overlap)


@pytest.mark.parametrize("period", [None, (20, 26)])
def test_what_is_there_is_what_earlier_blocks_have_covered(period):
    """Lay blocks in reading order and mark pixels, as an independent account."""
    block, (height, width) = 8, (20, 26)
    rows, columns = (block_positions(side, block, 2, wrap=period is not None) for side in (height, width))
    covered = np.zeros((height, width), bool)
    within = np.arange(block)
    for i, y in enumerate(rows):
        for j, x in enumerate(columns):
            at = np.ix_((y + within) % height, (x + within) % width)
            sides = sides_there(i, j, rows, columns, block, period)
            assert np.array_equal(side_mask(sides, block).numpy(), covered[at])
            covered[at] = True
    assert covered.all()


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 4), st.integers(7, 23), st.integers(7, 23), st.integers(1, 7), st.integers(0, 2**31))
def test_the_errors_of_all_blocks_are_those_of_a_loop(channels, height, width, side, seed):
    random = seeded(seed)
    exemplar = torch.rand(channels, height, width, generator=random)
    block, weights = (torch.rand(channels, side, side, generator=random) for _ in range(2))
    found = BlockSearch.of(exemplar, side).errors(block, weights)
    assert found.shape == (height - side + 1, width - side + 1)
    for y in range(height - side + 1):
        for x in range(width - side + 1):
            there = exemplar[:, y : y + side, x : x + side]
            expected = float((weights * (block - there).square()).double().sum())
            assert float(found[y, x]) == pytest.approx(expected, abs=1e-4)


def test_a_block_of_the_exemplar_is_found_where_it_is():
    exemplar = torch.rand(3, 31, 40, generator=seeded(3))
    block = exemplar[:, 11:20, 17:26]
    errors = BlockSearch.of(exemplar, 9).errors(block, torch.ones(3, 9, 9))
    assert divmod(int(errors.argmin()), errors.shape[1]) == (11, 17)
    assert float(errors.min()) < 1e-3


def test_an_exemplar_smaller_than_a_block_is_refused():
    with pytest.raises(InputError, match="20x10 pixels is smaller than a block of 12"):
        BlockSearch.of(torch.rand(3, 10, 20), 12)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 4), st.integers(0, 4), st.integers(0, 4), st.integers(0, 4), st.integers(0, 2**31))
def test_a_cut_keeps_the_old_at_the_rim_and_the_new_in_the_middle(left, top, right, bottom, seed):
    sides, block = Sides(left, top, right, bottom), 12
    new = cut_mask(torch.rand(block, block, generator=seeded(seed)), sides)
    assert bool(new[~side_mask(sides, block)].all())  # where nothing is there, the new must be
    assert bool(new[top : block - bottom, left : block - right].all())
    inner = new[top : block - bottom]
    for row in inner:  # along a row the old is at the ends only
        places = row.nonzero()[:, 0]
        assert len(places) == int(places[-1] - places[0]) + 1


def test_a_cut_at_one_side_is_the_path_through_its_overlap():
    errors = torch.rand(9, 9, generator=seeded(5))
    path = boundary_cut(errors[:, :4].contiguous())
    new = cut_mask(errors, Sides(left=4))
    assert torch.equal(new, torch.arange(9) >= path[:, None])
    assert torch.equal(cut_mask(errors.T, Sides(top=4)), new.T)
    assert torch.equal(cut_mask(errors.flip(1), Sides(right=4)), new.flip(1))
    assert torch.equal(cut_mask(errors.T.flip(0), Sides(bottom=4)), new.T.flip(0))


def test_only_blocks_within_the_tolerance_are_picked():
    errors = torch.tensor([[5.0, 1.0, 1.05], [1.2, 9.0, torch.inf]])
    random = seeded(0)
    assert {pick(errors, 0.0, random) for _ in range(50)} == {(0, 1)}
    assert {pick(errors, 0.1, random) for _ in range(50)} == {(0, 1), (0, 2)}
    assert {pick(errors, 0.2001, random) for _ in range(80)} == {(0, 1), (0, 2), (1, 0)}
