"""How many threads compute: one number for PyTorch, MKL and the compiled kernels, from the first to the last step.

Sums end in other last bits on another number of threads, and some methods make another picture of that.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import torch

ENOUGH = 400_000
"""Pixels from which on several threads share a picture.

With fewer, a parallel loop takes about a millisecond, and on a machine that has other work as well the threads wait for
one another far longer than that: 7 s instead of .6 s for a texture of 256 px by `texture kwatra` at a load of 8.
"""


VECTOR_MATH = "acos asin atan cos cosh erf erfc erfinv exp expm1 log log10 log1p log2 sin sinh sqrt tan tanh"
"""What PyTorch may compute by MKL's vector functions, each thread its share."""


def use_threads(count: int | None) -> int:
    """Let PyTorch and MKL use so many threads, or with None as many as PyTorch does already; return the number.

    MKL is told in any case: until it is, it follows whatever else changes OpenMP's number, and chooses fewer at times.
    """
    count = torch.get_num_threads() if count is None else count
    torch.set_num_threads(count)
    settle_matrix_products()
    settle_vector_math()
    return count


def settle_matrix_products() -> None:
    """Let MKL add up a matrix product in one order each time, on Intel's processors, unless the environment says how.

    By default the order is chosen anew: a product of a matrix and a vector on two threads came out otherwise in one
    process of six (torch 2.13, MKL 2024.2, a Xeon), and `texture histogram` with it. MKL reads the variable when it is
    first called; what is called before in a process stays as it was. The cost is below what can be measured there; on
    other makers' processors it is not known, nor was the fault seen in 49 runs.
    """
    if is_intel():
        os.environ.setdefault("MKL_CBWR", "AUTO")


@cache
def is_intel() -> bool:
    """Tell whether the processor says that Intel made it."""
    described = Path("/proc/cpuinfo")
    words = described.read_text(errors="replace") if described.is_file() else os.environ.get("PROCESSOR_IDENTIFIER", "")
    return "GenuineIntel" in words


@cache
def settle_vector_math() -> None:
    """Call each of MKL's vector functions once, by one thread, before several threads do so at once.

    The first call chooses the code for this processor. Where two threads make it together, one may compute its share by
    code of the lowest accuracy, that one time: `style strength` ended otherwise in 13 of 400 runs on two threads with
    torch 2.13 (PyTorch #188792, July 2026).
    """
    for dtype in (torch.float32, torch.float64):
        one = torch.full((1,), 0.5, dtype=dtype)
        for name in VECTOR_MATH.split():
            getattr(torch, name)(one)


@contextmanager
def threads_for(pixels: int) -> Iterator[None]:
    """Let PyTorch (and the compiled kernels, which take its number) use one thread for a small picture."""
    before = torch.get_num_threads()
    if pixels < ENOUGH:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def share_threads() -> None:
    """Let numba's kernels use as many threads as PyTorch, as far as numba has them, and leave PyTorch its number.

    The first call launches numba's threads, one a core. If they are OpenMP's, numba makes their number that of all that
    OpenMP does in this process, and PyTorch computes by OpenMP too: what follows would run on other threads than what
    came before.
    """
    from numba import config, set_num_threads

    settings: Any = config  # which mypy believes to be empty
    count = torch.get_num_threads()
    set_num_threads(min(count, settings.NUMBA_NUM_THREADS))
    if torch.get_num_threads() != count:
        torch.set_num_threads(count)
