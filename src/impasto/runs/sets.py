"""The sets of pictures that a run is given: what the cache grows by, and reading them before the run begins."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from impasto.data.cache import check_space, disk_needed
from impasto.data.open import Store
from impasto.data.stores.reader import View
from impasto.methods import Method
from impasto.runs.sources import Source

SPARSE = 10.0  # seconds between two lines


@dataclass(frozen=True)
class UnreadSet:
    """A set that is not in the cache yet as a run sees it, and the bytes that it takes there."""

    store: Store
    view: View
    disk: int

    def read(self, say: Callable[[str], None]) -> None:
        """Put it into the cache, and say now and then how far that is."""
        last = time.monotonic()

        def told(done: int, total: int) -> None:
            nonlocal last
            if time.monotonic() - last >= SPARSE:
                last = time.monotonic()
                say(f"{self.store.name}: {done:,} of {total:,} pictures are read")

        self.store.dataset(self.view, told)

    def check(self) -> None:
        """Raise InputError if the disk has too little space for it."""
        check_space(self.store, self.view)


def unread_sets(method: Method[Any], sources: Sequence[Source]) -> tuple[UnreadSet, ...]:
    """What of a run's sets has to be read first."""
    views = method.views()
    given = [(it.open(""), views[it.record.name]) for it in sources if it.record.name in views]
    found = [(store, view, disk_needed(store, view)) for store, view in given if isinstance(store, Store)]
    return tuple(UnreadSet(*each) for each in found if each[2])
