"""Which pictures of a set are one: pairs whose codes are near, and whose detail is alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from impasto.data.dataset import Dataset
from impasto.preparation.cluster import Mapped, Place
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

    def __init__(
        self,
        data: Dataset | Place,
        codes: Codes,
        mirrored: Codes | None,
        config: DuplicatesConfig,
        mapped: Mapped = map,
        tell: Callable[[int, int], None] = lambda done, total: None,  # noqa: ARG005
    ) -> None:
        """`data` are the pictures, 32x32; codes (N, words), those of mirror images None if they do not count.

        mapped: shares the work among processes, which then open the data at their place.
        tell: hears how many blocks of so many pairs have been compared; there may be several rounds of them.
        """
        self._data, self._own, self._mirrored, self._config, self._mapped = data, codes, mirrored, config, mapped
        self._tell = tell
        self._known: dict[tuple[int, int], Pair] = {}

    def pairs(self) -> list[Pair]:
        """What goes, in the order of the set, each with the first that it is like."""
        leader = leaders(len(self._own), self._candidates(), self._alike)
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
        chosen = {"apart": config.apart, "tables": tables, "agree": agree, "seed": config.seed}
        near = near_pairs(codes, **chosen, mapped=self._mapped)
        return np.concatenate([pairs, near]) % count

    def _alike(self, pairs: Numbers) -> Flags:
        """Whether the pictures of each pair (p, 2) are one; how near those are is kept."""
        compared = partial(_compared, self._data, self._own, self._mirrored, self._config)
        good = []
        for number, found in enumerate(self._mapped(compared, _blocks(pairs)), 1):
            self._tell(number, -(-len(pairs) // BLOCK))
            good += [each is not None for each in found]
            self._known |= {(each.stay, each.go): each for each in found if each is not None}
        return np.array(good, bool)


def _compared(
    data: Dataset | Place, own: Codes, mirrored: Codes | None, config: DuplicatesConfig, pairs: Numbers
) -> list[Pair | None]:
    """How near the pictures of each pair (p, 2) are, of those that are one; the better of both ways to lay them."""
    from impasto.preparation.likeness import likeness  # with PyTorch, which --help does without

    data = data.opened() if isinstance(data, Place) else data
    first, later = pairs.T
    found: list[Pair | None] = [None] * len(pairs)
    least = config.alike or -1.0
    for turned, codes in ((False, own), (True, mirrored)):
        if codes is None:
            continue
        bits = np.bitwise_count(own[first] ^ codes[later]).sum(1)
        near = np.flatnonzero(bits <= config.apart)
        one, two = (data.take(side[near]).pictures for side in (first, later))
        values: np.ndarray[Any, Any] = likeness(one, two.flip(3) if turned else two).numpy()
        for place, value in zip(near.tolist(), values.tolist(), strict=True):
            before = found[place]
            if value >= least and (before is None or before.likeness < value):
                found[place] = Pair(int(later[place]), int(first[place]), int(bits[place]), value, turned)
    return found


def _blocks(pairs: Numbers) -> Iterator[Numbers]:
    return (pairs[start : start + BLOCK] for start in range(0, max(1, len(pairs)), BLOCK))
