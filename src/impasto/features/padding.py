"""What lies beyond a picture's edge, for pictures of any size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from impasto.features.names import Padding

if TYPE_CHECKING:
    from torch import Tensor


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Return TensorFlow's "SAME" padding before and after a side, so that the output has ceil(size / stride).

    >>> same_padding(8, kernel=3, stride=2), same_padding(7, kernel=3, stride=2)
    ((0, 1), (1, 1))
    """
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def pad(image: Tensor, rows: tuple[int, int], columns: tuple[int, int], mode: Padding, value: float = 0.0) -> Tensor:
    """Extend `image` (N, C, H, W) by `rows` above and below and `columns` left and right.

    "zero" fills with `value`. The other modes work for any amount: "reflect" and "circular" go on
    reflecting and repeating where the padding is larger than the image.
    """
    if not any(rows + columns):
        return image
    if mode == "zero":
        return torch.nn.functional.pad(image, columns + rows, value=value)
    limit = image.shape[-1] - 1, image.shape[-2] - 1  # the most that torch can reflect or repeat
    if mode == "replicate" or (max(columns) <= limit[0] and max(rows) <= limit[1]):
        return torch.nn.functional.pad(image, columns + rows, mode=mode)
    image = image.index_select(-2, _sources(image.shape[-2], rows, mode, image.device))
    return image.index_select(-1, _sources(image.shape[-1], columns, mode, image.device))


def _sources(size: int, amount: tuple[int, int], mode: Padding, device: torch.device) -> Tensor:
    """Return which of the `size` places each place of the extended side is a copy of."""
    places = torch.arange(-amount[0], size + amount[1], device=device)
    if mode == "circular":
        return places % size
    period = max(2 * size - 2, 1)
    places = places % period
    return torch.minimum(places, period - places) if size > 1 else torch.zeros_like(places)
