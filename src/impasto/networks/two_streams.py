"""A generator that paints an object over a background: m * f + (1 - m) * b (Vondrick, Pirsiavash & Torralba 2016)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from impasto.networks.dcgan import Generator, finished
from impasto.networks.shape import Shape


class TwoStreams(nn.Module):
    """Two generators of one point: of a foreground with its mask, and of a background."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.front = Generator(shape, shape.channels + 1)
        self.back = Generator(shape)

    def layers(self, latents: Tensor, labels: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Foreground and background (N, C, H, W), and the mask (N, 1, H, W) in [0, 1], 1 where the former is."""
        front = self.front.features(latents, labels)[-1]
        return finished(front[:, 1:], self.shape), self.back(latents, labels), torch.sigmoid(front[:, :1])

    def masked(self, latents: Tensor, labels: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Pictures (N, C, H, W) and their masks (N, 1, H, W)."""
        front, back, mask = self.layers(latents, labels)
        return mask * front + (1 - mask) * back, mask

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Pictures (N, C, H, W)."""
        return self.masked(latents, labels)[0]
