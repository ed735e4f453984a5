"""A vote that stays sharp: what many patches agree on counts, what they do not is not averaged into a blur."""

from __future__ import annotations

import torch

from impasto.patches.positions import patch_positions
from impasto.patches.voting import patch_index


def vote_by_agreement(
    field: torch.Tensor,
    values: torch.Tensor,
    size: tuple[int, int],
    patch: int,
    weights: torch.Tensor,
    *,
    stride: int = 1,
    wrap: bool = False,
    sharpness: float = 4.0,
) -> torch.Tensor:
    """Return the picture (C, H, W) that the patches of `field` make, each pixel by majority.

    The patches over a pixel propose pixels of `values` (C, Hk, Wk). Those that propose the same one add up their
    weights, and the result is the mean of the proposed pixels with these sums to the power of `sharpness` as
    weights: 1 is a plain weighted mean, a large number takes the one that most agree on.

    field: (h, w, 2), at the `patch_positions` of `size` = (H, W); weights: (h, w), above 0.
    """
    from impasto.patches.agreement_kernels import agreeing_votes

    rows, columns = (patch_index(patch_positions(side, patch, stride, wrap=wrap), side) for side in size)
    result = torch.empty(*size, len(values))
    agreeing_votes(
        field.cpu().int().contiguous().numpy(),
        values.cpu().permute(1, 2, 0).float().contiguous().numpy(),
        weights.cpu().float().contiguous().numpy(),
        rows.numpy(),
        columns.numpy(),
        patch,
        sharpness,
        wrap,
        result.numpy(),
    )
    return result.permute(2, 0, 1).contiguous().to(values.device)
