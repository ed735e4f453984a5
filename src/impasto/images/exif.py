"""EXIF as fields of bytes, copied as they are from one file into another (CIPA DC-008; TIFF 6.0, section 2)."""

from __future__ import annotations

import struct
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Order: TypeAlias = Literal["<", ">"]
Fields: TypeAlias = "Mapping[int, tuple[int, bytes]]"
"""By their tags, the type of each and its bytes."""

BYTE, ASCII, SHORT, LONG, RATIONAL = 1, 2, 3, 4, 5
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}  # bytes of each type
DESCRIPTION, ORIENTATION, XMP, IPTC = 270, 274, 700, 33723
RESOLUTION = (282, 283, 296)
"""Pixels in x and in y, and in what."""
DETAILS, PLACE = 0x8769, 0x8825
"""Where the other two directories are."""
USER_COMMENT = 0x9286


@dataclass(frozen=True)
class Exif:
    """The first directory, the one of the exposure, and the one of the place (GPS); the thumbnail's is left.

    order: of the bytes, as `struct` has it. whole: whether each field lay within the file.
    """

    order: Order = ">"
    main: Fields = field(default_factory=dict)
    details: Fields = field(default_factory=dict)
    place: Fields = field(default_factory=dict)
    whole: bool = True

    def numbers(self, *values: int, kind: int = SHORT) -> tuple[int, bytes]:
        """A field of whole numbers, or of pairs of them."""
        return kind, struct.pack(f"{self.order}{len(values)}{'H' if kind == SHORT else 'I'}", *values)

    def directories(self, start: int) -> bytes:
        """The three, one behind the other, in a file whose byte `start` is their first."""
        under = [(tag, fields) for tag, fields in ((DETAILS, self.details), (PLACE, self.place)) if fields]
        main = {**self.main, **{tag: self.numbers(0, kind=LONG) for tag, _ in under}}
        rest = b""
        for tag, fields in under:
            place = start + len(_directory(main, self.order, 0)) + len(rest)
            main[tag] = self.numbers(place, kind=LONG)
            rest += _directory(fields, self.order, place)
        return _directory(main, self.order, start) + rest

    def block(self) -> bytes:
        """A TIFF of nothing but directories, which is what EXIF is."""
        return self.head(8) + self.directories(8)

    def head(self, start: int) -> bytes:
        """The first bytes of a TIFF whose first directory is at `start`."""
        return (b"II" if self.order == "<" else b"MM") + struct.pack(f"{self.order}HI", 42, start)


def parse(block: bytes, only: Collection[int] = ()) -> Exif:
    """The fields of EXIF, or of a TIFF or BigTIFF, whose first directory may be read for the tags `only`.

    What lies outside the block is left out, and `whole` says so.
    """
    if block[:2] not in (b"II", b"MM") or len(block) < 16:
        return Exif(whole=False)
    order: Order = "<" if block[:2] == b"II" else ">"
    (version,) = struct.unpack_from(f"{order}H", block, 2)
    (start,) = struct.unpack_from(f"{order}{'Q' if version == 43 else 'I'}", block, 8 if version == 43 else 4)
    main, whole = _fields(block, order, start, {*only, DETAILS, PLACE} if only else (), wide=version == 43)
    under: list[Fields] = [{}, {}]
    for number, tag in enumerate((DETAILS, PLACE)):
        if tag in main:
            place = int.from_bytes(main.pop(tag)[1], "little" if order == "<" else "big")
            under[number], sound = _fields(block, order, place, wide=version == 43)
            whole = whole and sound
    return Exif(order, main, under[0], under[1], whole)


def _fields(
    block: bytes, order: Order, start: int, only: Collection[int] = (), *, wide: bool
) -> tuple[dict[int, tuple[int, bytes]], bool]:
    """A directory's fields that lie within the block, and whether all do."""
    kinds = "QHHQ" if wide else "HHHI"  # count; tag, type and length of each field; then its value, or where that is
    entry, pointer = f"{order}{kinds[1:]}", f"{order}{kinds[-1]}"
    before, room = struct.calcsize(entry), struct.calcsize(pointer)
    found: dict[int, tuple[int, bytes]] = {}
    whole, left = True, len(block)  # values that lie apart are no longer together
    try:
        (count,) = struct.unpack_from(f"{order}{kinds[0]}", block, start)
        for at in range(start + struct.calcsize(f"{order}{kinds[0]}"), len(block), before + room)[:count]:
            tag, kind, length = struct.unpack_from(entry, block, at)
            size, value = _SIZES.get(kind, 8) * length, at + before
            if size > room:
                (value,) = struct.unpack_from(pointer, block, value)
            if only and tag not in only:
                continue
            if value + size > len(block) or size > left:
                whole = False
            elif size and (kind in _SIZES or tag in (DETAILS, PLACE)):
                found[tag] = kind, block[value : value + size]
                left -= size
    except struct.error:
        whole = False
    return found, whole


def _directory(fields: Fields, order: Order, start: int) -> bytes:
    entries, values = struct.pack(f"{order}H", len(fields)), b""
    behind = start + len(entries) + 12 * len(fields) + 4
    for tag, (kind, value) in sorted(fields.items()):
        entries += struct.pack(f"{order}HHI", tag, kind, len(value) // _SIZES[kind])
        if len(value) <= 4:
            entries += value.ljust(4, b"\0")
        else:
            entries += struct.pack(f"{order}I", behind + len(values))
            values += value + b"\0" * (len(value) % 2)
    return entries + bytes(4) + values
