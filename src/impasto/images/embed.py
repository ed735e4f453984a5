"""What a file carries beside its pixels of what a photo's owner had there; and EXIF, with the recipe."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from impasto.errors import InputError
from impasto.images.exif import (
    ASCII,
    BYTE,
    DESCRIPTION,
    IPTC,
    LONG,
    ORIENTATION,
    RATIONAL,
    RESOLUTION,
    USER_COMMENT,
    XMP,
    Exif,
    parse,
)
from impasto.images.metadata import IPTC_RESOURCE, Metadata
from impasto.images.recipe import ASCII_REMARK, chunk, recipe_text, text_chunk

Size = tuple[int, int]

_MAX_EXIF, _MOST_TEXT = 65_000, 2_000
_COLOR_SPACE, _WIDTH, _HEIGHT = 0xA001, 0xA002, 0xA003
_TEXT = {"Title": 269, "Description": DESCRIPTION, "Software": 305, "Author": 315, "Copyright": 33432}
"""The tags for what a PNG has as text."""


def png_chunks(metadata: Metadata, size: Size) -> bytes:
    """The chunks of a PNG that hold what a photo's owner had: resolution, text, XMP, EXIF."""
    chunks = b""
    if metadata.dpi:
        chunks += chunk(b"pHYs", struct.pack(">IIB", *(round(value / 0.0254) for value in metadata.dpi), 1))
    for key, value in metadata.text.items():
        chunks += text_chunk(key, value.encode("utf-8", "replace").replace(b"\0", b" "))
    if metadata.xmp:
        chunks += text_chunk("XML:com.adobe.xmp", metadata.xmp)
    if metadata.exif.main or metadata.exif.details or metadata.exif.place:
        chunks += chunk(b"eXIf", _finished(metadata, None, size).block())
    return chunks


def exif(recipe: Mapping[str, Any] | None, metadata: Metadata | None = None, size: Size = (0, 0)) -> bytes:
    """EXIF that says sRGB, with the recipe as its user comment, and as much of a photo's fields as fit beside it.

    Raises InputError if the recipe does not fit (65 kB).
    """
    text = None if recipe is None else recipe_text(recipe)
    data = b"Exif\0\0" + _finished(_with_text(metadata), text, size).block()
    if len(data) > _MAX_EXIF and metadata is not None:
        return exif(recipe, metadata=_without_longest(metadata), size=size)
    if len(data) > _MAX_EXIF:
        raise InputError(f"the recipe, {len(data)} bytes, does not fit in a JPEG or WebP: write a .png")
    return data


def _without_longest(metadata: Metadata) -> Metadata | None:
    """Without the longest field; None if there is none left."""
    own = metadata.exif
    longest = max(
        (len(value), tag)
        for each in (own.main, own.details, own.place, {0: (0, b"")})
        for tag, (_, value) in each.items()
    )
    if not longest[1]:
        return None
    main, details, place = (
        {tag: it for tag, it in each.items() if (len(it[1]), tag) != longest}
        for each in (own.main, own.details, own.place)
    )
    return replace(metadata, exif=replace(own, main=main, details=details, place=place))


def jpeg_options(metadata: Metadata | None) -> dict[str, Any]:
    """What Pillow writes into a JPEG beside EXIF."""
    if metadata is None:
        return {}
    options: dict[str, Any] = {"xmp": metadata.xmp, "comment": metadata.text.get("Comment", "").encode()[:65_000]}
    if metadata.dpi:
        options["dpi"] = metadata.dpi
    if metadata.iptc:  # an image resource block: its kind, no name, and its length
        data = b"Photoshop 3.0\x008BIM" + struct.pack(">HHI", IPTC_RESOURCE, 0, len(metadata.iptc)) + metadata.iptc
        data += b"\0" * (len(data) % 2)
        options["extra"] = b"\xff\xed" + struct.pack(">H", len(data) + 2) + data
    return options


def tiff_with_fields(tiff: bytes, recipe: Mapping[str, Any] | None, metadata: Metadata, size: Size) -> bytes:
    """A TIFF with a photo's fields beside its own, in a directory at its end which is the first then."""
    own = parse(tiff)
    found = _finished(_with_text(metadata), None if recipe is None else recipe_text(recipe), size)
    beside = {XMP: (BYTE, metadata.xmp), IPTC: (BYTE, metadata.iptc)}
    main = {**own.main, **found.main, **{tag: value for tag, value in beside.items() if value[1]}}
    start = len(tiff) + len(tiff) % 2
    return found.head(start) + tiff[8:].ljust(start - 8, b"\0") + replace(found, main=main).directories(start)


def _finished(metadata: Metadata | None, remark: str | None, size: Size) -> Exif:
    """The EXIF of a new picture: sRGB, and with that of a photo upright, its own size, and a resolution."""
    own = Exif() if metadata is None else metadata.exif
    main, details = dict(own.main), {**own.details, _COLOR_SPACE: own.numbers(1)}
    if remark is not None:
        details[USER_COMMENT] = BYTE, ASCII_REMARK + remark.encode()  # the type that Pillow gives it
    if metadata is not None:
        main[ORIENTATION] = own.numbers(1)
        details |= {_WIDTH: own.numbers(size[0], kind=LONG), _HEIGHT: own.numbers(size[1], kind=LONG)}
        if metadata.dpi and RESOLUTION[0] not in main:
            x, y = ((RATIONAL, own.numbers(round(value * 1000), 1000, kind=RATIONAL)[1]) for value in metadata.dpi)
            main |= zip(RESOLUTION, (x, y, own.numbers(2)), strict=True)
    return replace(own, main=main, details=details)


def _with_text(metadata: Metadata | None) -> Metadata | None:
    """With a PNG's text in the fields of EXIF that are for the same, if it is short."""
    if metadata is None:
        return None
    known = {tag: metadata.text.get(key, "").encode("utf-8", "replace") for key, tag in _TEXT.items()}
    text = {tag: (ASCII, words + b"\0") for tag, words in known.items() if 0 < len(words) <= _MOST_TEXT}
    return replace(metadata, exif=replace(metadata.exif, main=text | dict(metadata.exif.main)))
