"""What the command line says: one line on standard error, or one JSON object on standard output."""

from __future__ import annotations

import json
import os
import sys
from typing import Any


def say(text: str) -> None:
    """One line on standard error."""
    print(one_line(text), file=sys.stderr, flush=True)


def answer(value: Any) -> None:
    """One JSON object on standard output; what is not a number there (NaN, infinite) becomes null."""
    print(json.dumps(_plain(value), default=str, allow_nan=False), flush=True)


def one_line(text: str) -> str:
    """A message without line breaks or control characters."""
    return "".join(letter if letter.isprintable() else "?" for letter in " ".join(text.split()))


def duration(seconds: float) -> str:
    """A time as a person says it.

    >>> duration(4.2), duration(75), duration(7300)
    ('4.2 s', '1 min 15 s', '2 h 2 min')
    """
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def silence_standard_output() -> None:
    """After the reader of a pipe has gone: let the interpreter's last flush go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
