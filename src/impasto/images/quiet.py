"""What decoders say of a file behind our back: by Python's loggers, and on the standard error of C."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

LOGGERS = ("PIL", "tifffile")

_lock = threading.Lock()
_inside = 0  # how many decode at this moment: the last one to end turns the sound on again
_undo = ExitStack()


@contextmanager
def quiet() -> Iterator[None]:
    """Keep decoders from saying anything; what is wrong with a file they raise as well, or we find it."""
    global _inside
    with _lock:
        if not _inside:
            _silence()
        _inside += 1
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside:
                _undo.close()


def _silence() -> None:
    for logger in map(logging.getLogger, LOGGERS):
        _undo.callback(logger.setLevel, logger.level)
        logger.setLevel(logging.CRITICAL + 1)
    with contextlib.suppress(OSError):  # it is closed
        ours = os.dup(2)
        _undo.callback(os.close, ours)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        _undo.callback(os.dup2, ours, 2)
        os.dup2(nowhere, 2)
        os.close(nowhere)
