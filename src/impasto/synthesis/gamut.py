"""Which colours a picture may have: those of its exemplars, and no others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

SHARE = 0.001  # of the exemplars' pixels beyond each side of the box: stray pixels of lossy files
MARGIN = 0.01  # added to each side


class EveryColor:
    """The gamut of all colours in [0, 1], of which the others are parts."""

    def limit(self, image: torch.Tensor) -> torch.Tensor:
        """The nearest picture to `image` (N, 3, H, W) whose colours are all in the gamut."""
        return image.clamp(0, 1)

    def excess(self, image: torch.Tensor) -> torch.Tensor:
        """The mean square of how far the values of `image` (N, 3, H, W) are outside, a scalar."""
        return (image - self.limit(image.detach())).square().mean()


@dataclass(frozen=True)
class Gamut(EveryColor):
    """A box in the colours' principal axes: the least that holds (almost) all pixels of some exemplars.

    Network features saturate, so a few pixels may stray to colours from which no gradient leads back; in a
    box around the exemplar's own colours there is no such place.
    """

    axes: torch.Tensor  # (3, 3): a row for each axis
    low: torch.Tensor  # (3,)
    high: torch.Tensor  # (3,)

    def limit(self, image: torch.Tensor) -> torch.Tensor:
        """The colours of `image` (N, 3, H, W) moved into the box along its axes, and into [0, 1]."""
        places = torch.einsum("ac,nchw->nahw", self.axes, image)
        inside = torch.maximum(torch.minimum(places, self.high[:, None, None]), self.low[:, None, None])
        return torch.einsum("ac,nahw->nchw", self.axes, inside).clamp(0, 1)


class RegionalGamut(EveryColor):
    """Gamuts of parts of a picture, each with a mask (1, 1, H, W); what the masks leave over may have every colour.

    The masks add up to at most 1 at each pixel. Where several share one, its limit lies between theirs.
    """

    def __init__(self, parts: Sequence[tuple[Gamut, torch.Tensor]]) -> None:
        left = 1 - torch.stack([mask for _, mask in parts]).sum(0)
        self._parts: list[tuple[EveryColor, torch.Tensor]] = [*parts, (EveryColor(), left.clamp_min(0))]

    def limit(self, image: torch.Tensor) -> torch.Tensor:
        """The colours of `image` (N, 3, H, W) moved into the gamuts."""
        return torch.stack([mask * gamut.limit(image) for gamut, mask in self._parts]).sum(0)


def gamut_of(pictures: Sequence[torch.Tensor]) -> Gamut:
    """The gamut of pictures (1, 3, H, W), of which there is at least one."""
    colors = torch.cat([picture[0].flatten(1) for picture in pictures], dim=1)
    centred = colors - colors.mean(1, keepdim=True)
    _, vectors = torch.linalg.eigh((centred @ centred.T / colors.shape[1]).double())
    axes = vectors.T.to(colors)
    places = (axes @ colors).sort(dim=1).values
    last = places.shape[1] - 1
    beyond = int(last * SHARE)
    return Gamut(axes, places[:, beyond] - MARGIN, places[:, last - beyond] + MARGIN)
