"""Equal and nearly equal codes, beside dictionaries and comparisons of all with all."""

from __future__ import annotations

import numpy as np
import pytest

from impasto.preparation import grouping
from impasto.preparation.grouping import equal_codes, leaders, near_pairs, packed


def drawn(count, words=2, seed=0):
    return np.random.default_rng(seed).integers(0, 2**64, (count, words), dtype=np.uint64)


@pytest.mark.parametrize("colliding", [False, True], ids=["", "hashes that collide"])
def test_equal_codes_are_those_of_a_dictionary(monkeypatch, colliding):
    monkeypatch.setattr(grouping, "CHUNK", 64)
    if colliding:
        monkeypatch.setattr(grouping, "hashed", lambda codes: codes[:, 0] % np.uint64(3) << np.uint64(56))
    codes = drawn(120)[np.random.default_rng(1).integers(0, 120, 300)]
    seen: dict[bytes, int] = {}
    expected = {}
    for number, code in enumerate(codes):
        first = seen.setdefault(code.tobytes(), number)
        if first != number:
            expected[number] = first
    later, first = equal_codes(codes)
    assert dict(zip(later.tolist(), first.tolist())) == expected
    assert (np.diff(later) > 0).all()


def test_codes_of_which_none_or_all_are_equal():
    assert equal_codes(drawn(1000))[0].size == 0
    assert equal_codes(drawn(0))[0].size == 0
    later, first = equal_codes(np.ones((1000, 1), np.uint64))
    assert later.tolist() == list(range(1, 1000))
    assert not first.any()


def test_bits_become_words_and_stay_apart_by_as_many():
    bits = np.random.default_rng(0).random((50, 100)) < 0.5
    codes = packed(bits)
    assert codes.shape == (50, 2)
    assert np.bitwise_count(codes[:1] ^ codes[1:]).sum(1).tolist() == (bits[:1] != bits[1:]).sum(1).tolist()


def test_near_codes_are_found_and_no_others():
    codes = drawn(400)
    bits = np.unpackbits(codes[:200].view(np.uint8), axis=1)
    random = np.random.default_rng(2)
    for row, flips in enumerate(np.arange(200) % 20):  # 0 to 19 bits, of 128
        bits[row, random.permutation(128)[:flips]] ^= 1
    both = np.concatenate([codes, packed(bits > 0)])
    found = near_pairs(both, apart=8, tables=30, agree=14, seed=0)
    apart = np.bitwise_count(both[:, None] ^ both[None]).sum(2)
    near = {(i, j) for i, j in zip(*np.nonzero(apart <= 8)) if i < j}
    assert {(int(i), int(j)) for i, j in np.sort(found, axis=1)} == near
    assert len(near) == 90


def test_only_what_is_like_one_that_stays_goes():
    like = {(0, 1), (1, 2), (3, 4), (3, 5), (4, 5)}  # 2 is like 1, and not like 0

    def alike(pairs):
        return np.array([tuple(pair) in like for pair in pairs.tolist()], bool)

    pairs = np.array([[1, 0], [1, 2], [4, 3], [4, 5], [2, 4], [6, 6]])  # that 5 is like 3 nobody has said
    assert leaders(7, pairs, alike).tolist() == [0, 0, 2, 3, 3, 3, 6]


def test_of_a_thousand_that_are_equal_one_stays():
    codes = np.repeat(drawn(2), [1000, 5], axis=0)
    pairs = near_pairs(codes, apart=4, tables=2, agree=10, seed=0)
    leader = leaders(1005, pairs, lambda pairs: (codes[pairs[:, 0]] == codes[pairs[:, 1]]).all(1))
    assert leader.tolist() == [0] * 1000 + [1000] * 5
