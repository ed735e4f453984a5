"""Resizing with antialiasing, in sRGB values or in linear light."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import torch

from impasto.errors import InputError
from impasto.images.color import linear_to_srgb, srgb_to_linear
from impasto.images.sizes import check_size, reduced_to

if TYPE_CHECKING:
    from torch import Tensor

Filter = Literal["lanczos", "bicubic", "bilinear", "area", "nearest"]


def resize(
    image: Tensor, size: tuple[int, int], *, linear_light: bool = False, filter: Filter = "bicubic", clamp: bool = True
) -> Tensor:
    """Resize images (C, H, W) or (N, C, H, W), in [0, 1], to `size` = (width, height); differentiable.

    filter: "lanczos" (3 lobes, the sharpest), "bicubic" (a = -0.5) and "bilinear" are widened when they shrink,
        so that nothing aliases; "area" takes means of boxes (exact when the old size is a multiple of the new);
        "nearest" repeats or skips pixels.
    linear_light: average light rather than sRGB values; right for photographs, keeps fine bright detail bright.
    clamp: cut the overshoot of "lanczos" and "bicubic" to [0, 1]; pass False for tensors that are not images,
        or where the gradient must pass.

    Raises InputError for sides outside 1 to 32768, an unknown filter, or a tensor of another rank.

    >>> resize(torch.rand(3, 100, 200), (50, 25)).shape
    torch.Size([3, 25, 50])
    """
    check_size(size)
    if filter not in get_args(Filter):
        raise InputError(f"filter must be one of {', '.join(get_args(Filter))}, got {filter!r}")
    if image.ndim not in (3, 4):
        raise InputError(f"resize takes (C, H, W) or (N, C, H, W), got shape {tuple(image.shape)}")
    width, height = size
    if image.shape[-2:] == (height, width):
        return image.clamp(0, 1) if clamp else image
    batch = image if image.ndim == 4 else image[None]
    if linear_light:
        batch = srgb_to_linear(batch)
    batch = _interpolate(batch, height, width, filter)
    if clamp:
        batch = batch.clamp(0, 1)
    if linear_light:
        batch = linear_to_srgb(batch)
    return batch if image.ndim == 4 else batch[0]


def reduced(image: Tensor, long: int) -> Tensor:
    """An image (C, H, W), in [0, 1], whose longer side is reduced to `long` if it is larger."""
    return resize(image, reduced_to((image.shape[2], image.shape[1]), long))


def _interpolate(batch: Tensor, height: int, width: int, filter: Filter) -> Tensor:
    interpolate = torch.nn.functional.interpolate
    if filter == "area":
        return interpolate(batch, (height, width), mode="area")
    if filter == "nearest":
        return interpolate(batch, (height, width), mode="nearest-exact")
    if filter == "lanczos":  # PyTorch has it on the CPU only
        small = interpolate(batch.cpu(), (height, width), mode="lanczos", antialias=True, align_corners=False)
        return small.to(batch.device)
    return interpolate(batch, (height, width), mode=filter, antialias=True, align_corners=False)
