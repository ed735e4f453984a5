"""Nearest patches: the exact search against brute force, PatchMatch against the exact search."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from impasto.errors import InputError
from impasto.patches import exact as exact_module
from impasto.patches import nearest, valid_patches, vote
from plain_patches import extract_patches


def pictures(seed, *sizes, channels=3):
    random = torch.Generator().manual_seed(seed)
    return [torch.rand(channels, *size, generator=random) for size in sizes]


def brute_force(queries, keys, patch, alpha=None, **places):
    """All mean squared distances (h * w, hk * wk), and the chosen keys."""
    q = extract_patches(queries, patch, **places).flatten(2).flatten(0, 1).double()
    k = extract_patches(keys, patch).flatten(2).flatten(0, 1).double()
    distances = (q[:, None] - k[None]).square().mean(-1)
    scores = distances if alpha is None else distances / (alpha + distances.min(0).values)
    return distances, scores.argmin(1)


@settings(deadline=None, max_examples=25)
@given(
    st.tuples(st.integers(6, 12), st.integers(6, 12)),
    st.tuples(st.integers(6, 12), st.integers(6, 12)),
    st.integers(2, 5),
    st.sampled_from([None, 0.001, 0.1]),
    st.booleans(),
    st.integers(0, 100),
)
def test_the_exact_search_is_brute_force(query_size, key_size, patch, alpha, wrap, seed):
    queries, keys = pictures(seed, query_size, key_size)
    match = nearest(queries, keys, patch, seed=0, alpha=alpha, wrap=wrap, engine="exact")
    distances, chosen = brute_force(queries, keys, patch, alpha, wrap=wrap)
    width = key_size[1] - patch + 1
    assert torch.equal((match.field[..., 0] * width + match.field[..., 1]).flatten().long(), chosen)
    found = distances.gather(1, chosen[:, None])[:, 0]
    assert torch.allclose(match.distance.flatten().double(), found, atol=1e-5)


def test_blocks_of_the_exact_search_do_not_matter(monkeypatch):
    queries, keys = pictures(1, (12, 13), (11, 14))
    whole = nearest(queries, keys, 4, seed=0, alpha=0.01, engine="exact")
    monkeypatch.setattr(exact_module, "BLOCK", 300)
    parts = nearest(queries, keys, 4, seed=0, alpha=0.01, engine="exact")
    assert torch.equal(whole.field, parts.field)
    assert torch.equal(whole.reverse, parts.reverse)


@pytest.mark.parametrize("engine", ["compiled", "torch"])
@pytest.mark.parametrize(
    ("alpha", "stride", "wrap"),
    [(None, 1, False), (None, 1, True), (None, 3, False), (None, 3, True), (0.01, 1, False), (0.01, 1, True)],
)
def test_patchmatch_finds_what_the_exact_search_finds_if_it_has_time(engine, alpha, stride, wrap):
    queries, keys = pictures(5, (14, 16), (15, 12))
    places = {"stride": stride, "wrap": wrap}
    rounds = 800 if engine == "compiled" else 40
    match = nearest(queries, keys, 3, seed=1, rounds=rounds, alpha=alpha, engine=engine, **places)
    distances, chosen = brute_force(queries, keys, 3, alpha, **places)
    width = 12 - 3 + 1
    ours = (match.field[..., 0] * width + match.field[..., 1]).flatten().long()
    assert float((ours == chosen).float().mean()) > (0.95 if engine == "compiled" else 0.5)
    true = distances.gather(1, ours[:, None])[:, 0]
    assert torch.allclose(match.distance.flatten().double(), true, atol=1e-5)


@pytest.mark.parametrize("engine", ["compiled", "torch", "exact"])
def test_a_moved_picture_is_found_again(engine):
    (keys,) = pictures(2, (40, 40))
    queries = keys[:, 5:30, 8:36]
    match = nearest(queries, keys, 5, seed=3, rounds=12, engine=engine)
    rows, columns = torch.meshgrid(torch.arange(21), torch.arange(24), indexing="ij")
    right = (match.field == torch.stack([rows + 5, columns + 8], dim=-1)).all(-1).float().mean()
    assert float(right) > 0.97
    assert float((vote(match.field, keys, (25, 28), 5) - queries).abs().mean()) < 0.01


@pytest.mark.parametrize("engine", ["compiled", "torch", "exact"])
def test_masks_are_kept(engine):
    queries, keys = pictures(4, (12, 12), (14, 14))
    usable = torch.ones(14, 14, dtype=torch.bool)
    usable[4:9, 3:8] = False
    key_mask = valid_patches(usable, 3)
    query_mask = torch.zeros(10, 10, dtype=torch.bool)
    query_mask[2:7, 3:9] = True
    match = nearest(queries, keys, 3, seed=1, rounds=6, key_mask=key_mask, query_mask=query_mask, engine=engine)
    assert bool(key_mask[match.field[..., 0].long(), match.field[..., 1].long()][query_mask].all())
    assert float(match.distance[~query_mask].abs().max()) == 0
    assert float(match.distance[query_mask].min()) > 0


@pytest.mark.parametrize("engine", ["compiled", "torch"])
def test_a_start_is_never_made_worse(engine):
    queries, keys = pictures(6, (20, 20), (20, 20))
    match, last = None, None
    for number in range(4):
        match = nearest(queries, keys, 3, seed=number, rounds=1, start=match, engine=engine)
        assert last is None or bool((match.distance <= last + 1e-6).all())
        last = match.distance


def test_completeness_brings_keys_back_that_nobody_is_near_to():
    (keys,) = pictures(7, (12, 12))
    keys[:, 6:] += 2  # half of the keys are like no query
    queries = keys[:, :6]
    plain = nearest(queries, keys, 3, seed=0, engine="exact")
    complete = nearest(queries + 0.05 * torch.rand(queries.shape), keys, 3, seed=0, alpha=1e-6, engine="exact")
    assert int(plain.field[..., 0].max()) < 6
    used = {tuple(place) for place in complete.field.flatten(0, 1).tolist()}
    assert len(used) > 20


THREADS = """
import torch
from impasto.patches import nearest, vote
random = torch.Generator().manual_seed(0)
queries, keys = torch.rand(3, 70, 50, generator=random), torch.rand(3, 60, 64, generator=random)
made = []
for count in (1, 4):
    torch.set_num_threads(count)
    match = nearest(queries, keys, 5, seed=2, alpha=0.01, wrap=True)
    made.append((*match, vote(match.field, keys, (70, 50), 5, wrap=True)))
