"""Many names in little memory, in the order a person expects."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

_NUMBERS = re.compile(r"0*([0-9]+)")


class Names(Sequence[str]):
    """Texts end to end in one block of bytes: three million of 40 letters take 150 MB."""

    def __init__(self, names: Iterable[str]) -> None:
        block, ends = bytearray(), [0]
        for name in names:
            block += name.encode("utf-8", "surrogateescape")
            ends.append(len(block))
        self._block, self._ends = bytes(block), np.array(ends, np.int64)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._ends) - 1

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        """The name of that number."""
        number = range(len(self))[index]
        return self._block[self._ends[number] : self._ends[number + 1]].decode("utf-8", "surrogateescape")

    def __iter__(self) -> Iterator[str]:
        """All names in their order."""
        return (self[number] for number in range(len(self)))


def natural(name: str) -> str:
    """A text to sort by, in which numbers count as numbers and letters without case: 2.png before 10.png.

    The order is that of `impasto.images.folders.natural_key`, in a fifth of its memory.

    >>> sorted(["b10.png", "B2.png", "a.png"], key=natural)
    ['a.png', 'B2.png', 'b10.png']
    """
    text = _NUMBERS.sub(lambda found: f"\0{chr(len(found[1]) + 1)}{found[1]}", name.casefold())
    return f"{text}\0\1{name}"  # before any text or number: of two equal ones the name decides
