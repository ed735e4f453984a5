"""Brightness, contrast and saturation of pictures, changed at random: more to learn from where there are few."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from impasto.data.order import Indices, hashes, key_of
from impasto.images.color import LUMINANCE

if TYPE_CHECKING:
    from torch import Tensor

USE = 1 << 42  # of a seed, and the two after it; above all epochs


def jitter_factors(places: Indices, seed: int, strength: float) -> Tensor:
    """By how much brightness, contrast and saturation of the pictures at some places are multiplied, (N, 3).

    Each is drawn evenly from 1 - strength to 1 + strength, independent of the others: a function of place and seed.
    """
    drawn = np.stack([hashes(places, key_of(seed, USE + number)) for number in range(3)], axis=1)
    shares = torch.from_numpy((drawn >> np.uint64(11)).astype(np.float64) / 2**53)
    return (1 + strength * (2 * shares - 1)).float()


def jittered(pictures: Tensor, factors: Tensor) -> Tensor:
    """Pictures, uint8 (N, 3, H, W), changed by factors (N, 3), as floats in [0, 255].

    Contrast goes from the mean grey of a picture, as torchvision's and Pillow's does, brightness from black, and
    saturation from each pixel's own grey. Sums are of whole numbers, and all else is of each pixel by itself, so that a
    picture comes out the same to the last bit with whatever others it is in a batch.
    """
    brightness, contrast, saturation = factors.to(pictures.device).reshape(-1, 3, 1, 1, 1).unbind(1)
    weights = torch.tensor(LUMINANCE, dtype=torch.float64, device=pictures.device)
    sums = pictures.sum((2, 3), dtype=torch.int64).double() * weights
    mean = ((sums[:, 0] + sums[:, 1] + sums[:, 2]) / pictures[0, 0].numel()).float().reshape(-1, 1, 1, 1)
    lit = brightness * (mean + contrast * (pictures.float() - mean))
    red, green, blue = (channel * weight for channel, weight in zip(lit.unbind(1), LUMINANCE, strict=True))
    grey: Tensor = (red + green + blue)[:, None]
    return (grey + saturation * (lit - grey)).clamp_(0, 255)
