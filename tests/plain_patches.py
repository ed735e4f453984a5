"""Patches taken out of a picture in the plain way: what the quick ways are compared with."""

from __future__ import annotations

import torch

from impasto.patches import patch_positions


def extract_patches(image: torch.Tensor, patch: int, *, stride: int = 1, wrap: bool = False) -> torch.Tensor:
    """The patches of `image` (C, H, W) at the `patch_positions` of both sides, as (h, w, C, patch, patch)."""
    within = torch.arange(patch)
    rows, columns = (
        (patch_positions(side, patch, stride, wrap=wrap)[:, None] + within) % side for side in image.shape[1:]
    )
    return image[:, rows[:, None, :, None], columns[None, :, None, :]].permute(1, 2, 0, 3, 4)
