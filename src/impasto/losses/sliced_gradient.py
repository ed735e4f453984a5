"""The gradient of the sliced patch distance in closed form, for those who do nothing else with a picture.

One convolution forward, ranking by counting (compiled, on the CPU), one matrix product back: about a sixth of the time
of `sliced_patch_distance` with automatic differentiation.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from impasto.losses.ranks import above_ranks
from impasto.losses.sliced_patches import Projections, SlicedForm

HELD = 1 << 26  # numbers in the matrix of patches that the gradient goes through, at the most


@dataclass(frozen=True)
class Beside:
    """What patches are beside their pixels, and does not change: its features, and the directions' parts for them."""

    weights: torch.Tensor  # (n, G)
    features: torch.Tensor  # (G, h, w), of every patch

    def added(self, rows: slice, columns: slice) -> torch.Tensor:
        """What the patches there add to their responses, (n, P)."""
        return self.weights @ self.features[:, rows, columns].reshape(len(self.features), -1)


def sliced_patch_gradient(
    image: torch.Tensor,
    integral: torch.Tensor,
    projections: Projections,
    *,
    form: SlicedForm = "squared",
    wrap: bool = False,
    beside: Beside | None = None,
    among: torch.Tensor | None = None,
) -> tuple[torch.Tensor, float]:
    """Return the gradient (1, C, H, W) of a sliced patch distance in `image`, and the distance.

    `integral` (n, R + 1) is `quantile_integral` of sorted references of the same projections. The distance is the mean
    of (x - T)^2 or of |x - T| as in `sliced_patch_distance`, and so is the gradient, times the number of patches
    over the number of directions: 1/2 (x - T)^2 and |x - T|, summed over patches and averaged over directions.

    beside: where a patch is more than its pixels.
    among: which patches are looked at, bool (h, w); the others count as if they were not there.
    """
    patch, stride = projections.kernels.shape[-1], projections.stride
    rows, columns = projections.offset
    padded = torch.nn.functional.pad(image, (0, patch - 1, 0, patch - 1), mode="circular") if wrap else image
    limit = padded.shape[-2] - patch, padded.shape[-1] - patch
    rows, columns = min(rows, limit[0]), min(columns, limit[1])
    seen = padded[:, :, rows:, columns:].contiguous(memory_format=torch.channels_last)
    kernels = projections.kernels.contiguous(memory_format=torch.channels_last)
    responses = torch.nn.functional.conv2d(seen, kernels, stride=stride)[0]
    shape = responses.shape
    responses = responses.reshape(shape[0], -1)
    looked_at = (slice(rows, None, stride), slice(columns, None, stride))
    if beside is not None:
        responses = responses + beside.added(*looked_at)
    chosen = None if among is None else among[looked_at].flatten().nonzero()[:, 0]
    if chosen is not None:
        if not len(chosen):
            return torch.zeros_like(image), 0.0
        responses = responses[:, chosen]
    residuals = above_ranks(responses, integral)
    if form == "squared":
        distance = float(residuals.square().mean())
    else:
        distance = float(residuals.abs().mean())
        residuals = residuals.sign_()
    if chosen is not None:
        residuals = residuals.new_zeros(shape[0], shape[1] * shape[2]).index_copy_(1, chosen, residuals)
    gradient = torch.zeros_like(padded)
    _fold(residuals.view(shape), projections.kernels, stride, gradient[:, :, rows:, columns:])
    gradient /= len(kernels)
    return (_unwrapped(gradient, patch - 1) if wrap else gradient), distance


def _fold(residuals: torch.Tensor, kernels: torch.Tensor, stride: int, gradient: torch.Tensor) -> None:
    """Add to `gradient` (1, C, H, W) each patch's residuals (n, h, w) times the directions; some rows at a time."""
    count, height, width = residuals.shape
    patch = kernels.shape[-1]
    directions = kernels.flatten(1).T
    at_once = max(1, HELD // (len(directions) * width))
    for first in range(0, height, at_once):
        part = residuals[:, first : first + at_once]
        size = ((part.shape[1] - 1) * stride + patch, (width - 1) * stride + patch)
        patches = directions @ part.reshape(count, -1)
        folded = torch.nn.functional.fold(patches[None], size, patch, stride=stride)
        top = first * stride
        gradient[:, :, top : top + size[0], : size[1]] += folded


def _unwrapped(gradient: torch.Tensor, beyond: int) -> torch.Tensor:
    """Bring what lies beyond the lower and right edges of a tile back to where it belongs."""
    if not beyond:
        return gradient
    height, width = gradient.shape[-2] - beyond, gradient.shape[-1] - beyond
    for first in range(height, height + beyond, height):
        part = gradient[:, :, first : first + height]
        gradient[:, :, : part.shape[2]] += part
    gradient = gradient[:, :, :height]
    for first in range(width, width + beyond, width):
        part = gradient[..., first : first + width]
        gradient[..., : part.shape[3]] += part
    return gradient[..., :width].contiguous()
