"""The baseline that does not know which pixels are neighbours: dense layers (Goodfellow et al. 2014)."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from impasto.networks.dcgan import finished
from impasto.networks.dropout import Dropout
from impasto.networks.labels import join, one_hot
from impasto.networks.shape import HIDDEN, Shape

PIECES = 5  # of a maxout unit
RATE = 0.5  # of dropout, if nothing else is said


class PerceptronGenerator(nn.Module):
    """Two hidden layers of ReLU units."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        hidden = shape.dense or HIDDEN
        self.layers = nn.ModuleList([nn.Linear(shape.latent + shape.joined, hidden), nn.Linear(hidden, hidden)])
        self.picture = nn.Linear(hidden, shape.channels * shape.side**2)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Pictures (N, C, H, W) for latents (N, L)."""
        values = join(latents, one_hot(labels, self.shape.joined, latents))
        for layer in self.layers:
            values = F.relu(layer(values))
        side = self.shape.side
        return finished(self.picture(values).reshape(-1, self.shape.channels, side, side), self.shape)


class PerceptronDiscriminator(nn.Module):
    """Two hidden layers of maxout units, each the largest of five sums, with dropout."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        hidden = max(1, (shape.dense or HIDDEN) // PIECES)
        pixels = shape.channels * shape.side**2 + shape.joined
        self.layers = nn.ModuleList([nn.Linear(pixels, hidden * PIECES), nn.Linear(hidden, hidden * PIECES)])
        self.dropout = Dropout(shape.dropout or RATE)
        self.score = nn.Linear(hidden, 1)

    def forward(self, pictures: Tensor, labels: Tensor | None = None) -> Tensor:
        """Scores (N,) of pictures (N, C, H, W)."""
        values = join(pictures.flatten(1), one_hot(labels, self.shape.joined, pictures))
        for layer in self.layers:
            values = self.dropout(layer(values).unflatten(1, (-1, PIECES)).amax(2))
        scores: Tensor = self.score(values)
        return scores[:, 0]
