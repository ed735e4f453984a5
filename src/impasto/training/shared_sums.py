"""Sums over the processes of one machine, by memory that all of them see: no message goes through the system.

A message costs little, but the one who waits for it is put to sleep and woken, and on a machine whose cores are all at
work that takes ten times as long as the sum. Here those who wait look again and again.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import time
from contextlib import suppress
from pathlib import Path

import torch
from torch import Tensor

from impasto.errors import writing
from impasto.images.sources import label

SLOT = 1 << 20  # bytes of a process's part of a message, which stay in a core's cache
LINE = 64  # bytes of a counter, so that no two share a line of the cache
EAGER = 0.02  # seconds of looking without a rest
REST = 0.0005  # seconds between looks after that
DOUBT = 1000  # rests between looks whether the others are still there


class SharedSums:
    """One process's end.

    Each writes its part into its own slot and says so by its counter; when all have, each adds up all parts, in the
    order of the processes. There are two sets of slots, for who is quick may write its next part while others still
    read: never the one after, for that waits until all have written theirs.

    It relies on memory that shows what a process wrote in the order in which it did, as that of x86 processors does.
    """

    def __init__(self, folder: Path, rank: int, size: int) -> None:
        """folder: where all find one another. Before the first sum all of them must have come so far."""
        self._rank, self._size, self._round = rank, size, 0
        self._locks = [os.open(folder / f"process-{number}", os.O_CREAT | os.O_RDWR) for number in range(size)]
        fcntl.flock(self._locks[rank], fcntl.LOCK_EX)  # until this process ends, however it does
        length = size * (LINE + 2 * SLOT)
        file = os.open(folder / "sums", os.O_CREAT | os.O_RDWR)
        try:
            with writing(label(folder), length):
                os.pwrite(file, bytes(length), 0)  # to write where the disk has no space would end the process
            self._memory = mmap.mmap(file, length)
        finally:
            os.close(file)
        self._counters = memoryview(self._memory)[: size * LINE].cast("q")

    def add(self, values: Tensor) -> None:
        """Make a tensor (N,), whose numbers lie one after the other, the sum of all processes', of the same size there.

        Raises RuntimeError if one of the others has ended.
        """
        for part in torch.split(values, SLOT // values.itemsize):
            self._add(part)

    def close(self) -> None:
        """Take part no longer: who waits for this one is told."""
        for lock in self._locks:
            os.close(lock)

    def _add(self, part: Tensor) -> None:
        self._round += 1
        first = self._size * (LINE + (self._round % 2) * SLOT)
        slots = [
            torch.frombuffer(self._memory, dtype=part.dtype, count=len(part), offset=first + number * SLOT)
            for number in range(self._size)
        ]
        slots[self._rank].copy_(part)
        self._counters[self._rank * LINE // 8] = self._round
        self._wait()
        part.copy_(slots[0])
        for slot in slots[1:]:
            part += slot

    def _wait(self) -> None:
        until, rests = time.monotonic() + EAGER, 0
        for number in range(self._size):
            while self._counters[number * LINE // 8] < self._round:
                if time.monotonic() < until:
                    os.sched_yield()
                    continue
                time.sleep(REST)
                rests += 1
                if rests % DOUBT == 0:
                    self._look_after(number)

    def _look_after(self, number: int) -> None:
        with suppress(BlockingIOError):
            fcntl.flock(self._locks[number], fcntl.LOCK_SH | fcntl.LOCK_NB)
            fcntl.flock(self._locks[number], fcntl.LOCK_UN)
            if self._counters[number * LINE // 8] < self._round:  # it may have ended after its part
                raise RuntimeError(f"process {number} of {self._size} has ended")
