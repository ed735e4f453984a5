"""How things move from one frame to the next: optical flow, pictures warped along it, and where it can be trusted.

A flow is a float32 tensor (2, H, W) that says for every pixel (x, y) of one frame where it is in another: at
(x + flow[0], y + flow[1]), in pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from impasto.images.color import luminance

if TYPE_CHECKING:
    import numpy as np

SMALLEST = 16  # pixels a side that the search needs; smaller frames are enlarged by repeating their edges


@dataclass(frozen=True)
class Motion:
    """Where the pixels of a frame were in the frame before it."""

    flow: torch.Tensor  # (2, H, W), pixels
    trust: torch.Tensor  # (1, H, W): 1 where the pixel was seen in the frame before, 0 where it was hidden or unsure

    def carry(self, picture: torch.Tensor) -> torch.Tensor:
        """What was made of the frame before, (C, H, W), moved to where things are now."""
        return warp(picture, self.flow)

    def change(self, before: torch.Tensor, after: torch.Tensor) -> float:
        """How far two frames (C, H, W) differ, in [0, 1] a channel, beyond what moved: the mean where it is trusted."""
        difference = (after - self.carry(before)).abs().mean(0, keepdim=True)
        return float((self.trust * difference).sum() / self.trust.sum().clamp_min(1))


def motion(before: torch.Tensor, after: torch.Tensor) -> Motion:
    """The motion between two frames (3, H, W) of a clip."""
    back = optical_flow(after, before)
    return Motion(back, trusted(back, optical_flow(before, after)))


def optical_flow(here: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
    """Where the pixels of `here` (3, H, W) are in `there`, (2, H, W), by dense inverse search (Kroeger et al. 2016)."""
    import cv2

    height, width = here.shape[-2:]
    search: Any = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    search.setFinestScale(0)
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)  # its threads share out the rows, and what one finds depends on where its share begins
    try:
        found = search.calc(_grey(here), _grey(there), None)
    finally:
        cv2.setNumThreads(threads)
    return torch.from_numpy(found[:height, :width]).permute(2, 0, 1).contiguous()


def warp(picture: torch.Tensor, flow: torch.Tensor) -> torch.Tensor:
    """`picture` (C, H, W) as seen from where `flow` (2, H, W) starts; bicubic, kept within the picture's own range."""
    height, width = flow.shape[-2:]
    rows = torch.arange(height, dtype=flow.dtype, device=flow.device)[:, None] + flow[1]
    columns = torch.arange(width, dtype=flow.dtype, device=flow.device)[None] + flow[0]
    grid = torch.stack([columns * 2 / max(1, width - 1) - 1, rows * 2 / max(1, height - 1) - 1], dim=-1)
    moved = torch.nn.functional.grid_sample(
        picture[None], grid[None].to(picture.device), mode="bicubic", padding_mode="border", align_corners=True
    )
    return moved[0].clamp(float(picture.min()), float(picture.max()))


def trusted(back: torch.Tensor, forth: torch.Tensor) -> torch.Tensor:
    """Where a flow (2, H, W) can be believed, (1, H, W) of 0 and 1, given the flow the other way.

    Going back and forth must end near where it began, else the place was hidden (Sundaram, Brox & Keutzer 2010); it
    must lie inside the frame, and not at the edge of a motion, where flows are blurred (Ruder, Dosovitskiy & Brox
    2016, whose threshold there is ten times lower: their flows are smoother).
    """
    height, width = back.shape[-2:]
    returned = warp(forth, back)
    size = returned.square().sum(0) + back.square().sum(0)
    consistent = (returned + back).square().sum(0) <= 0.01 * size + 0.5
    down = torch.diff(back, dim=1, append=back[:, -1:])
    right = torch.diff(back, dim=2, append=back[:, :, -1:])
    smooth = (down.square() + right.square()).sum(0) <= 0.01 * back.square().sum(0) + 0.02
    rows = torch.arange(height)[:, None] + back[1]
    columns = torch.arange(width)[None] + back[0]
    inside = (rows >= -0.5) & (rows <= height - 0.5) & (columns >= -0.5) & (columns <= width - 0.5)
    return (consistent & smooth & inside)[None].float()


def _grey(frame: torch.Tensor) -> np.ndarray[Any, Any]:
    import cv2

    grey = (luminance(frame.detach().cpu())[0] * 255).round().byte().numpy()
    below, right = max(0, SMALLEST - grey.shape[0]), max(0, SMALLEST - grey.shape[1])
    padded: np.ndarray[Any, Any] = cv2.copyMakeBorder(grey, 0, below, 0, right, cv2.BORDER_REPLICATE)
    return padded
