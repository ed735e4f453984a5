"""What stands for a set of pictures: some of them, side by side."""

from __future__ import annotations

from collections.abc import Iterable

import torch

from impasto.images import contact_sheet
from impasto.observers import Piece

SHOWN = 64


def sheet(pieces: Iterable[Piece]) -> torch.Tensor:
    """The pictures (3, H, W) of at most 64 pieces on one; white if there is none."""
    pictures = [piece.picture for piece, _ in zip(pieces, range(SHOWN), strict=False)]
    if not pictures:
        return torch.ones(3, 8, 8)
    return pictures[0] if len(pictures) == 1 else contact_sheet(pictures)
