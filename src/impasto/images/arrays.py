"""Pictures that are already arrays or tensors: their shapes and ranges judged, their alpha laid on a colour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from impasto.errors import InputError

if TYPE_CHECKING:
    import torch

Pixels: TypeAlias = "np.ndarray[Any, np.dtype[np.float32]]"
"""(H, W, C) in [0, 1] with C = 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha (not premultiplied)."""

TOLERANCE = 1e-4
"""How far outside [0, 1] a float may lie and still be taken for rounding; it is clamped."""

_SAVE = "save it with 8 or 16 bits a channel first"  # the mend for a file
_WHOLE = {"uint8": 255, "uint16": 65535}


def array_pixels(array: np.ndarray[Any, Any], where: str, *, file: bool = False) -> Pixels:
    """A NumPy picture, (H, W) or (H, W, C) with C = 1 to 4, as pixels (a copy).

    Ranges: uint8 0 to 255, uint16 0 to 65535, any float 0 to 1, bool False to True.
    file: whether it comes from one, whose owner is told what to do with that, and not with an array.
    Raises InputError for other shapes and types, for NaN, and for floats outside [0, 1].
    """
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim != 3 or array.shape[2] not in (1, 2, 3, 4):
        if file:
            raise InputError(f"{where}: is no picture of 1 to 4 channels, {_lengths(array)} numbers: {_SAVE}")
        turned = array.ndim == 3 and array.shape[0] in (1, 3, 4)
        mend = "transpose it with .transpose(1, 2, 0)" if turned else "give (height, width) or (height, width, 1 to 4)"
        raise InputError(f"{where}: an array of shape {array.shape} is not a picture: {mend}")
    if array.size == 0:
        raise InputError(f"{where}: has no pixels, {_lengths(array)} numbers")
    if array.dtype == bool:
        return array.astype(np.float32)
    whole = _WHOLE.get(array.dtype.name)
    if whole is not None:
        pixels = array.astype(np.float32)
        pixels /= np.float32(whole)
        return pixels
    if array.dtype.kind != "f":
        mend = _SAVE if file else "convert to uint8, uint16, or float in [0, 1]"
        raise InputError(f"{where}: {array.dtype} has no known range: {mend}")
    return _unit_range(array, where, file)


def tensor_pixels(tensor: torch.Tensor, where: str) -> Pixels:
    """A tensor (C, H, W) or (1, C, H, W) with C = 1 to 4, or (H, W), as pixels (a copy, on the CPU).

    Ranges as for arrays. Raises InputError for other shapes and types, NaN, and floats outside [0, 1].
    """
    picture = tensor.detach()
    if picture.ndim == 4 and picture.shape[0] == 1:
        picture = picture[0]
    if picture.ndim == 2:
        picture = picture[None]
    if picture.ndim != 3 or picture.shape[0] not in (1, 2, 3, 4):
        turned = picture.ndim == 3 and picture.shape[2] in (1, 3, 4)
        mend = "permute it with .permute(2, 0, 1)" if turned else "give one picture, (1 to 4, height, width)"
        raise InputError(f"{where}: a tensor of shape {tuple(tensor.shape)} is not a picture: {mend}")
    if picture.is_floating_point():
        picture = picture.float()  # NumPy has no bfloat16
    return array_pixels(picture.permute(1, 2, 0).cpu().numpy(), where)


def on_background(pixels: Pixels, background: tuple[float, float, float]) -> Pixels:
    """Three channels (H, W, 3): grey is repeated, alpha is laid on the background, in sRGB as browsers do."""
    channels = pixels.shape[2]
    if channels == 3:
        return pixels
    if channels == 1:
        return np.repeat(pixels, 3, axis=2)
    alpha = pixels[:, :, -1:]
    over = np.asarray(background, dtype=np.float32) * (1 - alpha)
    over += pixels[:, :, :-1] * alpha
    return over


def _lengths(array: np.ndarray[Any, Any]) -> str:
    return "x".join(map(str, array.shape))


def _unit_range(array: np.ndarray[Any, Any], where: str, file: bool) -> Pixels:
    low, high = float(array.min()), float(array.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        mend = _SAVE if file else "replace them (numpy.nan_to_num)"
        raise InputError(f"{where}: has values that are not numbers or not finite: {mend}")
    if low < -TOLERANCE or high > 1 + TOLERANCE:
        mend = "divide by 255" if low >= 0 and 1.5 < high <= 255 else "scale it"
        mend = _SAVE if file else mend
        raise InputError(f"{where}: float values must be in [0, 1], found {low:g} to {high:g}: {mend}")
    clipped: Pixels = np.clip(array, 0, 1).astype(np.float32)
    return clipped
