"""What patches are beside their pixels: their height in the picture, and what guide maps say of them."""

from __future__ import annotations

import torch

CELLS = 1  # parts of a patch's side that a map is seen by


def patch_features(maps: torch.Tensor, patch: int, cells: int = CELLS) -> torch.Tensor:
    """The means of maps (G, H, W) over `cells` x `cells` parts of each patch, over `cells`: (G cells cells, h, w).

    Where two patches' maps are apart by a constant, so far are they apart along a random direction.
    """
    cells = min(cells, patch)
    side = -(-patch // cells)
    means = torch.nn.functional.avg_pool2d(maps[None], side, stride=1)[0] / cells
    height, width = (length - patch + 1 for length in maps.shape[1:])
    firsts = [round(number * (patch - side) / max(1, cells - 1)) for number in range(cells)]
    return torch.cat([means[:, row : row + height, column : column + width] for row in firsts for column in firsts])


def relative_heights(height: int, width: int, patch: int, margin: int = 0) -> torch.Tensor:
    """How far down each patch of a picture is, from 0 at the top to 1 at the bottom, (h, w); `margin` is beyond."""
    rows = torch.arange(height - patch + 1) - margin
    places = (rows / max(1, height - 2 * margin - patch)).clamp(0, 1)
    return places[:, None].expand(-1, width - patch + 1)
