"""A picture tensor as the bytes of a file."""

from __future__ import annotations

import difflib
import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

import numpy as np
import torch
from PIL import Image

from impasto.errors import InputError
from impasto.images.embed import exif, jpeg_options, png_chunks, tiff_with_fields
from impasto.images.metadata import Metadata
from impasto.images.recipe import recipe_text, with_png_chunks

if TYPE_CHECKING:
    from torch import Tensor

Whole: TypeAlias = "np.ndarray[Any, np.dtype[np.uint8 | np.uint16]]"
"""(H, W, 3), or grey (H, W), of uint8 or uint16."""

Format = Literal["png", "jpeg", "webp", "tiff", "bmp"]

FORMATS: Mapping[str, Format] = {
    ".png": "png",
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".webp": "webp",
    ".tif": "tiff",
    ".tiff": "tiff",
    ".bmp": "bmp",
}
"""What is written, by the ending of the file's name in lower case."""


def format_of(suffix: str, bits: int = 8) -> Format:
    """The format for a suffix such as ".png" or "PNG". Raises InputError for others, and for bits it cannot hold."""
    ending = "." + suffix.lower().lstrip(".")
    known = ", ".join(FORMATS)
    if ending not in FORMATS:
        near = difflib.get_close_matches(ending, FORMATS, n=1)
        mend = f"did you mean {near[0]}? " if near else ""
        given = f"cannot write {suffix!r} files" if ending != "." else "the output's name has no ending"
        raise InputError(f"{given}: {mend}use one of {known}")
    if bits not in (8, 16):
        raise InputError(f"bits must be 8 or 16, got {bits}")
    if bits == 16 and FORMATS[ending] not in ("png", "tiff"):
        raise InputError(f"{ending} holds 8 bits only: write .png or .tif for 16")
    return FORMATS[ending]


def encode(
    image: Tensor,
    format: str = "png",
    *,
    recipe: Mapping[str, Any] | None = None,
    metadata: Metadata | None = None,
    quality: int = 95,
    bits: int = 8,
) -> bytes:
    """A picture (3, H, W), or grey (1, H, W), sRGB in [0, 1], as the bytes of a file.

    format: "png", "jpeg" (or "jpg"), "webp", "tiff" (or "tif"), "bmp".
    recipe: what `read_recipe` will give back; values that JSON knows. BMP cannot carry it.
    metadata: what `read_metadata` found beside a photo's pixels; of it, what the format has a place for.
    quality: 1 to 100 for JPEG and WebP; 90 and above keep full colour resolution in JPEG, 100 is lossless in WebP.
    bits: 8, or 16 for PNG and TIFF.

    A value x becomes x * 255 (or x * 65535) rounded to the nearest, halves to even, without dithering; what lies
    outside [0, 1] is clamped. Raises InputError for other shapes, NaN, unknown formats and what a format cannot hold.
    """
    kind = format_of(format, bits)
    if not 1 <= quality <= 100:
        raise InputError(f"quality must be between 1 and 100, got {quality}")
    values = _whole_numbers(image, bits)
    height, width = values.shape[:2]
    try:
        return _encoded(values, kind, recipe, metadata, quality)
    except InputError:
        raise
    except (OSError, ValueError) as error:  # the encoders refuse what is too large for a format
        raise InputError(f"{width}x{height} cannot be written as {kind} ({error}): write a .png") from error


def _whole_numbers(image: Tensor, bits: int) -> Whole:
    picture = image.detach()
    if picture.ndim == 4 and picture.shape[0] == 1:
        picture = picture[0]
    if picture.ndim != 3 or picture.shape[0] not in (1, 3) or picture.numel() == 0 or not picture.is_floating_point():
        raise InputError(
            f"a {picture.dtype} tensor of shape {tuple(image.shape)} cannot be written: give floats (3, height, width)"
        )
    picture = picture.float().cpu()
    if not bool(torch.isfinite(picture).all()):
        raise InputError("the picture has values that are not finite, so it was not written: lower the learning rate")
    scaled = (picture.clamp(0, 1) * (2**bits - 1)).round().permute(1, 2, 0).numpy()
    whole = scaled.astype(np.uint8 if bits == 8 else np.uint16)
    return np.ascontiguousarray(whole[:, :, 0] if whole.shape[2] == 1 else whole)


def _encoded(
    values: Whole, kind: Format, recipe: Mapping[str, Any] | None, metadata: Metadata | None, quality: int
) -> bytes:
    size = values.shape[1], values.shape[0]
    match kind:
        case "png":
            png = _pillow(values, "PNG") if values.dtype == np.uint8 else _deep_png(values)
            return with_png_chunks(png, recipe, png_chunks(metadata, size) if metadata else b"")
        case "jpeg":
            known = {"exif": exif(recipe, metadata, size), **jpeg_options(metadata)}
            # not `optimize`: with it Pillow fails on large noisy pictures (its one buffer is too small)
            return _pillow(values, "JPEG", quality=quality, subsampling=0 if quality >= 90 else 2, **known)
        case "webp":
            known = {"exif": exif(recipe, metadata, size), "xmp": metadata.xmp if metadata else b""}
            return _pillow(values, "WEBP", quality=quality, lossless=quality == 100, **known)
        case "tiff":
            return _tiff(values, recipe, metadata, size)
        case "bmp":
            return _pillow(values, "BMP", **({"dpi": metadata.dpi} if metadata and metadata.dpi else {}))


def _pillow(values: Whole, format: str, **options: object) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(values).save(stream, format, **cast("dict[str, Any]", options))
    return stream.getvalue()


def _deep_png(values: Whole) -> bytes:
    import cv2  # Pillow writes no 16-bit colour

    done, data = cv2.imencode(".png", values if values.ndim == 2 else values[:, :, ::-1])
    if not done:
        raise ValueError("the encoder gave up")
    return data.tobytes()


def _tiff(values: Whole, recipe: Mapping[str, Any] | None, metadata: Metadata | None, size: tuple[int, int]) -> bytes:
    import tifffile

    stream = io.BytesIO()
    tifffile.imwrite(
        stream,
        values,
        byteorder=metadata.exif.order if metadata else None,
        photometric="minisblack" if values.ndim == 2 else "rgb",
        compression="zlib",
        description=None if recipe is None or metadata else recipe_text(recipe),
        metadata=None,
        software=False,
    )
    return tiff_with_fields(stream.getvalue(), recipe, metadata, size) if metadata else stream.getvalue()
