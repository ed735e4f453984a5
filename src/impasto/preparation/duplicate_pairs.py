"""Which pictures of a set are one: pairs whose codes are near, and whose detail is alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from impasto.data.dataset import Dataset
from impasto.preparation.duplicates_settings import DuplicatesConfig
from impasto.preparation.grouping import Codes, Flags, Numbers, equal_codes, leaders, near_pairs

BLOCK = 2048  # pairs that are compared together
SPARE_BITS = 4  # in which codes must agree beyond those that it takes to number them


class Pair(NamedTuple):
    """A picture that goes, by its number, the one that stays for it, and how near they are."""

    go: int
    stay: int
    bits: int
    likeness: float
    mirrored: bool


class Search:
    """Finds what is like what, by codes of pictures and of their mirror images."""

    def __init__(self, data: Dataset, codes: Codes, mirrored: Codes | None, config: DuplicatesConfig) -> None:
        """`data` are the pictures, 32x32; codes (N, words), those of mirror images None if they do not count."""
        self._data, self._own, self._mirrored, self._config = data, codes, mirrored, config
        self._known: dict[tuple[int, int], Pair] = {}

    def pairs(self) -> list[Pair]:
        """What goes, in the order of the set, each with the first that it is like."""
        leader = leaders(len(self._data), self._candidates(), self._alike)
        go = np.flatnonzero(leader != np.arange(len(leader)))
        return [self._known[stay, each] for stay, each in zip(leader[go].tolist(), go.tolist(), strict=True)]

    def _candidates(self) -> Numbers:
        """Pairs (p, 2) of pictures whose codes are near, or equal, one of them mirrored or not."""
        config, count = self._config, len(self._own)
        codes = self._own if self._mirrored is None else np.concatenate([self._own, self._mirrored])
        later, first = equal_codes(codes)
        pairs = np.stack([first, later], 1)
        agree, all_bits = min(config.width, int(np.ceil(np.log2(len(codes)))) + SPARE_BITS), 64 * codes.shape[1]
        # Bits that only fill a word up agree in all codes: as many more are drawn as there are of these. Of equal
        # codes, each is compared with those before it too, for the first of them may be another picture.
        tables, agree = (config.tables, agree * all_bits // config.width) if config.apart else (1, all_bits)
        near = near_pairs(codes, apart=config.apart, tables=tables, agree=agree, seed=config.seed)
        return np.concatenate([pairs, near]) % count

    def _alike(self, pairs: Numbers) -> Flags:
        """Whether the pictures of each pair (p, 2) are one; how near those are is kept."""
        return np.concatenate([self._compared(part) for part in _blocks(pairs)])

    def _compared(self, pairs: Numbers) -> Flags:
        from impasto.preparation.likeness import likeness  # with PyTorch, which --help does without

        first, later = pairs.T
        good, least = np.zeros(len(pairs), bool), self._config.alike or -1.0
        for turned, codes in ((False, self._own), (True, self._mirrored)):
            if codes is None:
                continue
            bits = np.bitwise_count(self._own[first] ^ codes[later]).sum(1)
            near = np.flatnonzero(bits <= self._config.apart)
            one, two = (self._data.take(side[near]).pictures for side in (first, later))
            values: np.ndarray[Any, Any] = likeness(one, two.flip(3) if turned else two).numpy()
            for place, value in zip(near.tolist(), values.tolist(), strict=True):
                key = int(first[place]), int(later[place])
                if value >= least and not (key in self._known and self._known[key].likeness >= value):
                    self._known[key] = Pair(key[1], key[0], int(bits[place]), value, turned)
                    good[place] = True
        return good


def _blocks(pairs: Numbers) -> Iterator[Numbers]:
    return (pairs[start : start + BLOCK] for start in range(0, max(1, len(pairs)), BLOCK))
