"""Keep freed memory instead of giving it back to the system at every step (docs/results/speed.md)."""

from __future__ import annotations

import ctypes
import sys

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # from glibc's malloc.h
LARGEST = 2**31 - 1


def keep_freed_memory() -> None:
    """Let glibc reuse the large blocks that tensors are made of. Elsewhere, do nothing."""
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, LARGEST)
