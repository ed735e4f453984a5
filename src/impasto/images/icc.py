"""Embedded colour profiles: pictures of any colour space into sRGB."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from PIL import ImageCms

_MODES = {"GRAY": "L", "RGB ": "RGB", "CMYK": "CMYK", "Lab ": "LAB"}
_GREY_MODES = ("1", "L", "LA", "La")


def to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """The colours of a picture in sRGB, mode RGB; alpha is dropped.

    The profile is followed with relative colorimetric intent and black point compensation. A profile that is
    broken or is for another kind of picture is passed over, as browsers do; so is one that changes nothing
    (sRGB itself), which keeps the bytes exact. CMYK without a profile is converted by R = (1 - C)(1 - K).
    """
    transform, mode = transform_to_srgb(picture.mode, profile)
    if transform is None:
        return picture.convert("RGB")
    if picture.mode != mode:
        picture = picture.convert(mode)
    return transform.apply(picture)


def changes_color(mode: str, profile: bytes | None) -> bool:
    """Whether a picture of this Pillow mode must go through its profile to be sRGB."""
    return transform_to_srgb(mode, profile)[0] is not None


def grey_curve(profile: bytes | None) -> np.ndarray[Any, np.dtype[np.float32]] | None:
    """256 sRGB values in [0, 1] of evenly spaced grey levels in the profile; None if it changes nothing."""
    if not changes_color("L", profile):
        return None
    levels = Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    return np.asarray(to_srgb(levels, profile), dtype=np.float32)[0, :, 1] / np.float32(255)


def transform_to_srgb(mode: str, profile: bytes | None) -> tuple[ImageCms.ImageCmsTransform | None, str]:
    """The way from a picture's mode to sRGB, None if there is nothing to do; and the mode it starts from."""
    if not profile and mode != "LAB":
        return None, mode
    from PIL import ImageCms

    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            start = _MODES.get(source.profile.xcolor_space, "")
        except (OSError, ImageCms.PyCMSError):
            source, start = None, ""
    else:
        source, start = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")), "LAB"
    if source is None or not _fits(mode, start):
        return None, mode
    try:
        transform = ImageCms.buildTransform(
            source,
            ImageCms.createProfile("sRGB"),
            start,
            "RGB",
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (OSError, ImageCms.PyCMSError):
        return None, mode
    return (None if _is_srgb(transform, start) else transform), start


def _fits(mode: str, start: str) -> bool:
    if start in ("CMYK", "LAB"):
        return mode == start
    return start == ("L" if mode in _GREY_MODES else "RGB") and mode not in ("CMYK", "LAB")


def _is_srgb(transform: ImageCms.ImageCmsTransform, start: str) -> bool:
    """Whether a 6 x 6 x 6 grid of colours comes back within one level of 255."""
    if start not in ("L", "RGB"):
        return False
    steps = np.linspace(0, 255, 6).astype(np.uint8)
    grid = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(1, -1, 3)
    before = Image.fromarray(grid if start == "RGB" else grid[..., 0])
    after = np.asarray(transform.apply(before), dtype=np.int16)
    return bool(np.abs(after - np.asarray(before.convert("RGB"), dtype=np.int16)).max() <= 1)
