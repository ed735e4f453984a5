"""The pictures of a set, one after the other, each worked on while those before it are written."""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any, TypeVar

import torch
from pydantic import Field

from impasto.data.crops import Photo
from impasto.data.open import Store
from impasto.data.stores.reader import View
from impasto.errors import InputError
from impasto.methods import Forecast, MethodConfig

T = TypeVar("T")
LONGEST = 200  # bytes of a name; disks take 255, with the number of a face, the ending, and what a part is called

NEAR, LOOKED = 1000, 10  # of the first so many pictures the sizes of so many are looked at
SECONDS, SECONDS_PER_PIXEL = 3e-3, 2e-7  # of a picture that is read, and what is made of it written
FIXED_MEMORY = 340_000_000  # bytes


class FolderConfig(MethodConfig):
    """Which pictures of a set are used."""

    first: int = Field(1, ge=1, le=10_000_000, description="number of the first picture, in the order of their names")
    count: int = Field(0, ge=0, le=10_000_000, description="pictures that are used; 0 takes all the rest")

    def chosen(self, data: Store) -> Sequence[Photo]:
        """The pictures that are used. Raises InputError if there is none of that number."""
        reader = data.reader(View())
        if self.first > len(reader):
            raise InputError(f"first must be at most {len(reader)}, the number of the last photo, got {self.first}")
        last = self.first - 1 + self.count if self.count else None
        return [Photo(entry.name, entry) for entry in islice(reader, self.first - 1, last)]

    def used(self, sizes: Sequence[tuple[int, int]]) -> range:
        """The pictures that are used of a set whose pictures have these sizes, counted from 0."""
        last = min(len(sizes), self.first - 1 + self.count) if self.count else len(sizes)
        return range(self.first - 1, last)

    def cost(
        self, sizes: Sequence[tuple[int, int]], *, seconds: float, memory: Callable[[int], float], disk: float
    ) -> Forecast:
        """What it costs to work on the pictures that are used; the sizes of some of them are looked at.

        seconds: for each pixel of a picture. memory: bytes that so many pixels of one take. disk: bytes of what is made
        of a picture, for each of its pixels.
        """
        used = self.used(sizes)
        looked = used[:NEAR][:: max(1, len(used[:NEAR]) // LOOKED)]
        pixels = [width * height for width, height in sizes[looked.start : looked.stop : looked.step]]
        pixels = [count for count in pixels if count] or [0]
        total = len(used) * sum(pixels) / len(pixels)
        cost = len(used) * SECONDS + total * (seconds + SECONDS_PER_PIXEL)
        return Forecast(cost, round(FIXED_MEMORY + memory(max(pixels))), disk=round(total * disk))


class Rows(list[dict[str, Any]]):
    """The rows of a table that grows, as a checkpoint holds them."""

    def state_dict(self) -> dict[str, Any]:
        """All of them."""
        return {"rows": [dict(row) for row in self]}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """The same, where a killed run goes on."""
        self[:] = state["rows"]


def unread(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What could not be read, for a record, of rows that have a note then; as `impasto.data.cache.left_out` has it."""
    noted = [row for row in rows if row["note"]]
    if not noted:
        return {}
    first = f"{noted[0]['photo']}: {noted[0]['note']}"
    return {"left_out": {"count": len(noted), "used": len(rows) - len(noted), "first": first}}


def names_of(photos: Sequence[Photo]) -> list[str]:
    """What is made of each is called: its name without the ending, and with it where two are alike; folders are in it.

    >>> names_of([Photo("cats/a.png", None), Photo("b.png", None), Photo("b.jpg", None)])
    ['cats-a', 'b-png', 'b-jpg']
    """
    whole = [_fitting(photo.name.replace("/", "-")) for photo in photos]
    stems = [name.rpartition(".")[0] or name for name in whole]
    often = Counter(stems)
    return [name.replace(".", "-") if often[stem] > 1 else stem for name, stem in zip(whole, stems, strict=True)]


def _fitting(name: str) -> str:
    """A name that disks take; of a longer one its end, behind the beginning of its hash."""
    data = name.encode("utf-8", "surrogateescape")
    if len(data) <= LONGEST:
        return name
    return f"{hashlib.sha256(data).hexdigest()[:8]}-{data[9 - LONGEST :].decode('utf-8', 'ignore')}"


def ahead(work: Callable[[Photo], T], photos: Sequence[Photo], first: int) -> Iterator[T]:
    """What `work` makes of each photo from number `first` on, in order, by as many threads as PyTorch has.

    OpenCV and Pillow let other threads go on while they compute, so that no process has to be started.
    """
    threads = torch.get_num_threads()
    with ThreadPoolExecutor(threads) as workers:
        waiting: deque[Future[T]] = deque()
        try:
            for photo in photos[first:]:
                waiting.append(workers.submit(work, photo))
                if len(waiting) > 2 * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
