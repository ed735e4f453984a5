"""From a picture's file, or an array, to the bytes of a view: uint8 (channels, H, W) of one size."""

from __future__ import annotations

import io
import threading

import numpy as np
from PIL import Image

from impasto.data.dataset import Bytes
from impasto.data.stores.reader import Entry, Raw, View
from impasto.errors import InputError
from impasto.images.decode import FORMATS, check_pixels
from impasto.images.exif import ORIENTATION
from impasto.images.read import MAX_PIXELS, read
from impasto.images.stated import stated

PLAIN = ("JPEG", "PNG", "WEBP", "BMP", "PPM")
AHEAD = 2  # times the wanted size that is left of a JPEG which is decoded at a half, a quarter or an eighth
HEAD = 1 << 12  # bytes in which a PNG names its code points
WHITE = (255, 255, 255)

_careful = threading.Lock()  # of numbers with a fraction, a large picture takes a gigabyte: one at a time


def seen(entry: Entry, view: View, grey: bool) -> tuple[Bytes, tuple[int, int]]:
    """A picture as a view has it, uint8 (planes, H, W), and its own (width, height).

    planes: 1 for grey ones, 3 for others; of pairs the picture's, and then its partner's.
    Raises InputError for a picture that cannot be read.
    """
    raw = entry.read()
    if isinstance(raw, np.ndarray) and raw.shape[:0:-1] == view.size and (grey or len(raw) == 3):
        return raw, view.size
    first, size = decoded(raw, entry.name, view, twice=entry.joined in ("left", "right"))
    if entry.partner is not None:
        pictures = [first, decoded(entry.partner(), entry.name, view)[0]]
    elif entry.joined not in ("left", "right"):
        pictures = [first]
    else:
        width, height = first.size
        if width < 2:
            raise InputError(f"{entry.name}: is {width}x{height}, too narrow for two pictures")
        halves = [first.crop((x, 0, x + width // 2, height)) for x in (0, width - width // 2)]
        pictures = halves if entry.joined == "left" else halves[::-1]
    planes = [_planes(fitted(picture, view), grey) for picture in pictures]
    return np.concatenate(planes), size


def decoded(raw: Raw, name: str, view: View, *, twice: bool = False) -> tuple[Image.Image, tuple[int, int]]:
    """A picture in 8 bits, sRGB, RGB or grey, upright, and its (width, height).

    twice: whether it is two pictures side by side. A large JPEG may come out smaller, as far as the view needs it.
    """
    if isinstance(raw, np.ndarray):
        picture = Image.fromarray(raw[0] if len(raw) == 1 else np.ascontiguousarray(raw.transpose(1, 2, 0)))
        return picture, picture.size
    if not raw:
        raise InputError(f"{name}: the file is empty")
    plain = _plain(raw, view, twice)
    if plain is not None:
        return plain
    with _careful:
        pixels = read(raw, name=name)
    picture = Image.fromarray((pixels * 255).round().byte().permute(1, 2, 0).contiguous().numpy())
    return picture, picture.size


def fitted(picture: Image.Image, view: View) -> Image.Image:
    """A picture at the size of a view."""
    if picture.size == view.size:
        return picture
    width, height = picture.size
    across, down = view.size
    if view.fit == "stretch":
        return picture.resize(view.size, Image.Resampling.BICUBIC)
    if view.fit == "pad":
        scale = min(across / width, down / height)
        size = max(1, min(across, round(width * scale))), max(1, min(down, round(height * scale)))
        small = picture.resize(size, Image.Resampling.BICUBIC)
        ground = Image.new(picture.mode, view.size, 255 if picture.mode == "L" else WHITE)
        ground.paste(small, ((across - size[0]) // 2, (down - size[1]) // 2))
        return ground
    scale = max(across / width, down / height)
    side = across / scale, down / scale  # of the middle that stays, in the picture's own pixels
    left, top = (width - side[0]) / 2, (height - side[1]) / 2
    box = max(0.0, left), max(0.0, top), min(float(width), left + side[0]), min(float(height), top + side[1])
    return picture.resize(view.size, Image.Resampling.BICUBIC, box=box)


def _plain(raw: bytes, view: View, twice: bool) -> tuple[Image.Image, tuple[int, int]] | None:
    """An 8-bit picture in sRGB, decoded the short way; None for one that has to be read with care, or is damaged."""
    try:
        with Image.open(io.BytesIO(raw), formats=FORMATS) as picture:
            if not _is_plain(picture, raw):
                return None
            check_pixels(*picture.size, MAX_PIXELS, "")
            size = picture.size
            if picture.format == "JPEG":
                picture.draft(None, (AHEAD * view.size[0] * (2 if twice else 1), AHEAD * view.size[1]))
            picture.load()
            return picture.copy(), size
    except Exception:  # decoders raise whatever they like; who reads it with care says what is wrong
        return None


def _is_plain(picture: Image.Image, raw: bytes) -> bool:
    """Whether the pixels are 8 bits a channel, grey or sRGB, upright and opaque, as they are stored."""
    if picture.format not in PLAIN or picture.mode not in ("RGB", "L") or getattr(picture, "is_animated", False):
        return False
    if picture.format == "PNG" and (raw[24] != 8 or raw.find(b"cICP", 0, HEAD) >= 0):
        return False
    if "icc_profile" in picture.info or "transparency" in picture.info or stated(picture) is not None:
        return False
    return picture.format not in ("JPEG", "PNG", "WEBP") or picture.getexif().get(ORIENTATION, 1) == 1


def _planes(picture: Image.Image, grey: bool) -> Bytes:
    """uint8 (1 or 3, H, W)."""
    if grey:
        return np.asarray(picture.convert("L"))[None]
    return np.asarray(picture.convert("RGB")).transpose(2, 0, 1)
