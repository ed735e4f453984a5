"""How like real pictures drawn ones are, measured now and then in a training: a Fréchet distance."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch

from impasto.features import load_network
from impasto.images import resize
from impasto.losses import Moments, gaussian_wasserstein

if TYPE_CHECKING:
    from impasto.data import Dataset

NETWORK, LAYER = "efficientnet-lite0", "p10"  # 112 numbers a picture: a thousand pictures tell their covariance
SIDE = 64  # pixels to which smaller pictures are enlarged
AT_ONCE = 100


class Likeness:
    """The Fréchet distance between Gaussians of features of real pictures and of drawn ones (Heusel et al. 2017).

    Features are the means over all positions of a deep layer of the network that comes with Impasto, so that the
    numbers compare trainings of one data set with one another, and with nothing that was published.
    """

    def __init__(self, data: Dataset, count: int, device: torch.device) -> None:
        """`count` pictures are compared, or as many as there are; of the data they are evenly spaced."""
        self._count, self._device = min(count, len(data)), device
        self._network = load_network(NETWORK).to(device)
        chosen = [number * len(data) // self._count for number in range(self._count)]
        self._real = self._moments(lambda start, end: data.take(chosen[start:end]).pictures.float() / 255)

    def __call__(self, draw: Callable[[int, int], torch.Tensor]) -> float:
        """The distance of drawn pictures; `draw` gives those of these numbers, (N, 3, H, W) in [0, 1]."""
        return float(gaussian_wasserstein(self._moments(draw), self._real).clamp_min(0))

    @torch.no_grad()
    def _moments(self, pictures: Callable[[int, int], torch.Tensor]) -> Moments:
        rows = []
        for start in range(0, self._count, AT_ONCE):
            seen = pictures(start, min(self._count, start + AT_ONCE)).to(self._device)
            if min(seen.shape[-2:]) < SIDE:
                seen = resize(seen, (SIDE, SIDE))
            rows.append(self._network(seen, [LAYER])[LAYER].mean((2, 3)))
        features = torch.cat(rows).double()
        mean = features.mean(0)
        centred = features - mean
        return Moments(mean[None], (centred.T @ centred / max(1, len(features) - 1))[None])
