"""The standard streams as the process was given them."""

from __future__ import annotations

import io
import os
import sys

INSTEAD = {"stdin": (os.O_WRONLY, "r"), "stdout": (os.O_RDONLY, "w"), "stderr": (os.O_WRONLY, "w")}
"""How the empty device is opened in a closed stream's place: to read and to write fail, to complain does not."""


def settle_streams() -> None:
    """Put something in the place of standard streams that are closed, or the next file would get their numbers.

    Python would print on standard output then what is meant for standard error. Names that standard output has no
    letters for are written with what stands for them.
    """
    for name, (mode, text) in INSTEAD.items():
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, mode), text))
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")
