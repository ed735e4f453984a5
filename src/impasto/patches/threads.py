"""How many threads are worth their while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

ENOUGH = 400_000
"""Pixels from which on several threads share a picture.

With fewer, a parallel loop takes about a millisecond, and on a machine that has other work as well the threads wait for
one another far longer than that: 7 s instead of .6 s for a texture of 256 px by `texture kwatra` at a load of 8.
"""


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
