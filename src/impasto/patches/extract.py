"""Taking the patches out of a picture, and adding weighted patches up to a picture."""

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


def extract_patches(image: torch.Tensor, patch: int, *, stride: int = 1, wrap: bool = False) -> torch.Tensor:
    """Return the patches of `image` (C, H, W) as (h, w, C, patch, patch); differentiable.

    The patches begin at the `patch_positions` of both sides; with `wrap` they go on over the edges.
    """
    rows, columns = _pixels(image.shape[1:], patch, stride, wrap, image.device)
    patches: torch.Tensor = image[:, rows[:, None, :, None], columns[None, :, None, :]]
    return patches.permute(1, 2, 0, 3, 4)


def fold_patches(
    patches: torch.Tensor,
    size: tuple[int, int],
    *,
    stride: int = 1,
    wrap: bool = False,
    weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """Return the picture (C, H, W) whose pixels are the weighted means of the patches that cover them; differentiable.

    `patches` (h, w, C, p, p) are at the `patch_positions` of `size` = (H, W); `weights` are (h, w), one a patch, or
    (h, w, p, p), one a pixel. A pixel whose weights are all 0 is 0.
    """
    height, width, channels, patch, _ = patches.shape
    rows, columns = _pixels(size, patch, stride, wrap, patches.device)
    if weights is None:
        weights = patches.new_ones(height, width)
    weights = weights.view(*weights.shape, *(1,) * (4 - weights.ndim)).expand(-1, -1, patch, patch)
    total = patches.new_zeros(channels + 1, *size)
    weighted = torch.cat([patches * weights[:, :, None], weights[:, :, None]], dim=2).permute(2, 0, 1, 3, 4)
    every = torch.arange(channels + 1, device=patches.device)[:, None, None]
    for i in range(patch):  # within one offset no pixel is met twice, so that the order of adding is always the same
        for j in range(patch):
            at = (every, rows[None, :, i, None], columns[None, None, :, j])
            total = total.index_put(at, weighted[..., i, j], accumulate=True)
    weight = total[-1:]
    return torch.where(weight > 0, total[:-1] / weight.clamp_min(torch.finfo(total.dtype).tiny), 0.0)


def _pixels(
    size: tuple[int, ...], patch: int, stride: int, wrap: bool, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    """The rows (h, patch) and columns (w, patch) of the pixels of each patch."""
    within = torch.arange(patch)
    rows, columns = (
        ((patch_positions(side, patch, stride, wrap=wrap)[:, None] + within) % side).to(device) for side in size
    )
    return rows, columns
