"""TIFFs that Pillow does not know or reads with fewer levels, by `tifffile`: 16 bits, floats, planes, BigTIFF."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import numpy as np

from impasto.errors import InputError
from impasto.images.arrays import Pixels, array_pixels
from impasto.images.exif import ORIENTATION
from impasto.images.spaces import in_parts, profile_to_srgb
from impasto.images.stated import CHROMATICITIES, TRANSFER, WHITE_POINT, of_tags

_KNOWN = ("MINISWHITE", "MINISBLACK", "RGB")


@contextmanager
def first_page(stream: BinaryIO, where: str) -> Iterator[Any]:
    """The first page of a TIFF. Raises InputError for none."""
    import tifffile

    stream.seek(0)
    with tifffile.TiffFile(stream) as tiff:
        if not len(tiff.pages):
            raise InputError(f"{where}: is truncated or damaged (it has no page): get a whole copy")
        yield tiff.pages[0]


def in_planes(page: Any) -> bool:
    """Whether each channel is stored by itself."""
    return page.samplesperpixel > 1 and getattr(page.planarconfig, "name", "") == "SEPARATE"


def page_pixels(page: Any, where: str) -> tuple[Pixels, int]:
    """A page's pixels (H, W, C) in sRGB, ranges as for arrays, and its orientation (1 to 8), which is not undone yet.

    Raises InputError for colours and compressions that are not read.
    """
    kind = getattr(page.photometric, "name", str(page.photometric))
    if kind not in _KNOWN:
        raise InputError(f"{where}: its colours are {kind}, which is read with 8 bits only: save it as RGB first")
    try:
        array = page.asarray()
    except ValueError as error:
        if "imagecodecs" not in str(error):
            raise
        name = getattr(page.compression, "name", str(page.compression))
        raise InputError(
            f"{where}: floats or planes compressed by {name} are not read: save it uncompressed, or by ZIP"
        ) from error
    if in_planes(page) and array.ndim == 3:
        array = np.moveaxis(array, 0, -1)
    pixels = array_pixels(_channels(page, array), where, file=True)
    if kind == "MINISWHITE":
        pixels[..., :1] = 1 - pixels[..., :1]
    if page.extrasamples and page.extrasamples[0] == 1 and pixels.shape[2] in (2, 4):  # alpha that is multiplied in
        pixels[..., :-1] = (pixels[..., :-1] / np.maximum(pixels[..., -1:], 1e-6)).clip(0, 1)
    pixels = profile_to_srgb(pixels, page.iccprofile)
    tags = {tag: page.tags.valueof(tag) for tag in (WHITE_POINT, CHROMATICITIES, TRANSFER)}
    space = None if page.iccprofile else of_tags(tags, grey=kind != "RGB")
    pixels = pixels if space is None else in_parts(pixels, space.to_srgb)
    return pixels, int(page.tags.valueof(ORIENTATION, 1))


def _channels(page: Any, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Grey or colour, and alpha if there is one; what else a program has kept in the file is left out."""
    if array.ndim != 3 or not page.extrasamples:
        return array
    colors = array.shape[2] - len(page.extrasamples)
    return array[..., : colors + 1] if page.extrasamples[0] in (1, 2) else array[..., :colors]
