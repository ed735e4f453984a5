"""The two ways in which a run ends early that are nobody's bug, and the words for what the system refuses."""

from __future__ import annotations

import errno
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any

_ELSEWHERE = "write elsewhere"
_REASONS = {
    errno.EACCES: f"no permission to write there: {_ELSEWHERE}",
    errno.EPERM: f"no permission to write there: {_ELSEWHERE}",
    errno.EROFS: f"the disk is read-only: {_ELSEWHERE}",
    errno.EISDIR: "is a folder: add a file name",
    errno.ENOTDIR: f"a part of its path is a file, not a folder: {_ELSEWHERE}",
    errno.EEXIST: f"a part of its path is a file, not a folder: {_ELSEWHERE}",
    errno.ELOOP: f"a part of its path is a link to itself: {_ELSEWHERE}",
    errno.ENAMETOOLONG: "the name is too long: shorten it",
    errno.EBADF: "is closed, and nothing can be written there",
}
_FULL = {errno.ENOSPC: "no space left on the disk", errno.EDQUOT: "the disk quota is used up"}


class InputError(ValueError):
    """The user's input cannot be used; the message is one line: what, where, and how to mend it.

    >>> raise InputError("scales must be between 1 and 8, got 9")
    Traceback (most recent call last):
    impasto.errors.InputError: scales must be between 1 and 8, got 9
    """


class Cancelled(Exception):  # noqa: N818 - not an error: somebody asked for it
    """Raised by an observer to end a run; whoever started the run keeps the last preview.

    A method that has more to show for what is done passes it on as `result`, a `methods.Result`.
    """

    def __init__(self, result: Any = None) -> None:
        super().__init__()
        self.result = result


class DiskFullError(InputError):
    """There is no space for what is to be written; `mend` is the end of the message, and not what a run needs."""

    def __init__(self, place: str, mend: str = "") -> None:
        super().__init__(place + mend)
        self.place = place


def meant(word: str, known: Collection[str], every: str = "one of") -> str:
    """The end of a line about a name that is none: the nearest one that is known, or all after the words `every`."""
    near = get_close_matches(word, known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"{every}: {', '.join(known)}"


def refusal(error: OSError) -> str:
    """Why something could not be written, and how to mend it."""
    number = error.errno or 0
    if number in _FULL:
        return f"{_full(number, 0)}, or {_ELSEWHERE}"
    return _REASONS.get(number, f"cannot be written ({error.strerror or error})")


@contextmanager
def writing(where: str, size: int = 0) -> Iterator[None]:
    """Whatever the system has against `size` bytes at a place is one InputError, a `DiskFullError` if it is that."""
    try:
        yield
    except OSError as error:
        number = error.errno or 0
        if number in _FULL:
            raise DiskFullError(f"{where}: {_full(number, size)}", f", or {_ELSEWHERE}") from error
        raise InputError(f"{where}: {refusal(error)}") from error


def _full(number: int, size: int) -> str:
    return f"{_FULL[number]}: free {f'at least {-(-size // 1_000_000)} MB' if size else 'some'} there"
