"""One frame of a film as PyAV gives it: its shape, which way is up, and its colours brought to sRGB."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
import torch

from impasto.errors import InputError
from impasto.images import code_points, read
from impasto.images.arrays import Pixels, array_pixels
from impasto.images.spaces import Space, in_parts

LIMITED, FULL = 1, 2  # ranges of values, in FFmpeg's numbers
BT709, BT601 = 1, 5  # matrices of large films and of small ones that say nothing, as every player takes them
_DOLBY_ALONE = re.compile(
    rb"(?:dv[cv]C(?:\x41\xed\x98)?\x01.(?=...\0{3})|\x05.DOVI.{0,64}?\xb0[\x05-\x07]\x01.)([\x0a\x0b\x14\x15]).[\x00-\x0f]",
    re.DOTALL,
)
"""A record of Dolby Vision, in MP4 or Matroska or, behind its registration, in the table of an MPEG transport stream,
of profile 5 or 10 whose frames are of use to no other decoder."""
Turn: TypeAlias = tuple[bool, list[int]]
"""Whether rows become columns, and which sides of (3, H, W) are mirrored then."""


def shown_size(frame: Any, aspect: Fraction | None) -> tuple[int, int]:
    """(width, height) of a frame, not turned yet, with square pixels; none of its own are left out."""
    width, height = frame.width, frame.height
    if not aspect or not 0.1 < aspect < 10:  # unknown, or a fault
        return width, height
    return (round(width * aspect), height) if aspect > 1 else (width, round(height / aspect))


def turn(frame: Any) -> Turn:
    """How a frame is brought upright. A film says that (x, y) goes to (ax + cy, bx + dy) (ISO/IEC 14496-12, 8.5.3)."""
    said = frame.side_data.get("DISPLAYMATRIX")
    a, b, _, c, d = (1, 0, 0, 0, 1) if said is None else np.frombuffer(said, np.int32)[:5].tolist()
    turned = abs(b) > abs(a)
    return turned, [side for side, sign in ((2, c if turned else a), (1, b if turned else d)) if sign < 0]


def picture(frame: Any, background: str) -> torch.Tensor:
    """A frame (3, H, W) in [0, 1], laid on the background where it is transparent."""
    space = space_of(frame)
    if space is None:
        values = frame.to_ndarray(format="rgb24", src_colorspace=_matrix(frame), **exactly())
    else:
        values = in_parts(_signal(frame), space.to_srgb)
    if any(component.is_alpha for component in frame.format.components):
        alpha = frame.to_ndarray(format="rgba", **exactly())[..., 3]
        values = np.dstack([values, alpha if space is None else alpha / np.float32(255)])
    return read(values, background=background)


def check_colors(frame: Any, data: bytes, where: str) -> None:
    """Raise InputError for values that are neither RGB nor a Y'CbCr that is known, such as ICtCp."""
    if found := _DOLBY_ALONE.search(data):
        profile = found[1][0] >> 1
        raise InputError(
            f"{where}: is Dolby Vision of profile {profile}, whose colours only its own players know: "
            "save it as HDR10, HLG or BT.709 first"
        )
    if not frame.format.is_rgb and _matrix(frame) not in code_points.LUMA:
        raise InputError(
            f"{where}: its colours are coded by matrix {_matrix(frame)} of ITU-T H.273, which is not read: "
            "save it with the matrix of BT.2020 or BT.709 first"
        )


def space_of(frame: Any) -> Space | None:
    """The way of a frame's colours to sRGB; None if they are taken as they are."""
    return code_points.space(int(frame.color_primaries), int(frame.color_trc))


def _signal(frame: Any) -> Pixels:
    """R'G'B' (H, W, 3) of a frame, in [0, 1]. Of FFmpeg's own matrices the values of 16 bits end below white."""
    bits, full = frame.format.components[0].bits, frame.color_range == FULL or frame.format.name.startswith("yuvj")
    if frame.format.is_rgb:
        return array_pixels(frame.to_ndarray(format="rgb24" if bits == 8 else "rgb48le", **exactly()), "")
    as_it_is = {"src_color_range": LIMITED, "dst_color_range": LIMITED}
    values = frame.to_ndarray(format="yuv444p16le", **as_it_is, **exactly())
    return code_points.yuv_to_rgb(values, _matrix(frame), bits=bits, full=full)


def exactly() -> dict[str, Any]:
    """How colours are converted: the same bytes wherever a frame lies in memory, and on any number of threads."""
    from av.video.reformatter import Interpolation

    how = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.BITEXACT | Interpolation.FULL_CHR_H_INT
    return {"interpolation": how, "threads": 1}


def _matrix(frame: Any) -> int:
    """The colours that a frame's numbers mean: as it says, else by its size, as players do."""
    said = int(frame.colorspace)
    if said not in (0, 2):
        return said
    if int(frame.color_primaries) == code_points.BT2020 or int(frame.color_trc) in (code_points.PQ, code_points.HLG):
        return code_points.BT2020
    return BT709 if frame.height >= 720 else BT601
