"""Work on the parts of a set, shared by the processes of a dask cluster: on this machine, or on many."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol, TypeVar

from impasto.data.dataset import Dataset
from impasto.data.open import open_data
from impasto.data.stores.reader import View
from impasto.errors import InputError

LOCAL = "local:"
PATIENCE = 20  # seconds until a cluster has answered

T = TypeVar("T")
Item = TypeVar("Item")


class Mapped(Protocol):
    """What `map` does, by whomever: the results in the order of the items."""

    def __call__(self, work: Callable[[Item], T], items: Iterable[Item], /) -> Iterator[T]:
        """The results of the work on each item."""


@dataclass(frozen=True)
class Place:
    """A set that each process opens for itself, where it lies for all of them."""

    path: Path
    view: View
    fingerprint: str

    def opened(self) -> Dataset:
        """The set. Raises InputError if what lies there is another one."""
        return _opened(self)


@lru_cache(maxsize=2)
def _opened(place: Place) -> Dataset:
    data = open_data(place.path).dataset(place.view)
    if data.fingerprint != place.fingerprint:
        raise InputError(f"{place.path}: holds other pictures on a machine of the cluster: let all see the same")
    return data


def check_cluster(cluster: str) -> None:
    """Raise InputError for what names no cluster, and without the package that speaks to one."""
    word, here = cluster.removeprefix(LOCAL), cluster.startswith(LOCAL)
    if here and not (word.isascii() and word.isdecimal() and 0 < int(word) <= 1024):
        raise InputError(f"cluster {cluster}: must be local:N with N between 1 and 1024, such as local:4")
    if cluster and find_spec("distributed") is None:
        raise InputError(f"cluster {cluster}: needs one more package: pip install 'impasto[cluster]'")


@contextmanager
def shared_work(cluster: str) -> Iterator[Mapped]:
    """A `map` that the processes of a cluster share in the block; without one it is Python's own.

    cluster: the address of a dask scheduler, or "local:N", processes that are started for the block.

    Raises InputError for a cluster that does not answer, or loses what it was given.
    """
    check_cluster(cluster)
    if not cluster:
        yield map
        return
    from distributed import Client, LocalCluster
    from distributed.scheduler import KilledWorker

    local = None
    try:
        if cluster.startswith(LOCAL):
            local = LocalCluster(  # type: ignore[no-untyped-call]
                int(cluster.removeprefix(LOCAL)),
                threads_per_worker=1,
                dashboard_address="127.0.0.1:0",
                silence_logs=logging.ERROR,
            )
        client = Client(local or cluster, timeout=PATIENCE)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise InputError(f"cluster {cluster}: nobody answers there; name the address of a dask scheduler") from error
    try:
        with client:
            yield _Map(client)
    except KilledWorker as error:
        raise InputError(f"cluster {cluster}: lost its workers; look at their logs, and begin again") from error
    finally:
        if local is not None:
            local.close()


@dataclass(frozen=True)
class _Map:
    client: Any

    def __call__(self, work: Callable[[Item], T], items: Iterable[Item]) -> Iterator[T]:
        """What the work needs goes to each worker once; what comes back is let go as it is taken."""
        shared = self.client.scatter(work, broadcast=True, hash=False)
        futures = [self.client.submit(_done, shared, item, pure=False) for item in items]
        while futures:
            yield futures.pop(0).result()


def _done(work: Callable[[Item], T], item: Item) -> T:
    return work(item)
