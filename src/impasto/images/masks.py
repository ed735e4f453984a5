"""Read a mask, or a map, from whatever a person painted it with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from impasto.errors import InputError
from impasto.images.arrays import Pixels, on_background
from impasto.images.read import MAX_PIXELS, color_of, read_pixels
from impasto.images.reading import Reading
from impasto.images.sources import Source, label

if TYPE_CHECKING:
    from torch import Tensor

APART = 0.1  # channels that differ by more are a colour, and colours that do are two
FEW = 5e-4  # of the pixels: so many may be anything
FLAT = 0.75  # of the pixels have the three commonest colours, of 32 levels a channel, or else it is a photo


def read_mask(source: Source, reading: Reading, *, background: str = "white", name: str | None = None) -> Tensor:
    """Read a picture, (3, H, W) in [0, 1] as `read` gives it, for its colours, as a mask or as a map.

    A mask is grey: black is nothing, white all. Where it has clear parts, a stroke of one colour counts where it is
    painted, and of a photo what was rubbed out; with another `background` than white, what could be meant in two ways
    is laid on that. The clear parts of a map are one more colour.

    Raises InputError, one line, as `read` does, and for what could be meant in two ways.
    """
    where = label(source, name)
    pixels, ground = read_pixels(source, MAX_PIXELS, where, name), color_of(background)
    if reading != "colours" and pixels.shape[2] in (2, 4):
        if np.mean(pixels[:, :, -1] < 0.5) <= FEW:
            pixels = pixels[:, :, :-1]
        elif reading == "mask":
            pixels = _mask(pixels, where, ground != (1, 1, 1))
        elif ground == (1, 1, 1):
            pixels = _map(pixels, where)
    laid = on_background(pixels, ground)
    if reading == "mask" and np.mean(np.ptp(laid, axis=2) > APART) > FEW:
        raise InputError(
            f"{where}: is in colour, and as a mask it could mean its bright places or its coloured ones; "
            "paint white on black what is meant"
        )
    return torch.from_numpy(np.ascontiguousarray(laid.transpose(2, 0, 1)))


def _mask(pixels: Pixels, where: str, has_ground: bool) -> Pixels:
    """What a mask with clear parts means, (H, W, 1); the same pixels if their ground decides."""
    alpha, seen = pixels[:, :, -1:], _seen(pixels, where)
    tone = seen.mean(axis=0)
    if _one_color(seen):
        if np.ptp(tone) > APART or tone.max() > 2.5 * APART:  # a stroke: of grey, so much; of a colour, all
            return alpha * np.float32(tone.mean() if np.ptp(tone) <= APART else 1)
    elif _is_photo(seen):
        return 1 - alpha
    if has_ground:
        return pixels
    clear = 1 - float(alpha.mean())
    raise InputError(
        f"{where}: this mask could mean what is painted ({1 - clear:.1%} of it) or what is clear ({clear:.1%}); "
        "save it white on black, without transparency, or add --background black to count white paint only"
    )


def _map(pixels: Pixels, where: str) -> Pixels:
    """A map whose clear parts are white, or black where all that is painted is white."""
    seen = _seen(pixels, where)
    painted_white = np.mean(seen.min(axis=1) > 1 - APART)
    if painted_white <= FEW:
        return pixels
    if painted_white >= 1 - FEW:
        return pixels[:, :, -1:]
    raise InputError(
        f"{where}: its white could mean what is painted white or what is clear; "
        "save it without transparency, or give --background another colour for what is clear"
    )


def _seen(pixels: Pixels, where: str) -> Pixels:
    """The colours, (N, 1 or 3), of what is painted."""
    alpha = pixels[:, :, -1]
    most = float(alpha.max())
    if most == 0:
        raise InputError(f"{where}: is clear all over; paint white where it is to count")
    painted: Pixels = pixels[:, :, :-1][alpha >= min(0.5, most)]
    return painted


def _one_color(seen: Pixels) -> bool:
    return bool(np.mean((abs(seen - np.median(seen, axis=0)) > APART).any(axis=1)) <= FEW)


def _is_photo(seen: Pixels) -> bool:
    levels = (seen * 31).round().astype(np.int64) @ (32 ** np.arange(seen.shape[1]))
    commonest = np.sort(np.bincount(levels))[-3:]
    return int(commonest.sum()) < FLAT * len(seen)
