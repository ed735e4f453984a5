"""Colour of more than 8 bits, which Pillow alone would cut: 16 of PNG and TIFF, 10 and 12 of AVIF."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

import numpy as np
from PIL import Image

from impasto.images.arrays import Pixels, array_pixels

_BITS = 258
_HIGH, _TWELVE = 0x40, 0x20  # of the third byte of what an AVIF says of its coder (av1C)


def deep_bits(picture: Image.Image, head: bytes) -> int:
    """How many bits the file has for each colour that Pillow would cut to 8; 0 if none.

    To be asked before it is loaded. `head` are the first bytes of an AVIF.
    """
    tiles = getattr(picture, "tile", [])
    if picture.mode not in ("LA", "RGB", "RGBA") or "transparency" in picture.info:
        return 0
    if picture.format == "AVIF":
        coder = head.partition(b"av1C")[2][:3]
        return 0 if len(coder) < 3 or not coder[2] & _HIGH else 12 if coder[2] & _TWELVE else 10
    if not tiles:
        return 0
    if picture.format == "TIFF":
        return 16 if 16 in cast("tuple[int, ...]", getattr(picture, "tag_v2", {}).get(_BITS, ())) else 0
    args: Any = tiles[0][3]
    raw = args if isinstance(args, str) else args[0] if args else ""
    return 16 if picture.format == "PNG" and str(raw).startswith(("LA;16", "RGB;16", "RGBA;16")) else 0


def deep_pixels(picture: Image.Image, stream: BinaryIO, bits: int, where: str) -> Pixels | None:
    """The colours (H, W, 3 or 4) of such a file as they are stored, by OpenCV; None if that does not know it.

    OpenCV turns TIFFs upright itself, as Pillow does, but no other files.
    """
    import cv2

    stream.seek(0)
    array = cv2.imdecode(np.frombuffer(stream.read(), dtype=np.uint8), cv2.IMREAD_UNCHANGED)
    if array is None or array.ndim != 3 or array.dtype != np.uint16 or array.shape[1::-1] != picture.size:
        return None
    array = array[:, :, [2, 1, 0, 3][: array.shape[2]]]  # OpenCV has BGR
    return array_pixels(array if bits == 16 else array / np.float32(2**bits - 1), where)
