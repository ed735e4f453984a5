"""Soft edges from the features of a network, as side outputs that are weighed (after HED: Xie & Tu 2015)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from impasto.edges.gradient import Array, colour_gradient
from impasto.features import features_of

if TYPE_CHECKING:
    from impasto.features.network import FeatureNetwork

LAYERS = ("stem", "p0", "e1", "p1", "p2", "e3", "p3", "e4", "p4", "e6", "p6", "e8")
SIGMAS = (1.0, 2.0, 4.0)  # of the colour gradients beside them, in pixels
AROUND = 3.0  # pixels: how far around a place it counts how much changes there
SMOOTH = 1.0  # pixels of blur of what is found
LEAST = 1e-3
BORDER = 32  # pixels by which a picture is continued, so that its own edge is none

WEIGHTS = (
    0.7769,
    0.4576,
    0.5127,
    -0.0931,
    0.1507,
    0.2768,
    -0.3151,
    0.8701,
    -0.3517,
    0.653,
    -1.2606,
    1.3004,
    -0.7269,
    -0.6241,
    -0.7908,
    -0.7178,
    -0.2702,
    -0.1684,
    -0.3441,
    0.9748,
    -0.2293,
    0.7117,
    -1.3109,
    1.3549,
    1.2152,
    0.9328,
    0.7643,
)
BIAS = 15.2228
"""Fitted by `benchmarks/edges.py fit` to scenes drawn by code, so that 25/255 is where their lines are met best."""


def soft_edges(network: FeatureNetwork, picture: torch.Tensor) -> Array:
    """How likely an edge is (H, W), in [0, 1], for a picture (3, H, W), by the trained network that `LAYERS` are of."""
    import cv2

    score = sides(network, picture) @ np.asarray(WEIGHTS, np.float32) + np.float32(BIAS)
    return np.asarray(1 / (1 + np.exp(-cv2.GaussianBlur(score, (0, 0), SMOOTH))))


def sides(network: FeatureNetwork, picture: torch.Tensor) -> Array:
    """What is weighed (H, W, 27): logarithms of how much each layer changes here, and around here; then the colours."""
    import cv2

    height, width = picture.shape[-2:]
    whole = torch.nn.functional.pad(picture[None], (BORDER,) * 4, mode="replicate")
    with torch.inference_mode():
        features = features_of(network, whole, LAYERS)
        changes = [_change(features[layer], whole.shape[-2:]) for layer in LAYERS]
    here = [np.ascontiguousarray(it[BORDER : BORDER + height, BORDER : BORDER + width]) for it in changes]
    around = [cv2.GaussianBlur(it, (0, 0), AROUND) for it in here]
    pixels = picture.permute(1, 2, 0).cpu().numpy()
    colours = [colour_gradient(pixels, sigma)[0] for sigma in SIGMAS]
    return np.log(np.stack([*here, *around, *colours], -1) + LEAST)


def _change(features: torch.Tensor, size: torch.Size) -> Array:
    """How much features (1, C, h, w) change from place to place, root mean square over channels, at full size."""
    padded = torch.nn.functional.pad(features, (1, 1, 1, 1), mode="replicate")
    right = (padded[:, :, 1:-1, 2:] - padded[:, :, 1:-1, :-2]) / 2
    down = (padded[:, :, 2:, 1:-1] - padded[:, :, :-2, 1:-1]) / 2
    change = (right.square() + down.square()).mean(1, keepdim=True).sqrt()
    return np.asarray(torch.nn.functional.interpolate(change, size=tuple(size), mode="bilinear")[0, 0].cpu())
