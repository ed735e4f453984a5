"""What a photo's owner has beside its pixels, read so that a mended photo can keep it."""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import Literal
from xml.parsers.expat import ExpatError, ParserCreate

from PIL import Image

from impasto.images.decode import TIFF, open_picture
from impasto.images.exif import DESCRIPTION, IPTC, RESOLUTION, USER_COMMENT, XMP, Exif, parse
from impasto.images.recipe import ASCII_REMARK, KEYWORD, parsed_recipe
from impasto.images.sources import Source, file_bytes, is_file, label

Choice = Literal["keep", "private", "none"]

MOST = 48_000  # bytes of EXIF, which has 64 kB in a JPEG, the recipe's among them
_SEGMENT = 65_000  # bytes that fit into one piece of a JPEG
IPTC_RESOURCE = 0x0404  # where a JPEG has IPTC
_MAKER_NOTE = 0x927C
_JPEG = b"\xff\xd8\xff"

_PRIVATE_MAIN = {DESCRIPTION, 271, 272, *RESOLUTION, 305, 306, 315, 33432}
_MAIN = {*_PRIVATE_MAIN, 269, 285, 316, 18246, 18249, *range(40091, 40096)}
"""Of the first directory what people write, and no layout: make, model, resolution, date, artist, copyright ..."""
_STALE = {0xA001, 0xA002, 0xA003, 0xA005, 0xA500}  # colour space, size, what is said of both, gamma
_PRIVATE_DETAILS = {*range(0x829A, 0x9215), *range(0x9290, 0x9293), *range(0xA402, 0xA40B), 0xA432, 0xA433, 0xA434}
"""Exposure, dates and lens: no numbers of devices, no names, no notes of the maker."""
_PRIVATE_TEXT = {
    *("Title", "Author", "Description", "Copyright", "Creation Time", "Date", "Software", "Disclaimer", "Warning")
}

_OF_LAYOUT = re.compile(rb"ImageJ=|.*<OME", re.DOTALL)  # descriptions of a stack's layers, which are not there any more
_NAMES = (
    rb"(?:tiff:(?:Orientation|Image(?:Width|Length)|BitsPerSample|SamplesPerPixel|PhotometricInterpretation|NativeDigest)"
    rb"|exif:(?:ColorSpace|Pixel[XY]Dimension|NativeDigest)|photoshop:ICCProfile|(?:xmp|xap):Thumbnails"
    rb"|(?:GCamera|Container|hdrgm|HDRGainMap):\w+)"
)
_STALE_XMP = re.compile(
    rb"\s" + _NAMES + rb"\s*=\s*(?:\"[^\"]*\"|'[^']*')|<(" + _NAMES + rb")(?:\s[^<>]*)?(?:/>|>.*?</\1\s*>)", re.DOTALL
)
"""Properties of XMP that tell of the old pixels, or of what else was in the old file."""


@dataclass(frozen=True)
class Metadata:
    """What a new version of a photo keeps.

    dpi: (x, y) pixels an inch. text: by its keywords, as in a PNG. xmp, iptc: as they are in a file.
    notes: lines that say what could not be kept.
    """

    exif: Exif = field(default_factory=Exif)
    dpi: tuple[float, float] | None = None
    text: Mapping[str, str] = field(default_factory=dict)
    xmp: bytes = b""
    iptc: bytes = b""
    notes: tuple[str, ...] = ()


def read_metadata(source: Source, *, private: bool = False, name: str | None = None) -> Metadata:
    """What lies beside the pixels of a photo: EXIF, XMP, IPTC, resolution, and a PNG's text.

    What would be wrong of a new version is left out: orientation, thumbnails, layout, and the recipe of another run.
    private: without what may tell where it was taken, by whom and with which very camera: place, serial numbers,
        the owner's name, notes of the maker, XMP, IPTC, and text that is not of the usual kinds.

    Never raises for what is damaged or too long: that is left out, and the notes say so. Arrays have nothing.
    """
    where = label(source, name)
    try:
        if is_file(source):
            found = _of_file(file_bytes(source), where)
        else:
            found = _of_picture(source) if isinstance(source, Image.Image) else Metadata()
        if private:
            found = replace(found, xmp=b"", iptc=b"")
    except Exception:  # whatever is read from bytes that anybody may have written
        return Metadata(notes=(f"{where}: what it says beside its pixels is damaged, and is not kept",))
    exif, lost = _put_right(found.exif, private=private)
    text = kept_text(found.text, private=private)
    xmp, iptc = (data if len(data) <= _SEGMENT else b"" for data in (found.xmp, found.iptc))
    lost = lost or (xmp, iptc) != (found.xmp, found.iptc)
    sound = _is_xml(xmp)
    xmp = _STALE_XMP.sub(b"", xmp) if sound else b""
    damaged = " and ".join(name for name, whole in (("EXIF", exif.whole), ("XMP", sound)) if not whole)
    notes = [f"{where}: a part of its {damaged} is damaged, and is not kept"] if damaged else []
    notes += [f"{where}: what it says beside its pixels is too long to be kept whole"] if lost else []
    return Metadata(exif, found.dpi or _dpi(exif), text, xmp, iptc, tuple(notes))


