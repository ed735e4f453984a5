"""What all compiled kernels share: how many threads they use, and whether numba has them on the disk already."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from functools import wraps
from inspect import unwrap
from typing import Any

from impasto.threads import share_threads


def parallel(**options: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Compile a kernel whose loops over a `prange` are shared out to as many threads as PyTorch uses when it is called.

    options: of numba's `njit`
    """
    from numba import njit

    def compiled(function: Callable[..., None]) -> Callable[..., None]:
        kernel = njit(parallel=True, cache=True, **options)(function)

        @wraps(kernel, updated=())
        def shared(*arguments: Any) -> None:
            share_threads()
            kernel(*arguments)

        return shared

    return compiled


def is_compiled(kernel: Any) -> bool:
    """Tell whether a kernel of `@parallel()` or `@njit(cache=True)` is compiled: here, or on the disk from its source.

    An index on the disk may be of an older source file or numba: numba itself then reads it as an empty one.
    """
    kernel = unwrap(kernel, stop=lambda each: hasattr(each, "signatures"))
    if kernel.signatures:
        return True
    try:
        return bool(kernel._cache._cache_file._load_index())
    except (AttributeError, OSError, EOFError, pickle.UnpicklingError):
        return False  # a numba that keeps it elsewhere, or a file that it will not be able to use