print(all(torch.equal(one, four) for one, four in zip(*made)))
"""


def test_the_number_of_threads_does_not_change_a_bit():
    environment = os.environ | {"NUMBA_NUM_THREADS": "4"}  # more than the tests may have
    command = [sys.executable, "-c", THREADS]
    run = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert run.stdout == "True\n"


@pytest.mark.parametrize("engine", ["compiled", "torch"])
def test_the_same_seed_gives_the_same_field_and_another_does_not(engine):
    queries, keys = pictures(9, (30, 30), (40, 30))
    first, again, other = (nearest(queries, keys, 3, seed=s, rounds=1, engine=engine).field for s in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_what_cannot_be_compared_is_refused_in_one_line():
    small, large = pictures(1, (4, 9), (12, 12))
    with pytest.raises(InputError, match="side of 4 pixels is shorter than a patch of 5"):
        nearest(small, large, 5, seed=0)
    with pytest.raises(InputError, match="exemplar of 9x4 pixels is smaller than a patch of 5"):
        nearest(large, small, 5, seed=0)
    with pytest.raises(InputError, match="3 and 2 channels"):
        nearest(large, large[:2], 5, seed=0)
    with pytest.raises(InputError, match="no patch of the exemplar is left"):
        nearest(large, large, 5, seed=0, key_mask=torch.zeros(8, 8, dtype=torch.bool))
    with pytest.raises(InputError, match="8x8 patches"):
        nearest(large, large, 5, seed=0, query_mask=torch.ones(12, 12, dtype=torch.bool))
    with pytest.raises(InputError, match="stride of 1"):
        nearest(large, large, 5, seed=0, stride=2, alpha=0.1)
