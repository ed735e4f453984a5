"""Picture files into pixels: Pillow decodes, 16-bit colour is kept, profiles and orientation are honoured."""

from __future__ import annotations

import io
import os
import struct
from typing import BinaryIO, cast

import numpy as np
from PIL import Image, UnidentifiedImageError

from impasto.errors import InputError
from impasto.images import code_points
from impasto.images.arrays import Pixels, array_pixels
from impasto.images.damage import one_line_errors
from impasto.images.deep import deep_bits, deep_pixels
from impasto.images.exif import ORIENTATION
from impasto.images.icc import to_srgb
from impasto.images.spaces import Space, in_parts, profile_to_srgb
from impasto.images.stated import stated
from impasto.images.tiff import first_page, in_planes, page_pixels

FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP", "DIB", "PPM", "AVIF", "JPEG2000", "ICO", "PSD", "DDS")
"""Pillow's decoders that are used; those that start other programs (EPS) or guess (TGA) are not."""

_PHOTOMETRIC = 262
_STRIPS = ((273, 279), (324, 325))  # where a TIFF's strips and tiles begin, and their bytes
HEAD = 1 << 20  # bytes in which a file names its colours
_FOREIGN = (
    (b"ftyphei", "a HEIC picture"),
    (b"ftypmif1", "a HEIF picture"),
    (b"%PDF", "a PDF document"),
    (b"%!PS", "a PostScript document"),
    (b"<svg", "an SVG drawing"),
    (b"\x76\x2f\x31\x01", "an OpenEXR picture"),
    (b"gimp xcf", "a GIMP drawing"),
)
TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
"""How the files of that kind begin."""


def check_pixels(width: int, height: int, max_pixels: int, where: str) -> None:
    """Raise InputError for a picture of no pixels, or of more than `max_pixels`."""
    if width < 1 or height < 1:
        raise InputError(f"{where}: has no pixels, it is {width}x{height}")
    if width * height > max_pixels:
        raise InputError(
            f"{where}: {width}x{height} is {width * height / 1e6:.1f} megapixels, "
            f"over the limit of {max_pixels / 1e6:g}: make it smaller first"
        )


def open_picture(stream: BinaryIO, where: str) -> Image.Image | None:
    """Open a picture by its header alone; None for a TIFF that only `tifffile` can read (float colour, BigTIFF).

    Raises InputError for anything that is not a picture.
    """
    with one_line_errors(where):
        try:
            picture = Image.open(stream, formats=FORMATS)
            if picture.format == "WEBP" and getattr(picture, "is_animated", False):
                return _whole_alpha(stream)
            if found := _code_points(picture, stream):
                picture.info["code_points"] = found
            return picture
        except UnidentifiedImageError:
            stream.seek(0)
            head = stream.read(512)
            stream.seek(0)
            if head.startswith(TIFF):
                return None
            kind = next((kind for mark, kind in _FOREIGN if mark in head), "")
            what = f"is {kind}, which cannot be read" if kind else "is not a picture, or one that is badly damaged"
            raise InputError(f"{where}: {what}: save it as PNG or JPEG first") from None


def _whole_alpha(stream: BinaryIO) -> Image.Image:
    """An animated WebP with the flag of alpha: encoders leave it out where clear parts are only those never painted."""
    stream.seek(0)
    data = bytearray(stream.read())
    if data[12:16] == b"VP8X":
        data[20] |= 0x10
    return Image.open(io.BytesIO(data), formats=("WEBP",))


def _code_points(picture: Image.Image, stream: BinaryIO) -> tuple[int, int] | None:
    """Of PNG they go before a profile, of AVIF behind it."""
    if picture.format != "PNG" and (picture.format != "AVIF" or "icc_profile" in picture.info):
        return None
    return code_points.named(_head(stream))


def _head(stream: BinaryIO) -> bytes:
    """The first bytes of a file, which stays where it is."""
    place = stream.tell()
    stream.seek(0)
    head = stream.read(HEAD)
    stream.seek(place)
    return head


def displayed_size(picture: Image.Image) -> tuple[int, int]:
    """(width, height) after the orientation of EXIF; nothing is decoded."""
    width, height = picture.size
    # Pillow has already turned the size of a TIFF
    turned = picture.format != "TIFF" and _orientation(picture) in (5, 6, 7, 8)
    return (height, width) if turned else (width, height)


