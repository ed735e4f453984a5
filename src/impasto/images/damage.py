"""What decoders raise on damaged files, in one line."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image

from impasto.errors import InputError
from impasto.images.quiet import quiet

_UNWORDED = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    UnicodeDecodeError,
    OverflowError,
    struct.error,
)
"""What decoders raise on damaged files without meaning to; its words are for programmers."""


@contextmanager
def one_line_errors(where: str) -> Iterator[None]:
    """Whatever a decoder raises on a damaged file becomes one InputError; what it says is silenced.

    Not around what a generator yields: as long as it waits, nobody is heard.
    """
    with worded(where), quiet():
        yield


@contextmanager
def worded(where: str) -> Iterator[None]:
    """Whatever a decoder raises on a damaged file becomes one InputError."""
    try:
        yield
    except InputError:
        raise
    except MemoryError as error:
        raise InputError(f"{where}: there is not enough memory to decode it: make it smaller first") from error
    except Image.DecompressionBombError as error:
        limit = 2 * (Image.MAX_IMAGE_PIXELS or 0) / 1e6
        raise InputError(f"{where}: claims more than {limit:.0f} megapixels: make it smaller first") from error
    except Exception as error:  # decoders raise OSError, SyntaxError, struct.error, IndexError ... on damaged files
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        if type(error) in _UNWORDED:
            reason = "what it says of itself makes no sense"
        raise InputError(f"{where}: is truncated or damaged ({reason}): get a whole copy") from error
