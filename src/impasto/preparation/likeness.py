"""Whether two small pictures are one: the correlation of their detail, moved and enlarged as by a crop."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

FINE, COARSE = 0.7, 4.0  # deviations of the blurs, in pixels, between which detail lies
SHIFT = 3  # pixels by which a crop may have moved it
ENLARGED = (1, 2, 3, 4)  # pixels by which a crop may have enlarged a side, of 32
DOUBTFUL = 0.7, 0.98  # likenesses between which other sizes are tried
FAINT = 1e-3  # of the norm of detail below which there is none


def likeness(first: Tensor, second: Tensor) -> Tensor:
    """For pairs of pictures, bytes (N, 3, H, W) each, how much they are alike, (N,), at most 1.

    The normalised correlation of what lies between two blurs of their greys, the largest over shifts, and over sizes of
    either: two pictures of nothing but sky have little in common then. Pictures that are equal are 1, whatever they
    show.
    """
    if not len(first):
        return torch.zeros(0)
    one, two = _grey(first), _grey(second)
    best = _over_shifts(one, two)
    open_ = ((best > DOUBTFUL[0]) & (best < DOUBTFUL[1])).nonzero()[:, 0]
    one, two = one[open_], two[open_]
    for more in ENLARGED if len(open_) else ():
        for each in ((_enlarged(one, more), two), (one, _enlarged(two, more))):
            best[open_] = torch.maximum(best[open_], _over_shifts(*each))
    equal = (first == second).flatten(1).all(1)
    return torch.where(equal, 1.0, best)


def detail(grey: Tensor) -> Tensor:
    """What is coarser than noise and finer than light and shade, of (N, 1, H, W)."""
    return _blurred(grey, FINE) - _blurred(grey, COARSE)


def _over_shifts(one: Tensor, two: Tensor) -> Tensor:
    """The largest correlation of the detail of greys (N, 1, H, W), over shifts, (N,)."""
    one, two = detail(one), detail(two)
    middle = one[..., SHIFT:-SHIFT, SHIFT:-SHIFT]
    middle = middle - middle.mean((2, 3), keepdim=True)
    height, width = middle.shape[-2:]
    moved = F.conv2d(two.transpose(0, 1), middle, groups=len(one))[0]  # (N, shifts, shifts): sums of products
    mean, square = (F.avg_pool2d(each, (height, width), 1)[:, 0] for each in (two, two * two))
    lengths = ((square - mean * mean).clamp_min(0) * (height * width)).sqrt() * middle.flatten(1).norm(dim=1)[
        :, None, None
    ]
    best: Tensor = (moved / (lengths + FAINT)).flatten(1).amax(1)
    return best


def _grey(pictures: Tensor) -> Tensor:
    return (pictures.float() / 255).mean(1, keepdim=True)


def _enlarged(grey: Tensor, more: int) -> Tensor:
    """The middle of pictures that are enlarged by some pixels a side, as large as they were."""
    height, width = grey.shape[-2:]
    large = F.interpolate(grey, (height + more, width + more), mode="bilinear", align_corners=False)
    return large[..., more // 2 : more // 2 + height, more // 2 : more // 2 + width]


def _blurred(grey: Tensor, deviation: float) -> Tensor:
    radius = int(3 * deviation)
    taps = torch.exp(-(torch.arange(-radius, radius + 1.0) ** 2) / (2 * deviation**2))
    taps = taps / taps.sum()
    grey = F.pad(grey, (radius,) * 4, mode="replicate")
    return F.conv2d(F.conv2d(grey, taps.view(1, 1, 1, -1)), taps.view(1, 1, -1, 1))