def kept_text(text: Mapping[str, str], *, private: bool) -> dict[str, str]:
    """What stays of text by its keywords, which are those of a PNG."""
    return {key: value for key, value in text.items() if not private or key in _PRIVATE_TEXT}


def _of_file(data: bytes, where: str) -> Metadata:
    if data.startswith(TIFF):
        exif = parse(data, {*_MAIN, XMP, IPTC})
        main = dict(exif.main)
        xmp, iptc = (main.pop(tag, (0, b""))[1] for tag in (XMP, IPTC))
        return Metadata(replace(exif, main=main), xmp=xmp.strip(b"\0"), iptc=iptc)
    picture = open_picture(io.BytesIO(data), where)
    return Metadata() if picture is None else _of_picture(picture)


def _of_picture(picture: Image.Image) -> Metadata:
    # a PNG's text may stand behind its pixels, where only `text` looks
    text = {key: str(value) for key, value in getattr(picture, "text", {}).items()}
    info = picture.info
    block = info.get("exif", b"")
    if profile := text.get("Raw profile type exif"):  # as ImageMagick wrote it before PNG had a chunk for it
        block = block or bytes.fromhex("".join(profile.split("\n")[3:]))
    jpeg = picture.format in ("JPEG", "MPO")
    comment = info.get("comment", b"") if jpeg or picture.format == "GIF" else b""
    if comment and not parsed_recipe(comment):
        text["Comment"] = comment.decode("utf-8", "replace")
    own = {key: value for key, value in text.items() if key not in (KEYWORD, "XML:com.adobe.xmp")}
    known = not jpeg or info.get("jfif_unit") in (1, 2)  # else Pillow guesses
    return Metadata(
        parse(block.removeprefix(b"Exif\0\0"), _MAIN) if block else Exif(),
        _valid(info.get("dpi")) if known else None,
        {key: value for key, value in own.items() if not key.startswith("Raw profile type")},
        info.get("xmp", b"").strip(b"\0"),
        info.get("photoshop", {}).get(IPTC_RESOURCE, b""),
    )


def _put_right(exif: Exif, *, private: bool) -> tuple[Exif, bool]:
    """The fields that hold for a new version, and whether some are left out because they are too long."""
    main, details, place = dict(exif.main), dict(exif.details), {} if private else dict(exif.place)
    for fields, tag in ((main, DESCRIPTION), (details, USER_COMMENT)):
        words = fields.get(tag, (0, b""))[1]
        if parsed_recipe(words.removeprefix(ASCII_REMARK)) is not None or _OF_LAYOUT.match(words):
            del fields[tag]
    if _JPEG in details.get(_MAKER_NOTE, (0, b""))[1]:  # a small picture of how it was
        del details[_MAKER_NOTE]
    if private:
        main = {tag: value for tag, value in main.items() if tag in _PRIVATE_MAIN}
    details = {
        tag: value for tag, value in details.items() if tag not in _STALE and (not private or tag in _PRIVATE_DETAILS)
    }
    every = sorted(
        ((len(fields[tag][1]), tag, fields) for fields in (main, details, place) for tag in fields), key=itemgetter(0)
    )
    total, lost = sum(12 + length for length, *_ in every), False
    while total > MOST:
        length, tag, fields = every.pop()
        del fields[tag]
        total, lost = total - length - 12, True
    return replace(exif, main=main, details=details, place=place), lost


def _is_xml(xmp: bytes) -> bool:
    """Whether XMP, if there is any, is sound, and has nothing to be expanded."""
    try:
        return not xmp or (b"<!DOCTYPE" not in xmp and ParserCreate().Parse(xmp, True) == 1)
    except ExpatError:
        return False


def _dpi(exif: Exif) -> tuple[float, float] | None:
    """The resolution that the first directory has, in pixels an inch."""
    try:
        x, y = (struct.unpack(f"{exif.order}II", exif.main[tag][1]) for tag in RESOLUTION[:2])
        (unit,) = struct.unpack(f"{exif.order}H", exif.main[RESOLUTION[2]][1]) if RESOLUTION[2] in exif.main else (2,)
        inch = {2: 1.0, 3: 2.54}[unit]
        return _valid((x[0] / x[1] * inch, y[0] / y[1] * inch))
    except (KeyError, struct.error, ZeroDivisionError):
        return None


def _valid(dpi: tuple[float, float] | None) -> tuple[float, float] | None:
    return (float(dpi[0]), float(dpi[1])) if dpi and all(1 <= value <= 65_535 for value in dpi) else None
