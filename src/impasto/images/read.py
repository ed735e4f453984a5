"""Read a picture from anything a person has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image, ImageColor

from impasto.errors import InputError
from impasto.images.arrays import Pixels, array_pixels, on_background, tensor_pixels
from impasto.images.damage import one_line_errors
from impasto.images.decode import check_pixels, displayed_size, open_picture, picture_pixels, tiff_pixels
from impasto.images.sources import Source, is_file, label, open_stream

if TYPE_CHECKING:
    from torch import Tensor

MAX_PIXELS = 100_000_000
"""Pictures above 100 megapixels are refused unless the caller allows more (1.2 GB as a float32 tensor)."""


def read(source: Source, *, background: str = "white", max_pixels: int = MAX_PIXELS, name: str | None = None) -> Tensor:
    """Read a picture as a float32 tensor (3, H, W) on the CPU, sRGB, in [0, 1].

    source: a path, `-` (standard input), bytes, an open binary file, a Pillow picture, a NumPy array
        (H, W) or (H, W, 1 to 4), or a tensor (1 to 4, H, W) or (1, C, H, W). Arrays and tensors hold uint8
        0 to 255, uint16 0 to 65535, or floats 0 to 1; the result never shares their memory.
    background: what transparent parts are laid on, a name ("white") or "#rrggbb".
    max_pixels: the largest width x height; the size is judged before anything is decoded.
    name: what errors call the picture, if not its path.

    EXIF orientation and embedded colour profiles are honoured; 16-bit files keep their precision; of an
    animation the first frame is read. Raises InputError, one line, for anything that cannot be used.

    >>> read(np.array([[0, 255]], dtype=np.uint8)).shape
    torch.Size([3, 1, 2])
    """
    color = color_of(background)
    pixels = on_background(read_pixels(source, max_pixels, label(source, name), name), color)
    return torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)))


def read_size(source: Source, *, name: str | None = None) -> tuple[int, int]:
    """(width, height) as `read` would give them, of a file without decoding it. Raises InputError as `read` does."""
    where = label(source, name)
    if is_file(source):
        with open_stream(source, name) as stream:
            picture = open_picture(stream, where)
            if picture is not None:
                with one_line_errors(where):
                    return displayed_size(picture)
            stream.seek(0)
            height, width = tiff_pixels(stream, where, MAX_PIXELS).shape[:2]
            return width, height
    if isinstance(source, Image.Image):
        return displayed_size(source)
    pixels = _memory_pixels(source, where)
    return pixels.shape[1], pixels.shape[0]


def read_pixels(source: Source, max_pixels: int, where: str, name: str | None) -> Pixels:
    """The pixels (H, W, C) of a source that errors call `where`, as `read` has them, with alpha if there is one."""
    if is_file(source):
        with open_stream(source, name) as stream:
            picture = open_picture(stream, where)
            if picture is None:
                return tiff_pixels(stream, where, max_pixels)
            check_pixels(*picture.size, max_pixels, where)
            return picture_pixels(picture, where, stream)
    if isinstance(source, Image.Image):
        check_pixels(*source.size, max_pixels, where)
        return picture_pixels(source, where)
    pixels = _memory_pixels(source, where)
    check_pixels(pixels.shape[1], pixels.shape[0], max_pixels, where)
    return pixels


def _memory_pixels(source: Source, where: str) -> Pixels:
    if isinstance(source, np.ndarray):
        return array_pixels(source, where)
    if isinstance(source, torch.Tensor):
        return tensor_pixels(source, where)
    kind = type(source).__name__
    raise InputError(f"a {kind} is not a picture: give a path, bytes, a file, a Pillow picture, an array or a tensor")


def color_of(background: str) -> tuple[float, float, float]:
    """The sRGB values in [0, 1] of a colour in words. Raises InputError if it is none."""
    try:
        red, green, blue = ImageColor.getrgb(background)[:3]
    except (ValueError, AttributeError):
        raise InputError(f'background must be a colour such as "white" or "#ffcc00", got {background!r}') from None
    return red / 255, green / 255, blue / 255
