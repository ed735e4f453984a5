"""The closed form against automatic differentiation and sorting, and the compiled ranks against a library's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata

from impasto.losses import draw_projections, quantile_integral, sliced_patch_distance, sorted_responses
from impasto.losses.rank_kernels import move_to_ranks
from impasto.losses.sliced_gradient import Beside, sliced_patch_gradient


def picture(height: int, width: int, seed: int) -> torch.Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed))


@settings(deadline=None, max_examples=40)
@given(
    height=st.integers(7, 20),
    width=st.integers(7, 20),
    patch=st.integers(1, 7),
    stride=st.integers(1, 3),
    wrap=st.booleans(),
    seed=st.integers(0, 99),
)
def test_the_gradient_is_that_of_sorting_and_automatic_differentiation(height, width, patch, stride, wrap, seed):
    projections = draw_projections(torch.Generator().manual_seed(seed), 5, patch, stride=stride)
    image = picture(height, width, seed).requires_grad_()
    reference = sorted_responses(picture(17, 13, seed + 1) ** 2, projections, exact=True)
    loss = sliced_patch_distance(image, reference, projections, wrap=wrap, exact=True)
    expected = torch.autograd.grad(loss, image)[0]
    gradient, distance = sliced_patch_gradient(image.detach(), quantile_integral(reference), projections, wrap=wrap)
    padded = patch - 1 if wrap else 0
    rows, columns = (
        (side + padded - patch - min(offset, side + padded - patch)) // stride + 1
        for side, offset in zip((height, width), projections.offset)
    )
    error = (gradient * 2 / (rows * columns) - expected).norm() / expected.norm()
    assert float(error) < 0.05  # two values of one bin may change places
    assert distance == pytest.approx(float(loss.detach()), rel=2e-2, abs=1e-6)


def test_the_absolute_form_points_the_same_way():
    projections = draw_projections(torch.Generator().manual_seed(3), 64, 7)
    image = picture(48, 40, 1).requires_grad_()
    reference = sorted_responses(picture(40, 40, 2) ** 2, projections, exact=True)
    loss = sliced_patch_distance(image, reference, projections, form="absolute", exact=True)
    expected = torch.autograd.grad(loss, image)[0]
    gradient, distance = sliced_patch_gradient(
        image.detach(), quantile_integral(reference), projections, form="absolute"
    )
    cosine = torch.nn.functional.cosine_similarity(gradient.flatten(), expected.flatten(), dim=0)
    assert float(cosine) > 0.995  # a sign may differ where nothing is left to move
    assert distance == pytest.approx(float(loss.detach()), rel=1e-3)


def test_a_gradient_in_parts_is_the_same(monkeypatch):
    projections = draw_projections(torch.Generator().manual_seed(3), 8, 5, stride=2)
    image, integral = picture(40, 30, 1), quantile_integral(torch.randn(8, 100).sort().values)
    whole, _ = sliced_patch_gradient(image, integral, projections, wrap=True)
    monkeypatch.setattr("impasto.losses.sliced_gradient.HELD", 3 * 75 * 17)
    parts, _ = sliced_patch_gradient(image, integral, projections, wrap=True)
    torch.testing.assert_close(parts, whole, rtol=1e-4, atol=1e-5)


def test_something_added_to_both_is_matched_too():
    projections = draw_projections(torch.Generator().manual_seed(3), 8, 5)
    image, added = picture(20, 16, 1), torch.randn(8, 16, 12)
    beside = Beside(torch.eye(8), added)
    found, _ = sliced_patch_gradient(image, torch.zeros(8, 2).double(), projections, beside=beside)
    plain, _ = sliced_patch_gradient(image, torch.zeros(8, 2).double(), projections)
    expected = torch.nn.functional.conv_transpose2d(added[None], projections.kernels) / 8
    torch.testing.assert_close(found - plain, expected, rtol=1e-3, atol=1e-4)


def test_what_is_beside_patches_is_taken_where_they_are_looked_at():
    projections = draw_projections(torch.Generator().manual_seed(3), 8, 5, stride=3)
    image, weights, features = picture(20, 16, 1), torch.randn(8, 2), torch.randn(2, 16, 12)
    nothing = torch.zeros(8, 2).double()
    found, _ = sliced_patch_gradient(image, nothing, projections, beside=Beside(weights, features))
    plain, _ = sliced_patch_gradient(image, nothing, projections)
    row, column = projections.offset
    added = torch.einsum("ng,ghw->nhw", weights, features)[:, row::3, column::3]
    expected = torch.zeros_like(image)
    back = torch.nn.functional.conv_transpose2d(added[None], projections.kernels, stride=3) / 8
    expected[:, :, row : row + back.shape[2], column : column + back.shape[3]] = back
    torch.testing.assert_close(found - plain, expected, rtol=1e-3, atol=1e-4)


def test_patches_that_are_not_among_the_chosen_do_not_count():
    projections = draw_projections(torch.Generator().manual_seed(3), 6, 5)
    image, integral = picture(20, 24, 1), quantile_integral(torch.randn(6, 50).sort().values)
    among = torch.zeros(16, 20, dtype=torch.bool)
    among[4:9, 7:15] = True  # all the patches of a part of the picture
    found, distance = sliced_patch_gradient(image, integral, projections, among=among)
    part, expected = sliced_patch_gradient(image[:, :, 4:13, 7:19].contiguous(), integral, projections)
    torch.testing.assert_close(found[:, :, 4:13, 7:19], part)
    assert distance == pytest.approx(expected)
    assert float(found.abs().sum()) == pytest.approx(float(part.abs().sum()))
    none, distance = sliced_patch_gradient(image, integral, projections, among=torch.zeros_like(among))
    assert not none.any()
    assert distance == 0


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 300), st.integers(1, 300), st.integers(0, 99))
def test_a_value_is_moved_to_the_mean_of_what_shares_its_rank(total, values, seed):
    random = np.random.default_rng(seed)
    rows = random.permuted(np.tile(np.linspace(0, 1, total, dtype=np.float32), (2, 1)), axis=1)
    reference = np.sort(random.standard_normal((2, values)), axis=1)
    integral = np.concatenate([np.zeros((2, 1)), reference.cumsum(axis=1)], axis=1)
    found = rows.copy()
    move_to_ranks(found, integral, 4096)
    for row, moved, ordered in zip(rows, found, reference):
        repeated = np.repeat(ordered, total).reshape(total, values).mean(axis=1)  # each rank's share of the values
        expected = repeated[rankdata(row).astype(int) - 1]
        np.testing.assert_allclose(row - moved, expected, atol=1e-4)


def test_a_flat_row_goes_to_the_mean():
    rows = np.full((1, 10), 0.25, np.float32)
    move_to_ranks(rows, np.array([[0.0, 1.0, 3.0]]), 4096)
    np.testing.assert_allclose(rows, 0.25 - 1.5)
