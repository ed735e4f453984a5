"""Gram matrices of network features, and distances between them (Gatys, Ecker & Bethge 2015)."""

from __future__ import annotations

from typing import Literal

import torch

Normalise = Literal["positions", "channels-positions", "channels", "none"]
GramForm = Literal["relative", "paper", "mean-squared"]


def gram(
    features: torch.Tensor,
    normalise: Normalise = "positions",
    *,
    activation_shift: float = 0.0,
    mask: torch.Tensor | None = None,
) -> torch.Tensor:
    """Return the Gram matrices G = F F^T / n of `features` (N, C, H, W), as (N, C, C).

    F is one picture's features as C x (H W). n is by `normalise`:
    - "positions": H W, so that G does not depend on the picture's size;
    - "channels-positions": C H W;
    - "channels": C, the G / (b c) of many course notes, taken one picture at a time (b = 1);
    - "none": 1, the paper's raw G.

    `activation_shift` is added to F first; -1 makes textures steadier (Novak & Nikulin 2016, section 3.1).
    `mask` (N, 1, H, W), 0 or more, weighs the places; its mean does not matter (the guided Gram matrices of Gatys et
    al. 2017, section 4).
    The gradient costs one matrix product, not two; it cannot itself be differentiated.

    >>> gram(torch.ones(1, 2, 3, 3))
    tensor([[[1., 1.],
             [1., 1.]]])
    """
    _, channels, height, width = features.shape
    divisors = {
        "positions": height * width,
        "channels-positions": channels * height * width,
        "channels": channels,
        "none": 1,
    }
    if activation_shift:
        features = features + activation_shift
    if mask is not None:
        features = features * (mask / mask.mean((2, 3), keepdim=True).clamp_min(1e-12)).sqrt()
    if features.is_contiguous(memory_format=torch.channels_last):
        rows = features.permute(0, 2, 3, 1).flatten(1, 2)  # (N, H W, C), without a copy
        product = rows.detach().mT @ rows
    else:
        columns = features.flatten(2)
        product = columns @ columns.detach().mT
    twice = product + product.mT  # twice the value, and the derivative of F F^T in both of its factors
    return (twice - twice.detach() / 2) / divisors[normalise]


def gram_loss(
    features: torch.Tensor,
    target: torch.Tensor,
    form: GramForm = "relative",
    *,
    normalise: Normalise = "positions",
    activation_shift: float = 0.0,
    mask: torch.Tensor | None = None,
) -> torch.Tensor:
    """Return the distance, a scalar, between the Gram matrix G of `features` (N, C, H, W) and `target` A.

    A is what `gram` gave for the exemplar, (1, C, C) or (N, C, C), with the same `normalise` and shift; `mask`
    weighs the places of `features`.
    - "relative": sum (G - A)^2 / sum A^2, so that layers of any size weigh the same;
    - "paper": sum (G - A)^2 / (4 C^2 M^2), with raw Gram matrices and M = H W of `features`; `normalise` may
      be anything, G and A are brought back to raw ones of M positions, so the sizes may differ (Gatys, Ecker
      & Bethge 2015, equation 4);
    - "mean-squared": the mean of (G - A)^2, the form of Ulyanov et al. (2016).
    Each is the mean over the N pictures.
    """
    batch, channels, height, width = features.shape
    difference = gram(features, normalise, activation_shift=activation_shift, mask=mask) - target
    if form == "mean-squared":
        return difference.square().mean()
    energy = difference.square().sum()
    if form == "relative":
        return energy / (target.square().sum() * (batch / target.shape[0])).clamp_min(1e-12)
    positions = height * width
    to_raw = {"positions": positions, "channels-positions": channels * positions, "channels": channels, "none": 1}
    return energy * to_raw[normalise] ** 2 / (4 * channels**2 * positions**2 * batch)
