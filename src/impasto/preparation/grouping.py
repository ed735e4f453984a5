"""Equal and nearly equal codes among millions, found in linear time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from impasto.data.order import GOLDEN, mixed
from impasto.preparation.cluster import Mapped

CHUNK = 1 << 17  # codes that are dealt out at a time
WINDOW = 8  # codes before it with which each is compared
DECKS = 256  # into so many parts, each of which is sorted in the processor's cache

Codes = np.ndarray[Any, np.dtype[np.uint64]]
Numbers = np.ndarray[Any, np.dtype[np.int64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]


def equal_codes(codes: Codes) -> tuple[Numbers, Numbers]:
    """The numbers of the codes (n, words) that came before, ascending, and for each the first that is equal to it.

    Codes are dealt by a byte of a hash into parts, which are small enough to be sorted quickly: the time for each code
    hardly depends on how many there are.

    >>> equal_codes(np.array([[5], [7], [5], [5], [7]], np.uint64))
    (array([2, 3, 4]), array([0, 0, 1]))
    """
    decks: list[list[tuple[Codes, Numbers]]] = [[] for _ in range(DECKS)]
    for start in range(0, len(codes), CHUNK):
        hashes = hashed(codes[start : start + CHUNK])
        deck = (hashes >> np.uint64(56)).astype(np.uint8)
        order = np.argsort(deck, kind="stable")  # of bytes: a radix sort
        ends = np.cumsum(np.bincount(deck, minlength=DECKS))[:-1]
        dealt = zip(np.split(hashes[order], ends), np.split(order + start, ends), strict=True)
        for cards, more in zip(decks, dealt, strict=True):
            cards.append(more)
    found = [_repeated(cards) for cards in decks if cards]
    later, first = (np.concatenate([pair[side] for pair in found] or [np.zeros(0, np.int64)]) for side in (0, 1))
    order = np.argsort(later)
    return _exact(codes, later[order], first[order])


def hashed(codes: Codes) -> Codes:
    """64 bits (n,) of codes (n, words), as good as random, and the same for equal codes."""
    hashes = np.zeros(len(codes), np.uint64)
    for word in range(codes.shape[1]):
        hashes += codes[:, word]
        hashes *= GOLDEN
        mixed(hashes)
    return hashes


def _repeated(cards: list[tuple[Codes, Numbers]]) -> tuple[Numbers, Numbers]:
    """The numbers whose hash came before in a part, and the first with that hash."""
    hashes, numbers = (np.concatenate([pair[side] for pair in cards]) for side in (0, 1))
    order = np.argsort(hashes)
    same = np.zeros(len(order), bool)
    same[1:] = hashes[order][1:] == hashes[order][:-1]
    if not same.any():
        return numbers[:0], numbers[:0]
    runs = np.cumsum(~same) - 1
    often = np.bincount(runs)[runs] > 1
    members, runs = numbers[order[often]], runs[often]
    begins = np.flatnonzero(np.diff(runs, prepend=-1))
    first = np.minimum.reduceat(members, begins)[np.cumsum(np.diff(runs, prepend=runs[0]) > 0)]
    later = members != first
    return members[later], first[later]


def _exact(codes: Codes, later: Numbers, first: Numbers) -> tuple[Numbers, Numbers]:
    """The same without those that have a hash in common and nothing else, which are grouped among themselves."""
    wrong = (codes[later] != codes[first]).any(1)
    if not wrong.any():
        return later, first
    leaders: dict[bytes, int] = {}
    for place in np.flatnonzero(wrong):
        first[place] = leaders.setdefault(codes[later[place]].tobytes(), int(later[place]))
    kept = first != later
    return later[kept], first[kept]


def near_pairs(codes: Codes, *, apart: int, tables: int, agree: int, seed: int, mapped: Mapped = map) -> Numbers:
    """Pairs (p, 2) of the numbers of codes (n, words) that differ in at most `apart` bits, most of them.

    In each of the tables, codes are brought together that agree in `agree` bits, drawn at random (Indyk & Motwani
    1998), and each is compared with the `WINDOW` before it: the time is that of n, however many are of one kind.
    `mapped` shares the tables among processes.
    """
    random, masks = np.random.default_rng(seed), np.zeros((tables, 64 * codes.shape[1]), bool)
    for bits in masks:
        bits[random.permutation(len(bits))[:agree]] = True
    return np.unique(np.concatenate(list(mapped(partial(_near, codes, apart), packed(masks)))), axis=0)


def _near(codes: Codes, apart: int, mask: Codes) -> Numbers:
    """The pairs that one table finds, whose codes agree where the mask (words,) has bits."""
    found = [np.zeros((0, 2), np.int64)]
    keys = hashed(codes & mask)
    order = np.argsort(keys, kind="stable")
    keys, sorted_codes = keys[order], codes[order]
    for step in range(1, WINDOW + 1):
        same = np.flatnonzero(keys[step:] == keys[:-step])
        differ = np.bitwise_count(sorted_codes[same] ^ sorted_codes[same + step]).sum(1)
        near = same[differ <= apart]
        found.append(np.stack([order[near], order[near + step]], 1))
    return np.unique(np.concatenate(found), axis=0)


def packed(bits: Flags) -> Codes:
    """Bits (n, b) as codes (n, words) of 64 bits each, filled up with zeros."""
    count, width = bits.shape
    bytes_ = np.zeros((count, -(-width // 64) * 8), np.uint8)
    bytes_[:, : -(-width // 8)] = np.packbits(bits, axis=1)
    return bytes_.view(np.uint64)


def leaders(count: int, pairs: Numbers, alike: Callable[[Numbers], Flags]) -> Numbers:
    """For each of so many things the first that it is like, (count,): its own number, if it is to stay.

    `pairs` (p, 2) may be alike, which `alike` decides. Nothing goes but for a thing that stays: where b is like a, and
    c like b but not like a, b goes and c stays.
    """
    leader = np.arange(count)
    known, tried = np.zeros((0, 2), np.int64), np.zeros(0, np.int64)
    pending = np.sort(pairs, axis=1)
    while len(pending := pending[pending[:, 0] != pending[:, 1]]):
        pending = np.unique(pending, axis=0)
        numbers = pending[:, 0] * count + pending[:, 1]
        pending = pending[~np.isin(numbers, tried)]
        if not len(pending):
            break
        tried = np.concatenate([tried, numbers])
        known = np.concatenate([known, pending[alike(pending)]])
        known = known[np.lexsort((known[:, 0], known[:, 1]))]
        leader = np.arange(count)
        for first, later in known.tolist():
            if leader[first] == first and leader[later] == later:
                leader[later] = first
        # What stays beside one that goes may be like the one for which that goes, or like the first of all that hangs
        # together with it: of a thousand that are equal only neighbours were compared so far.
        stays, beside = known[leader[known[:, 1]] == known[:, 1]], _firsts(count, known)
        stays = stays[leader[stays[:, 0]] != stays[:, 0]]
        linked = np.unique(known[:, 1])
        pending = np.concatenate(
            [np.stack([leader[stays[:, 0]], stays[:, 1]], 1), np.stack([beside[linked], linked], 1)]
        )
        pending = np.sort(pending, axis=1)
    return leader


def _firsts(count: int, pairs: Numbers) -> Numbers:
    """The least number, (count,), of what hangs together with each by pairs."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    links = coo_matrix((np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1])), (count, count))
    _, parts = connected_components(links, directed=False)
    _, first = np.unique(parts, return_index=True)
    found: Numbers = first[parts]
    return found
