"""What decoders say of a file behind our back: by Python's warnings and loggers, and on the standard error of C."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TypeVar, cast

T = TypeVar("T")
LOGGERS = ("PIL", "tifffile")


class _Silence:
    """What is silenced as long as somebody is inside: the last one to leave turns the sound on again."""

    def __init__(self, silence: Callable[[ExitStack], None]) -> None:
        self._silence, self._lock, self._inside, self._undo = silence, threading.Lock(), 0, ExitStack()

    @contextmanager
    def kept(self) -> Iterator[None]:
        with self._lock:
            if not self._inside:
                self._silence(self._undo)
            self._inside += 1
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1
                if not self._inside:
                    self._undo.close()


@contextmanager
def quiet() -> Iterator[None]:
    """Keep decoders from saying anything; what is wrong with a file they raise as well, or we find it."""
    with _python.kept(), _stream.kept():
        yield


def hushed(steps: Iterator[T]) -> Iterator[T]:
    """What an iterator gives, each made in quiet. Whatever is said in between, where they are used, is heard."""
    while True:
        with quiet():
            found = next(steps, steps)
        if found is steps:
            return
        yield cast("T", found)


def unwarned() -> contextlib.AbstractContextManager[None]:
    """Keep Python's warnings and loggers silent. Standard error stays open, for a bar that shows how far it is."""
    return _python.kept()


def _silence_python(undo: ExitStack) -> None:
    for logger in map(logging.getLogger, LOGGERS):
        undo.callback(logger.setLevel, logger.level)
        logger.setLevel(logging.CRITICAL + 1)
    undo.enter_context(warnings.catch_warnings())
    warnings.simplefilter("ignore")


def _silence_stream(undo: ExitStack) -> None:
    with contextlib.suppress(OSError):  # it is closed
        ours = os.dup(2)
        undo.callback(os.close, ours)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        undo.callback(os.dup2, ours, 2)
        os.dup2(nowhere, 2)
        os.close(nowhere)


_python, _stream = _Silence(_silence_python), _Silence(_silence_stream)
