"""The network of a student's report, as its appendix has it: same widths at all sizes, no batch norm, dropout.

Of a width w (64 there, at 128 px): a critic of one convolution, four strided ones (w channels, 3x3, leaky ReLU),
dropout of .4 and a score; a generator of a dense layer with 4w channels, and transposed convolutions of 2w.
"""

from __future__ import annotations

from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn

from impasto.networks.dcgan import SLOPE, finished
from impasto.networks.dropout import Dropout
from impasto.networks.labels import join, one_hot
from impasto.networks.shape import Shape

RATE = 0.4  # of dropout, if nothing else is said


class ReportGenerator(nn.Module):
    """A dense layer, leaky ReLU, then doublings by transposed convolutions of 4x4, and a convolution of 3x3."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        doublings = 2 if shape.side == 28 else 3
        self.side = shape.side >> doublings
        wide, thin = 4 * shape.width, 2 * shape.width
        self.start = nn.Linear(shape.latent + shape.joined, wide * self.side**2)
        widths = [wide, *[thin] * doublings]
        self.layers = nn.ModuleList(nn.ConvTranspose2d(before, after, 4, 2, 1) for before, after in pairwise(widths))
        self.picture = nn.Conv2d(thin, shape.channels, 3, padding=1)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Pictures (N, C, H, W) for latents (N, L)."""
        values = self.start(join(latents, one_hot(labels, self.shape.joined, latents)))
        features = F.leaky_relu(values, SLOPE).reshape(len(latents), self.side, self.side, -1).permute(0, 3, 1, 2)
        for layer in self.layers:
            features = F.leaky_relu(layer(features), SLOPE)
        return finished(self.picture(features), self.shape)


class ReportDiscriminator(nn.Module):
    """A convolution, four strided ones, dropout, and one number."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        halvings = 2 if shape.side == 28 else 4
        width, side = shape.width, shape.side >> halvings
        first = nn.Conv2d(shape.channels + shape.joined, width, 3, padding=1)
        strided = [nn.Conv2d(width, width, 3, 2, 1) for _ in range(halvings)]
        self.layers = nn.ModuleList([first, *strided])
        self.dropout = Dropout(shape.dropout or RATE)
        self.score = nn.Linear(width * side**2, 1)

    def forward(self, pictures: Tensor, labels: Tensor | None = None) -> Tensor:
        """Scores (N,) of pictures (N, C, H, W)."""
        features = join(pictures, one_hot(labels, self.shape.joined, pictures))
        for layer in self.layers:
            features = F.leaky_relu(layer(features), SLOPE)
        scores: Tensor = self.score(self.dropout(features.permute(0, 2, 3, 1).flatten(1)))
        return scores[:, 0]
