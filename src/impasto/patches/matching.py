"""What a search for nearest patches is given, and what it finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch

from impasto.errors import InputError
from impasto.patches.positions import patch_positions


class Match(NamedTuple):
    """The nearest key patch of each query patch.

    The distance of two patches is the mean of the squared differences of their values.
    """

    field: torch.Tensor  # (h, w, 2) int32: row and column of the key patch
    distance: torch.Tensor  # (h, w) float32; 0 where the query patch does not count
    reverse: torch.Tensor | None = None  # (hk, wk, 2) int32: the query patch that is nearest to each key patch


@dataclass(frozen=True)
class Matching:
    """Two pictures whose patches are compared, and which of these count."""

    queries: torch.Tensor  # (C, H, W), gone on by patch - 1 pixels over both ends if it wraps
    keys: torch.Tensor  # (C, Hk, Wk)
    patch: int
    rows: torch.Tensor  # (h,) int64: where query patches begin
    columns: torch.Tensor  # (w,)
    counted: torch.Tensor  # (h, w) bool: the query patches that count
    allowed: torch.Tensor  # (hk, wk) bool: the key patches that may be taken
    wrap: bool
    period: tuple[int, int]  # height and width of the queries before they went on

    @staticmethod
    def of(
        queries: torch.Tensor,
        keys: torch.Tensor,
        patch: int,
        *,
        stride: int = 1,
        wrap: bool = False,
        query_mask: torch.Tensor | None = None,
        key_mask: torch.Tensor | None = None,
    ) -> Matching:
        """Bring two pictures (C, H, W) together. Raises InputError if they cannot be compared."""
        if queries.shape[0] != keys.shape[0]:
            raise InputError(f"pictures of {queries.shape[0]} and {keys.shape[0]} channels cannot be compared")
        height, width = queries.shape[1:]
        rows, columns = (patch_positions(side, patch, stride, wrap=wrap) for side in (height, width))
        shape = (keys.shape[1] - patch + 1, keys.shape[2] - patch + 1)
        if min(shape) < 1:
            raise InputError(
                f"an exemplar of {keys.shape[2]}x{keys.shape[1]} pixels is smaller than a patch of {patch}"
            )
        counted = _mask(query_mask, (len(rows), len(columns)), "query_mask", queries.device)
        allowed = _mask(key_mask, shape, "key_mask", queries.device)
        if not bool(allowed.any()):
            raise InputError("no patch of the exemplar is left to choose from; the mask covers too much of it")
        if wrap:
            queries = torch.nn.functional.pad(queries[None], (0, patch - 1, 0, patch - 1), mode="circular")[0]
        return Matching(queries, keys, patch, rows, columns, counted, allowed, wrap, (height, width))

    @property
    def values(self) -> int:
        """How many values a patch has."""
        return len(self.keys) * self.patch**2

    def reversed(self) -> Matching:
        """The same the other way round: for each key patch the nearest query patch. For a stride of 1 only."""
        rows, columns = (torch.arange(side) for side in self.allowed.shape)
        shape = (self.allowed.shape[0], self.allowed.shape[1])
        return replace(
            self,
            queries=self.keys,
            keys=self.queries,
            rows=rows,
            columns=columns,
            counted=self.allowed,
            allowed=self.counted,
            wrap=False,
            period=shape,
        )


def valid_patches(mask: torch.Tensor, patch: int, *, wrap: bool = False) -> torch.Tensor:
    """Return which patches lie wholly in a mask of pixels (H, W), as bool (h, w).

    >>> valid_patches(torch.tensor([[True, True, False, True]]), 1)
    tensor([[ True,  True, False,  True]])
    """
    outside = (~mask.bool())[None, None].float()
    if wrap:
        outside = torch.nn.functional.pad(outside, (0, patch - 1, 0, patch - 1), mode="circular")
    if min(outside.shape[-2:]) < patch:
        raise InputError(f"a mask of {mask.shape[1]}x{mask.shape[0]} pixels is smaller than a patch of {patch}")
    valid: torch.Tensor = torch.nn.functional.max_pool2d(outside, patch, stride=1)[0, 0] == 0
    return valid


def check_field(field: torch.Tensor, shape: Sequence[int], patches: Sequence[int]) -> None:
    """Raise InputError unless a field (..., 2) has that shape, and points to some of `patches` rows and columns.

    The compiled kernels read what a field points to, wherever that is.
    """
    if field.shape != (*shape, 2):
        raise InputError(f"a field of {tuple(field.shape)} does not fit {'x'.join(map(str, shape))} patches")
    if field.numel() == 0:
        return
    for side, last in zip(field.unbind(-1), patches, strict=True):
        low, high = (int(end) for end in side.aminmax())
        if low < 0 or high >= last:
            raise InputError(
                f"a field points to patches {low} to {high}, but there are {patches[0]}x{patches[1]}, counted from 0"
            )


def _mask(mask: torch.Tensor | None, shape: tuple[int, int], name: str, device: torch.device) -> torch.Tensor:
    if mask is None:
        return torch.ones(shape, dtype=torch.bool, device=device)
    if mask.shape != shape:
        raise InputError(
            f"{name} must have one value for each of {shape[0]}x{shape[1]} patches, got {tuple(mask.shape)}"
        )
    return mask.to(device=device, dtype=torch.bool)
