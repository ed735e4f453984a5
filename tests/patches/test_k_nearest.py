"""The k nearest patches: against brute force, and what k-coherence is good for."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from impasto.errors import InputError
from impasto.patches import extract_patches, k_nearest, nearest


def brute_force(queries, keys, patch, k):
    q, c = (extract_patches(picture, patch).flatten(2).flatten(0, 1).double() for picture in (queries, keys))
    return (q[:, None] - c[None]).square().mean(-1).sort(dim=1).values[:, :k]


def pictures(seed, *sizes):
    random = torch.Generator().manual_seed(seed)
    return [torch.rand(3, *size, generator=random) for size in sizes]


@settings(deadline=None, max_examples=15)
@given(st.tuples(st.integers(6, 11), st.integers(6, 11)), st.integers(2, 5), st.integers(1, 4), st.integers(0, 99))
def test_the_exact_search_is_brute_force(size, patch, k, seed):
    queries, keys = pictures(seed, size, (9, 10))
    found = k_nearest(queries, keys, patch, k, seed=0, engine="exact")
    assert torch.allclose(found.distance.flatten(0, 1).double(), brute_force(queries, keys, patch, k), atol=1e-5)


def test_patchmatch_finds_the_nearest_in_order_if_it_has_time():
    queries, keys = pictures(3, (14, 15), (13, 16))
    found = k_nearest(queries, keys, 3, 4, seed=1, rounds=300)
    truth = brute_force(queries, keys, 3, 4)
    ours = found.distance.flatten(0, 1).double()
    assert bool((ours.diff(dim=1) >= 0).all())
    assert float((ours - truth).abs().lt(1e-5).float().mean()) > 0.97
    places = extract_patches(keys, 3)[found.field[..., 0].long(), found.field[..., 1].long()].flatten(3)
    own = extract_patches(queries, 3).flatten(2)[:, :, None]
    assert torch.allclose((places - own).square().mean(-1), found.distance, atol=1e-6)


def test_all_of_the_k_are_different():
    queries, keys = pictures(4, (20, 20), (12, 12))
    field = k_nearest(queries, keys, 3, 5, seed=1, rounds=3).field
    numbers = (field[..., 0] * 100 + field[..., 1]).sort(dim=-1).values
    assert bool((numbers.diff(dim=-1) > 0).all())


def test_fields_of_another_shape_or_beyond_the_keys_are_refused():
    queries, keys = pictures(3, (9, 9), (8, 9))
    found = k_nearest(queries, keys, 3, 2, seed=0)
    for start, words in (
        (found._replace(field=found.field[:, :, :1]), "does not fit 7x7x2 patches"),
        (found._replace(field=found.field + 6), r"points to patches \d+ to \d+, but there are 6x7, counted from 0"),
    ):
        with pytest.raises(InputError, match=words):
            k_nearest(queries, keys, 3, 2, seed=0, start=start)
    with pytest.raises(InputError, match="does not fit 6x7x3 patches"):
        k_nearest(queries, keys, 3, 2, seed=0, similar=torch.zeros(6, 6, 3, 2).int())


def test_one_of_one_is_the_nearest():
    (keys,) = pictures(5, (24, 24))
    queries = keys[:, 3:20, 2:18]
    first = k_nearest(queries, keys, 5, 1, seed=2, rounds=12)
    one = nearest(queries, keys, 5, seed=2, engine="exact")
    assert float((first.field[:, :, 0] == one.field).all(-1).float().mean()) > 0.97


def test_coherence_finds_more_in_the_same_rounds():
    queries, keys = pictures(6, (40, 40), (30, 30))
    similar = k_nearest(keys, keys, 3, 4, seed=0, engine="exact").field
    plain = k_nearest(queries, keys, 3, 3, seed=1, rounds=2).distance.mean()
    coherent = k_nearest(queries, keys, 3, 3, seed=1, rounds=2, similar=similar).distance.mean()
    assert float(coherent) < 0.95 * float(plain)


def test_masks_and_the_number_of_patches_are_kept():
    queries, keys = pictures(7, (10, 10), (6, 6))
    key_mask = torch.zeros(4, 4, dtype=torch.bool)
    key_mask[1, 1:4] = True
    found = k_nearest(queries, keys, 3, 3, seed=1, rounds=2, key_mask=key_mask)
    assert bool((found.field[..., 0] == 1).all())
    with pytest.raises(InputError, match="between 1 and the number of patches, 3, got 4"):
        k_nearest(queries, keys, 3, 4, seed=1, key_mask=key_mask)
