"""Where patches begin along a side."""

from __future__ import annotations

import torch

from impasto.errors import InputError


def patch_positions(length: int, patch: int, stride: int = 1, *, wrap: bool = False) -> torch.Tensor:
    """Return where patches begin along a side of `length` pixels, as int64 (n,).

    Every `stride` pixels from 0; the last one ends with the side, so that each pixel is in a patch. With `wrap` the
    side is a circle, and patches go on over its end. Raises InputError if the side is shorter than a patch.

    >>> patch_positions(10, 4, 3).tolist(), patch_positions(10, 4, 4).tolist(), patch_positions(10, 4, 4, wrap=True)
    ([0, 3, 6], [0, 4, 6], tensor([0, 4, 8]))
    """
    if patch < 1 or stride < 1:
        raise InputError(f"a patch and its stride must be at least 1 pixel, got {patch} and {stride}")
    if length < patch:
        raise InputError(f"a side of {length} pixels is shorter than a patch of {patch}; take a smaller patch")
    if wrap:
        return torch.arange(0, length, stride)
    last = length - patch
    positions = torch.arange(0, last + 1, stride)
    return positions if positions[-1] == last else torch.cat([positions, torch.tensor([last])])
