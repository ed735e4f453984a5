"""What all compiled kernels share: how many threads they use, and whether numba has them on the disk already."""

from __future__ import annotations

import pickle
from typing import Any


def is_compiled(kernel: Any) -> bool:
    """Tell whether a kernel of `@njit(cache=True)` is compiled: in this process, or on the disk from these sources.

    An index on the disk may be of an older source file or numba: numba itself then reads it as an empty one.
    """
    if kernel.signatures:
        return True
    try:
        return bool(kernel._cache._cache_file._load_index())
    except (AttributeError, OSError, EOFError, pickle.UnpicklingError):
        return False  # a numba that keeps it elsewhere, or a file that it will not be able to use


def use_threads(count: int) -> None:
    """Let the kernels run on so many threads, as far as numba has them."""
    from numba import config, set_num_threads

    settings: Any = config  # which mypy believes to be empty
    set_num_threads(max(1, min(count, int(settings.NUMBA_NUM_THREADS))))
