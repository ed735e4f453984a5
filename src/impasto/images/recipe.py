"""The recipe that a picture carries: JSON in a PNG's text, in EXIF (JPEG, WebP), or in a TIFF's or GIF's remark."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping
from typing import Any

from PIL import Image

from impasto.images.damage import one_line_errors
from impasto.images.decode import open_picture
from impasto.images.exif import DESCRIPTION, DETAILS, USER_COMMENT
from impasto.images.sources import File, label, open_stream

KEYWORD = "impasto"
"""The keyword of the PNG text chunk."""

ASCII_REMARK = b"ASCII\0\0\0"
"""What a user comment of EXIF begins with."""

_SIGNATURE_AND_HEADER = 8 + 25  # bytes of a PNG before its second chunk


def recipe_text(recipe: Mapping[str, Any]) -> str:
    """A recipe as one line of ASCII JSON."""
    return json.dumps(dict(recipe), separators=(",", ":"))


def with_png_chunks(png: bytes, recipe: Mapping[str, Any] | None, more: bytes = b"") -> bytes:
    """A PNG that says it is sRGB, and carries the recipe in an iTXt chunk; the pixels' bytes are untouched."""
    chunks = chunk(b"sRGB", b"\x01")  # rendering intent: relative colorimetric
    if recipe is not None:
        chunks += text_chunk(KEYWORD, recipe_text(recipe).encode())
    return png[:_SIGNATURE_AND_HEADER] + chunks + more + png[_SIGNATURE_AND_HEADER:]


def text_chunk(keyword: str, text: bytes) -> bytes:
    """Text in a PNG."""
    # keyword, null, not compressed (two bytes), no language, no translated keyword, text: PNG 1.2, 4.2.3.3
    return chunk(b"iTXt", keyword.encode("latin-1", "replace")[:79] + b"\0\0\0\0\0" + text)


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def read_recipe(source: File, *, name: str | None = None) -> dict[str, Any] | None:
    """The recipe inside a PNG, JPEG, WebP, TIFF or GIF; None if there is none. Nothing is decoded but the metadata.

    Raises InputError if the source is not a picture.

    >>> import torch; from impasto.images import encode
    >>> read_recipe(encode(torch.zeros(3, 1, 1), recipe={"seed": 7}))
    {'seed': 7}
    """
    where = label(source, name)
    with open_stream(source, name) as stream:
        picture = open_picture(stream, where)
        if picture is None:
            return None
        with one_line_errors(where):
            text = _find(picture)
    return parsed_recipe(text)


def parsed_recipe(text: str | bytes) -> dict[str, Any] | None:
    """The recipe that a text is; None for a description or comment by somebody else."""
    try:
        recipe = json.loads(text.rstrip(b"\0") if isinstance(text, bytes) else text)
    except (ValueError, RecursionError):
        return None
    return recipe if isinstance(recipe, dict) else None


def _find(picture: Image.Image) -> str:
    if picture.format == "PNG":
        # other tools may move text behind the pixels, where only `text` looks
        text = picture.info.get(KEYWORD) or getattr(picture, "text", {}).get(KEYWORD, "")
        return str(text)
    if picture.format == "GIF":
        remark = picture.info.get("comment", b"")
        return remark.decode("ascii", errors="replace") if isinstance(remark, bytes) else ""
    comment: object = picture.getexif().get_ifd(DETAILS).get(USER_COMMENT, b"")
    if isinstance(comment, bytes) and comment.startswith(ASCII_REMARK):
        return comment[len(ASCII_REMARK) :].decode("ascii", errors="replace")
    return str(getattr(picture, "tag_v2", {}).get(DESCRIPTION, ""))
