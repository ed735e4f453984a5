"""Classes, joined to what a layer sees: one channel for each, 1 for the picture's own (Mirza & Osindero 2014)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def one_hot(labels: Tensor | None, classes: int, like: Tensor) -> Tensor | None:
    """(N, classes) for labels (N,); all 0 for a label below 0, and None if there are no classes.

    Raises ValueError if there are classes and no labels.
    """
    if not classes:
        return None
    if labels is None:
        raise ValueError("a network that knows classes needs labels")
    known = F.one_hot(labels.clamp_min(0), classes) * (labels >= 0)[:, None]
    return known.to(like.device, like.dtype)


def join(features: Tensor, codes: Tensor | None) -> Tensor:
    """Features (N, C, H, W) or (N, C) with the classes' codes (N, K) behind their channels, the same everywhere."""
    if codes is None:
        return features
    if features.ndim == 4:
        codes = codes[:, :, None, None].expand(-1, -1, *features.shape[2:])
    joined = torch.cat([features, codes.to(features.dtype)], dim=1)
    if features.ndim == 4 and features.is_contiguous(memory_format=torch.channels_last):
        return joined.contiguous(memory_format=torch.channels_last)
    return joined
