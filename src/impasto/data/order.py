"""Which pictures belong to which step: a pure function, so that nothing has to be kept to go on.

The pictures of an epoch are in an order that is computed place by place, by a cipher on the numbers below their count
(Black & Rogaway 2002, "Ciphers with arbitrary finite domains", the generalised Feistel cipher): three million of them
need no memory.
"""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np

ROUNDS = 6
GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # SplitMix64's step

Hashes: TypeAlias = "np.ndarray[Any, np.dtype[np.uint64]]"
Indices: TypeAlias = "np.ndarray[Any, np.dtype[np.int64]]"


def places(step: int, batch: int) -> Indices:
    """The places of a step's pictures in the endless row of all epochs, (batch,)."""
    return np.arange(step * batch, (step + 1) * batch, dtype=np.int64)


def at_places(places: Indices, *, count: int, seed: int) -> Indices:
    """The numbers, below `count`, of the pictures at some places of the row; each epoch has every picture once.

    >>> sorted(at_places(places(0, 5), count=5, seed=1).tolist())
    [0, 1, 2, 3, 4]
    """
    epochs, within = np.divmod(places, count)
    found = np.empty_like(places)
    for epoch in np.unique(epochs):
        here = epochs == epoch
        found[here] = shuffled(within[here], count=count, key=key_of(seed, int(epoch)))
    return found


def of_step(step: int, *, batch: int, count: int, seed: int) -> Indices:
    """The numbers, below `count`, of the pictures of a step, (batch,)."""
    return at_places(places(step, batch), count=count, seed=seed)


def shuffled(numbers: Indices, *, count: int, key: int) -> Indices:
    """Where a key sends numbers below `count`: each to another one, none twice."""
    width = math.isqrt(count - 1) + 1  # of a rectangle with at least `count` places, and at most `width` more
    height = -(-count // width)
    found = _ciphered(numbers, width, height, key)
    while (outside := found >= count).any():  # follow the cycle until it is back within
        found[outside] = _ciphered(found[outside], width, height, key)
    return found


def hashes(numbers: Indices, key: int) -> Hashes:
    """64 bits for each number and key that look random (the finaliser of SplitMix64; Steele, Lea & Flood 2014)."""
    return mixed(numbers.astype(np.uint64) * GOLDEN + np.uint64(key))


def mixed(bits: Hashes) -> Hashes:
    """64 bits that look random for each 64 bits, none twice, in place: SplitMix64's finaliser, without its step."""
    bits ^= bits >> np.uint64(30)
    bits *= np.uint64(0xBF58476D1CE4E5B9)
    bits ^= bits >> np.uint64(27)
    bits *= np.uint64(0x94D049BB133111EB)
    bits ^= bits >> np.uint64(31)
    return bits


def key_of(seed: int, use: int) -> int:
    """A key for each use of a seed, 64 bits."""
    first = hashes(np.array([seed & 0x7FFF_FFFF_FFFF_FFFF]), 0x243F6A8885A308D3)
    return int(hashes(np.array([use]), int(first[0]))[0])


def _ciphered(numbers: Indices, width: int, height: int, key: int) -> Indices:
    """Two parts of each number take turns: one is moved by a hash of the other."""
    left, right = numbers % width, numbers // width
    for number in range(ROUNDS):
        modulus = height if number % 2 else width
        moved = hashes(right, (key + number * 0xD1342543DE82EF95) % 2**64) % np.uint64(modulus)
        left, right = right, (left + moved.astype(np.int64)) % modulus
    return left + width * right
