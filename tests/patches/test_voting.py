"""Where patches are, and what they vote for: against naive loops."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from impasto.errors import InputError
from impasto.patches import patch_positions, valid_patches, vote
from plain_patches import extract_patches

shapes = st.tuples(st.integers(5, 14), st.integers(5, 14), st.integers(1, 5), st.integers(1, 4), st.booleans())


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 30), st.integers(1, 8), st.integers(1, 9))
def test_positions_cover_every_pixel_and_stay_inside(length, patch, stride):
    if length < patch:
        with pytest.raises(InputError, match="shorter than a patch"):
            patch_positions(length, patch, stride)
        return
    positions = patch_positions(length, patch, stride).tolist()
    assert positions == sorted(set(positions))
    assert positions[0] == 0
    assert positions[-1] == length - patch
    if stride <= patch:
        assert {p + i for p in positions for i in range(patch)} == set(range(length))


@settings(deadline=None, max_examples=30)
@given(shapes)
def test_patches_are_what_slices_of_the_picture_are(shape):
    height, width, patch, stride, wrap = shape
    image = torch.rand(2, height, width)
    patches = extract_patches(image, patch, stride=stride, wrap=wrap)
    rows, columns = (patch_positions(side, patch, stride, wrap=wrap) for side in (height, width))
    assert patches.shape == (len(rows), len(columns), 2, patch, patch)
    for i, row in enumerate(rows.tolist()):
        for j, column in enumerate(columns.tolist()):
            turned = image.roll((-row, -column), dims=(1, 2))[:, :patch, :patch]
            assert torch.equal(patches[i, j], turned)


def naive_vote(field, values, size, patch, positions, weights, wrap):
    total, weight = torch.zeros(len(values), *size), torch.zeros(size)
    for i, row in enumerate(positions[0].tolist()):
        for j, column in enumerate(positions[1].tolist()):
            y, x = field[i, j].tolist()
            for dy in range(patch):
                for dx in range(patch):
                    at = ((row + dy) % size[0], (column + dx) % size[1]) if wrap else (row + dy, column + dx)
                    total[:, at[0], at[1]] += weights[i, j] * values[:, y + dy, x + dx]
                    weight[at] += weights[i, j]
    return torch.where(weight > 0, total / weight.clamp_min(1e-9), 0)


@settings(deadline=None, max_examples=15)
@given(shapes, st.integers(0, 1000))
def test_votes_are_the_weighted_means_of_a_naive_loop(shape, seed):
    height, width, patch, stride, wrap = shape
    random = torch.Generator().manual_seed(seed)
    values = torch.rand(3, patch + 6, patch + 3, generator=random)
    positions = [patch_positions(side, patch, stride, wrap=wrap) for side in (height, width)]
    grid = tuple(map(len, positions))
    field = torch.stack([torch.randint(n, grid, generator=random) for n in (7, 4)], dim=-1).int()
    weights = torch.rand(grid, generator=random)
    voted = vote(field, values, (height, width), patch, stride=stride, wrap=wrap, weights=weights)
    assert torch.allclose(voted, naive_vote(field, values, (height, width), patch, positions, weights, wrap), atol=1e-5)


def test_pixels_without_a_vote_stay_as_they_were():
    field = torch.zeros(4, 4, 2, dtype=torch.int32)
    weights = torch.zeros(4, 4)
    weights[0, 0] = 1
    before = torch.full((3, 6, 6), 0.25)
    voted = vote(field, torch.ones(3, 3, 3), (6, 6), 3, weights=weights, into=before)
    assert float(voted[:, :3, :3].min()) == 1
    assert float(voted[:, 3:].max()) == 0.25
    assert float(before.max()) == 0.25


def test_votes_from_beyond_the_values_are_refused():
    field, values = torch.zeros(3, 4, 2).int(), torch.rand(3, 5, 5)
    for bad, words in (
        (field[:2], "does not fit 3x4 patches"),
        (field - 1, "points to patches -1 to -1, but there are 3x3, counted from 0"),
        (field + 3, "points to patches 3 to 3"),
    ):
        with pytest.raises(InputError, match=words):
            vote(bad, values, (5, 6), 3)
    with pytest.raises(InputError, match="weights of"):
        vote(field, values, (5, 6), 3, weights=torch.ones(3, 3))


def test_valid_patches_have_no_pixel_outside_the_mask():
    mask = torch.rand(12, 9, generator=torch.Generator().manual_seed(3)) > 0.1
    expected = extract_patches(mask[None].float(), 3).flatten(2).min(dim=2).values == 1
    assert torch.equal(valid_patches(mask, 3), expected)
