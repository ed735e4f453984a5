"""Several exemplars side by side as one picture, whose patches lie each within one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from impasto.patches import valid_patches


@dataclass(frozen=True)
class SideBySide:
    """Where the exemplars stand: sizes (height, width), from left to right."""

    sizes: tuple[tuple[int, int], ...]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the whole."""
        return max(height for height, _ in self.sizes), sum(width for _, width in self.sizes)

    def scaled(self, factor: float, least: int) -> SideBySide:
        """The same, each exemplar reduced by `factor`, but with sides of at least `least`."""
        return SideBySide(tuple((scaled(h, factor, least), scaled(w, factor, least)) for h, w in self.sizes))

    def joined(self, pictures: Sequence[torch.Tensor]) -> torch.Tensor:
        """The pictures (C, h, w), of these sizes, as one (C, H, W)."""
        if len(pictures) == 1:
            return pictures[0]
        pad = torch.nn.functional.pad
        height = self.size[0]
        return torch.cat([pad(picture, (0, 0, 0, height - picture.shape[1])) for picture in pictures], dim=2)

    def whole(self, patch: int, masks: Sequence[torch.Tensor] | None = None) -> torch.Tensor | None:
        """Which patches lie within one exemplar, and where `masks` (h, w) are True, as bool (hk, wk); None if all."""
        if masks is None and len(self.sizes) == 1:
            return None
        height, width = self.size
        whole = torch.zeros(height - patch + 1, width - patch + 1, dtype=torch.bool)
        left = 0
        for number, (h, w) in enumerate(self.sizes):
            there = torch.ones(h, w, dtype=torch.bool) if masks is None else masks[number].cpu()
            valid = valid_patches(there, patch)
            whole[: valid.shape[0], left : left + valid.shape[1]] = valid
            left += w
        return whole

    def enlarged(self, places: torch.Tensor, larger: SideBySide) -> torch.Tensor:
        """Where points (..., 2) of this, (row, column) in pixels, are in a larger one of the same exemplars."""
        device = places.device
        sizes, new = (torch.tensor(each.sizes, dtype=torch.float32, device=device) for each in (self, larger))
        starts, new_starts = (table[:, 1].cumsum(0) - table[:, 1] for table in (sizes, new))
        number = (torch.bucketize(places[..., 1].contiguous(), starts, right=True) - 1).clamp_min(0)
        row = places[..., 0] * (new[:, 0] / sizes[:, 0])[number]
        column = (places[..., 1] - starts[number]) * (new[:, 1] / sizes[:, 1])[number] + new_starts[number]
        return torch.stack([row, column], dim=-1)


def scaled(side: int, factor: float, least: int) -> int:
    """A side reduced by `factor`, of at least `least` pixels."""
    return max(least, round(side * factor))
