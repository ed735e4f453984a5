"""Making a picture from a field: each patch votes with the pixels of the key patch it is like."""

from __future__ import annotations

import torch

from impasto.errors import InputError
from impasto.patches.matching import check_field
from impasto.patches.positions import patch_positions


def vote(
    field: torch.Tensor,
    values: torch.Tensor,
    size: tuple[int, int],
    patch: int,
    *,
    stride: int = 1,
    wrap: bool = False,
    weights: torch.Tensor | None = None,
    into: torch.Tensor | None = None,
) -> torch.Tensor:
    """Return the picture (C, H, W) whose pixels are the weighted means of the patches that cover them.

    field: (h, w, 2), for the patches of a picture of `size` = (H, W) at its `patch_positions`, which patch of
        `values` (C, Hk, Wk) is to be there.
    weights: (h, w), 0 or more; equal if not given.
    into: (C, H, W), what stays where the weights of all patches are 0; 0 if not given. It is not changed.

    Raises InputError for a field or weights of another shape, and for a field that points beyond the values.
    """
    height, width = size
    rows, columns = (patch_positions(side, patch, stride, wrap=wrap) for side in size)
    check_field(field, (len(rows), len(columns)), [side - patch + 1 for side in values.shape[1:]])
    if weights is None:
        weights = torch.ones(field.shape[:2], device=values.device)
    elif weights.shape != field.shape[:2]:
        raise InputError(f"weights of {tuple(weights.shape)} do not fit {len(rows)}x{len(columns)} patches")
    into = values.new_zeros(len(values), height, width) if into is None else into
    form = _vote_compiled if values.device.type == "cpu" else vote_plain
    return form(field, values, rows, columns, patch, wrap, weights, into)


def vote_plain(
    field: torch.Tensor,
    values: torch.Tensor,
    rows: torch.Tensor,
    columns: torch.Tensor,
    patch: int,
    wrap: bool,
    weights: torch.Tensor,
    into: torch.Tensor,
) -> torch.Tensor:
    """The same with tensors only, for any device."""
    height, width = into.shape[1:]
    places = field.long()
    total = torch.zeros_like(into)
    weight = total.new_zeros(height, width)
    rows, columns = rows.to(into.device)[:, None], columns.to(into.device)[None]
    for dy in range(patch):  # within one offset no pixel is met twice, so that the order of adding is always the same
        for dx in range(patch):
            y, x = ((rows + dy) % height, (columns + dx) % width) if wrap else (rows + dy, columns + dx)
            total[:, y, x] += weights * values[:, places[..., 0] + dy, places[..., 1] + dx]
            weight[y, x] += weights
    return torch.where(weight > 0, total / weight.clamp_min(torch.finfo(total.dtype).tiny), into)


def _vote_compiled(
    field: torch.Tensor,
    values: torch.Tensor,
    rows: torch.Tensor,
    columns: torch.Tensor,
    patch: int,
    wrap: bool,
    weights: torch.Tensor,
    into: torch.Tensor,
) -> torch.Tensor:
    from impasto.patches.kernels import gather_votes

    height, width = into.shape[1:]
    row_of, column_of = (patch_index(positions, side) for positions, side in ((rows, height), (columns, width)))
    result = into.permute(1, 2, 0).float().clone(memory_format=torch.contiguous_format)
    gather_votes(
        field.int().contiguous().numpy(),
        values.permute(1, 2, 0).float().contiguous().numpy(),
        weights.float().contiguous().numpy(),
        row_of.numpy(),
        column_of.numpy(),
        patch,
        len(values),
        wrap,
        result.numpy(),
    )
    return result.permute(2, 0, 1).contiguous()


def patch_index(positions: torch.Tensor, side: int) -> torch.Tensor:
    """For each of `side` pixels the number of the patch that begins there, or -1."""
    index = torch.full((side,), -1)
    index[positions] = torch.arange(len(positions))
    return index
