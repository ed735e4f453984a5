"""Random directions in the space of patches, some of them turned to what varies little."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from impasto.losses.sliced_patches import draw_projections

ENOUGH = 1 << 14  # patches that a covariance is estimated from
LEAST = 1 / 255  # deviation that counts as none


class Directions:
    """Unit directions for patches, of which a share is *fine*.

    Along a direction that is equally likely to be any, patches of photographs differ by their large forms: nearly all
    of their variance is there, and grain of low contrast is not seen, so it would not be removed. A fine direction is
    drawn from a Gaussian with the inverse of the patches' covariance, so that every component counts alike (it is a
    random direction among whitened patches). Not in the paper. On a photograph of a sky, with half the directions fine,
    grain went from three times the exemplar's to one and a half, and the sliced distance stayed what it was.
    """

    def __init__(self, exemplars: Sequence[torch.Tensor], patch: int, count: int, *, fine: float) -> None:
        self._count, self._patch = count, patch
        self.fine = round(fine * count)  # how many of them, the first ones, are fine
        self._device = exemplars[0].device
        self._whitening = inverse_deviation(exemplars, patch) if self.fine else None

    def draw(self, random: torch.Generator) -> torch.Tensor:
        """Draw new directions as kernels (n, 3, p, p) of unit norm."""
        kernels = draw_projections(random, self._count, self._patch).kernels.to(self._device)
        if self._whitening is None:
            return kernels
        fine = kernels[: self.fine].flatten(1).double() @ self._whitening
        fine = fine / fine.norm(dim=1, keepdim=True)
        return torch.cat([fine.to(kernels).view_as(kernels[: self.fine]), kernels[self.fine :]])


def inverse_deviation(exemplars: Sequence[torch.Tensor], patch: int) -> torch.Tensor:
    """Return the inverse square root (d, d) of the covariance of the patches of pictures (1, 3, H, W); d = 3 p p.

    Components that vary less than 8 bits can say count as if they varied so much.
    """
    every = max(1, round((sum(exemplar[0, 0].numel() for exemplar in exemplars) / ENOUGH) ** 0.5))
    found = [torch.nn.functional.unfold(exemplar, patch, stride=every)[0] for exemplar in exemplars]
    patches = torch.cat(found, dim=1).double()
    patches = patches - patches.mean(dim=1, keepdim=True)
    variances, axes = torch.linalg.eigh(patches @ patches.T / patches.shape[1])
    deviations = variances.clamp_min(0).sqrt() + LEAST
    whitening: torch.Tensor = (axes / deviations) @ axes.T
    return whitening
