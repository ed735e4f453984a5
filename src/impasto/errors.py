"""The two ways in which a run ends early that are nobody's bug."""

from __future__ import annotations

from typing import Any


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