def picture_pixels(picture: Image.Image, where: str, stream: BinaryIO | None = None) -> Pixels:
    """Decode a Pillow picture (its current frame) into sRGB pixels (H, W, C), upright.

    With the `stream` it came from, deep colour keeps its bits (Pillow alone keeps 8), whatever its profile.
    Raises InputError if the file is damaged.
    """
    with one_line_errors(where):
        bits = deep_bits(picture, _head(stream) if stream is not None and picture.format == "AVIF" else b"")
        file = getattr(picture, "fp", None)
        if stream is None and file is not None and (found := _code_points(picture, file)):
            picture.info["code_points"] = found
        profile = None if "code_points" in picture.info else cast("bytes | None", picture.info.get("icc_profile"))
        if stream is not None:
            _check_strips(picture, stream, where)
        known = _deep_tiff(stream, where) if bits and stream is not None and picture.format == "TIFF" else None
        if known is not None:
            return known
        picture.load()  # refuses truncated files, also for the decoder below
        orientation = _orientation(picture)
        if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
            pixels = _grey_pixels(picture, where, profile)
        else:
            known = deep_pixels(picture, stream, bits, where) if bits and stream is not None else None
            pixels = _byte_pixels(picture, where, profile) if known is None else profile_to_srgb(known, profile)
        space = stated_space(picture)
        return upright(pixels if space is None else in_parts(pixels, space.to_srgb), orientation)


def stated_space(picture: Image.Image) -> Space | None:
    """The space that an opened picture states by code points or numbers; None for sRGB, or if a profile decides."""
    named = cast("tuple[int, int] | None", picture.info.get("code_points"))
    return code_points.space(*named) if named else stated(picture)


def tiff_pixels(stream: BinaryIO, where: str, max_pixels: int) -> Pixels:
    """Decode the first page of a TIFF that Pillow does not know, by `tifffile`; ranges as for arrays."""
    with one_line_errors(where), first_page(stream, where) as page:
        check_pixels(page.imagewidth, page.imagelength, max_pixels, where)
        return upright(*page_pixels(page, where))


def _deep_tiff(stream: BinaryIO, where: str) -> Pixels | None:
    """16-bit colour as `tifffile` has it, upright; None for a compression that only the others know."""
    with first_page(stream, where) as page:
        if not in_planes(page) and getattr(page.compression, "name", "") not in ("NONE", "ADOBE_DEFLATE", "DEFLATE"):
            return None
        return upright(*page_pixels(page, where))


def upright(array: Pixels, orientation: int) -> Pixels:
    """Undo an EXIF orientation (1 to 8; anything else is taken for 1) of an array (H, W, C)."""
    if orientation in (5, 6, 7, 8):
        array = array.transpose(1, 0, 2)
    if orientation in (3, 4, 7, 8):
        array = array[::-1]
    if orientation in (2, 3, 6, 7):
        array = array[:, ::-1]
    return array


def _orientation(picture: Image.Image) -> int:
    """What EXIF says; 1, upright, if that is damaged: the pixels may be whole."""
    try:
        return int(picture.getexif().get(ORIENTATION, 1))
    except (SyntaxError, ValueError, TypeError, struct.error):
        return 1


def _check_strips(picture: Image.Image, stream: BinaryIO, where: str) -> None:
    """Refuse a TIFF that ends before its pixels do; libtiff would also write about it on standard error."""
    tags = getattr(picture, "tag_v2", {})
    end = stream.seek(0, os.SEEK_END)
    for starts, counts in _STRIPS:
        pieces = zip(tags.get(starts, ()), tags.get(counts, ()), strict=False)
        if any(start + count > end for start, count in pieces):
            raise InputError(f"{where}: is truncated or damaged (it ends before its pixels do): get a whole copy")


def _grey_pixels(picture: Image.Image, where: str, profile: bytes | None) -> Pixels:
    values = np.asarray(picture)
    if picture.mode == "F":
        pixels = array_pixels(values, where, file=True)
    else:
        low, high = int(values.min()), int(values.max())
        if low < 0 or high > 65535:
            raise InputError(f"{where}: grey values must be in 0 to 65535, found {low} to {high}: scale them")
        pixels = array_pixels(values.astype(np.uint16), where)
        if getattr(picture, "tag_v2", {}).get(_PHOTOMETRIC) == 0:  # white is zero: Pillow inverts 8 bits only
            pixels = 1 - pixels
    pixels = profile_to_srgb(pixels, profile)
    clear = picture.info.get("transparency")
    if isinstance(clear, int):
        alpha = (values != clear).astype(np.float32)[:, :, None]
        pixels = np.concatenate([pixels, alpha], axis=2)
    return pixels


def _byte_pixels(picture: Image.Image, where: str, profile: bytes | None) -> Pixels:
    if not picture.has_transparency_data:
        return array_pixels(np.asarray(to_srgb(picture, profile)), where)
    if picture.mode == "La":
        picture = picture.convert("LA")
    whole = picture if picture.mode == "RGBA" else picture.convert("RGBA")
    base = picture.convert("L") if picture.mode in ("L", "LA") else whole.convert("RGB")
    color = np.asarray(to_srgb(base, profile))
    return array_pixels(np.dstack([color, np.asarray(whole.getchannel("A"))]), where)
