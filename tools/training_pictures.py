"""Random crops of free pictures, their colours changed beyond recognition: what the decoders are trained on."""

from __future__ import annotations

import math
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from impasto.images import pictures_in, read, resize
from impasto.samples.drawings import DRAWINGS, drawing
from impasto.samples.photos import sample

PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "rocket", "china", "flower")
SURFACES = ("brick", "grass", "gravel")
OTHERS = ("hubble_deep_field", "immunohistochemistry", "camera", "moon", "coins")  # of scikit-image
REDUCED = (1.0, 0.7, 0.5, 0.35, 0.25)


def free_pictures() -> list[tuple[Tensor, float]]:
    """The pictures of the wheels and the project's own drawings, each with how often it is drawn."""
    import matplotlib
    import skimage.data

    found = [(sample(name), 1.0) for name in PHOTOGRAPHS]
    found += [(sample(name), 0.4) for name in SURFACES]
    found += [(read(getattr(skimage.data, name)()), 0.5) for name in OTHERS]
    found.append((read(Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"), 1.0))
    found += [(drawing(name, 448, seed), 0.35) for name in DRAWINGS for seed in (0, 1)]
    return found


def pictures_of(folder: Path) -> list[tuple[Tensor, float]]:
    """The pictures of a folder, all drawn equally often."""
    return [(read(path), 1.0) for path in pictures_in(folder)]


class Crops:
    """Draws batches of crops (N, 3, side, side) in [0, 1]; `random` is all its state."""

    def __init__(self, pictures: list[tuple[Tensor, float]], side: int, random: torch.Generator) -> None:
        self.side, self.random = side, random
        self.sizes = [self._reduced(picture) for picture, _ in pictures]
        weights = (weight for _, weight in pictures)
        self.weights = torch.tensor([it if sizes else 0.0 for it, sizes in zip(weights, self.sizes, strict=True)])

    def draw(self, count: int) -> Tensor:
        """A batch, channels last."""
        return torch.stack([self._one() for _ in range(count)]).contiguous(memory_format=torch.channels_last)

    def _reduced(self, picture: Tensor) -> list[Tensor]:
        """The picture at several sizes, in bytes."""
        found = []
        for factor in REDUCED:
            height, width = round(picture.shape[1] * factor), round(picture.shape[2] * factor)
            if min(height, width) >= self.side:
                found.append((resize(picture, (width, height)) * 255).round().byte())
        return found

    def _one(self) -> Tensor:
        crop = self._recolored(self._crop())
        chance = self._uniform()
        if chance < 0.15:  # two pictures, with a border between them or a gradual change
            cells = self._whole(2, 9), self._whole(2, 9)
            mask = F.interpolate(torch.rand(1, 1, *cells, generator=self.random), (self.side,) * 2, mode="bilinear")[0]
            mask = ((mask - 0.5) * self._uniform(2, 40) + 0.5).clamp(0, 1)
            crop = torch.lerp(self._recolored(self._crop()), crop, mask)
        elif chance < 0.2:
            crop = 0.5 * crop + 0.5 * self._recolored(self._crop())
        if self._uniform() < 0.1:
            crop = crop + self._uniform(0, 0.08) * torch.randn(crop.shape, generator=self.random)
        return crop.clamp(0, 1)

    def _crop(self) -> Tensor:
        sizes = self.sizes[int(torch.multinomial(self.weights, 1, generator=self.random))]
        picture = sizes[self._whole(0, len(sizes))]
        top, left = (self._whole(0, length - self.side + 1) for length in picture.shape[1:])
        crop = picture[:, top : top + self.side, left : left + self.side].float() / 255
        if self._uniform() < 0.5:
            crop = crop.flip(2)
        if self._uniform() < 0.3:
            crop = crop.transpose(1, 2)
        return crop.flip(1) if self._uniform() < 0.2 else crop

    def _recolored(self, crop: Tensor) -> Tensor:
        """Channels exchanged or mixed, perhaps a negative, another gamma, contrast and brightness."""
        chance = self._uniform()
        if chance < 0.35:
            crop = crop[torch.randperm(3, generator=self.random)]
        elif chance < 0.6:
            matrix = torch.eye(3) + 0.35 * torch.randn(3, 3, generator=self.random)
            matrix = matrix / matrix.sum(1, keepdim=True).abs().clamp_min(0.5)
            crop = torch.einsum("dc,chw->dhw", matrix, crop - 0.5) + 0.5
        if self._uniform() < 0.1:
            crop = 1 - crop
        if self._uniform() < 0.6:
            crop = crop.clamp(0, 1) ** math.exp(self._uniform(-0.6, 0.6))
            crop = (crop - 0.5) * math.exp(self._uniform(-0.7, 0.5)) + 0.5 + self._uniform(-0.15, 0.15)
        return crop.clamp(0, 1)

    def _uniform(self, low: float = 0.0, high: float = 1.0) -> float:
        return low + (high - low) * float(torch.rand((), generator=self.random))

    def _whole(self, low: int, high: int) -> int:
        return int(torch.randint(low, high, (), generator=self.random))
