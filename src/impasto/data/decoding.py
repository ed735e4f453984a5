"""All pictures of a reader, decoded by threads, in their order."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np

from impasto.data.decode import seen
from impasto.data.stores.reader import Entry, Raw, Reader, View
from impasto.errors import InputError
from impasto.images.quiet import unwarned

THREADS = 4


def decoded_in_order(reader: Reader, view: View, at_once: int) -> Iterator[tuple[Entry, Any]]:
    """Each entry with its pixels and its size, or with the reason why there are none, in order; read by threads."""
    entries = iter(reader)
    threads = min(THREADS, os.cpu_count() or 1)
    waiting: list[tuple[list[Entry], Future[list[Any]]]] = []
    with unwarned(), ThreadPoolExecutor(threads, "pictures") as pool:
        while True:
            while len(waiting) <= threads and (some := list(itertools.islice(entries, at_once))):
                loaded = [_loaded(entry) for entry in some]  # one after the other: archives are read so
                waiting.append((some, pool.submit(_all_seen, loaded, view, reader.grey)))
            if not waiting:
                return
            some, found = waiting.pop(0)
            yield from zip(some, found.result(), strict=True)


def _loaded(entry: Entry) -> Entry | InputError:
    """The entry with what it reads, read."""
    try:
        raw = raw_of(entry.read, entry.name)
        partner = None if entry.partner is None else raw_of(entry.partner, entry.name)
    except InputError as error:
        return error
    return Entry(entry.name, lambda: raw, entry.label, entry.joined, None if partner is None else lambda: partner)


def raw_of(read: Callable[[], Raw], name: str) -> Raw:
    """What an entry reads. Raises InputError for a file that may not be read, or is gone."""
    try:
        return read()
    except OSError as error:
        raise InputError(f"{name}: {error.strerror or error}") from error


def _all_seen(entries: Sequence[Entry | InputError], view: View, grey: bool) -> list[Any]:
    return [_seen(entry, view, grey) for entry in entries]


def _seen(entry: Entry | InputError, view: View, grey: bool) -> Any:
    if isinstance(entry, InputError):
        return entry
    try:
        pixels, size = seen(entry, view, grey)
    except InputError as error:
        return error
    return np.ascontiguousarray(pixels), size
