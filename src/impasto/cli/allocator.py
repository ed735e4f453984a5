"""What the process asks of its system before torch is loaded; measured in docs/results/speed.md."""

from __future__ import annotations

import ctypes
import os
import sys

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # from glibc's malloc.h
LARGEST = 2**31 - 1
SPINS = 2000  # some microseconds; the default of GNU's OpenMP is over a hundred times as many


def share_the_cores() -> None:
    """Let torch's threads sleep soon when they wait for one another, unless the environment says how to wait.

    They would keep their cores busy for a while, which on cores that others use too is many times slower.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", str(SPINS))


def keep_freed_memory() -> None:
    """Let glibc reuse the large blocks that tensors are made of, not return them at every step; elsewhere, nothing."""
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, LARGEST)
