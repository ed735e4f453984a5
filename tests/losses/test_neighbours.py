"""Nearest vectors by angle, against scikit-learn and by hand."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.neighbors import NearestNeighbors

from impasto.losses.neighbours import directions, nearest_directions


def vectors(count: int, channels: int, seed: int) -> torch.Tensor:
    return torch.rand(count, channels, generator=torch.Generator().manual_seed(seed)) + 3


@settings(deadline=None, max_examples=30)
@given(queries=st.integers(2, 40), keys=st.integers(2, 40), channels=st.integers(3, 9), block=st.integers(1, 500))
def test_the_nearest_are_those_of_scikit_learn_in_blocks_of_any_size(queries, keys, channels, block):
    ours, theirs = vectors(queries, channels, 1), vectors(keys, channels, 2)
    found = nearest_directions(directions(ours), directions(theirs), block=block)
    centred = [it.double().numpy() - it.double().numpy().mean(0) for it in (ours, theirs)]
    distances, _ = NearestNeighbors(n_neighbors=1, metric="cosine").fit(centred[1]).kneighbors(centred[0])
    unit = [it / np.linalg.norm(it, axis=1, keepdims=True) for it in centred]
    chosen = 1 - (unit[0] * unit[1][found.numpy()]).sum(1)
    assert np.abs(chosen - distances[:, 0]).max() < 1e-4  # two may be equally near


def test_directions_have_length_1_and_do_not_see_a_common_shift_or_scale():
    rows = vectors(20, 5, 3)
    found = directions(rows)
    assert torch.allclose(found.norm(dim=1), torch.ones(20), atol=1e-5)
    assert torch.allclose(directions(7 * rows + torch.arange(5.0)), found, atol=1e-4)


def test_equal_vectors_have_no_direction():
    assert torch.equal(directions(torch.full((4, 3), 0.5)), torch.zeros(4, 3))
