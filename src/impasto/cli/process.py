"""What the process asks of its system before torch is loaded; measured in docs/results/speed.md."""

from __future__ import annotations

import ctypes
import os
import sys

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # from glibc's malloc.h
LARGEST = 2**31 - 1


def share_the_cores() -> None:
    """Let torch's threads sleep while they wait for one another, unless the environment says how they should wait.

    They would keep their cores busy, which on cores that others use too is many times slower.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def keep_freed_memory() -> None:
    """Let glibc reuse the large blocks that tensors are made of, not return them at every step; elsewhere, nothing."""
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, LARGEST)
