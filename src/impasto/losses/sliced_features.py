"""How far features are from others as a distribution, seen along many random directions (Heitz et al. 2021)."""

from __future__ import annotations

import torch

from impasto.losses.quantiles import Quantiles, fuse_quantile_distance


def draw_directions(generator: torch.Generator, count: int, channels: int) -> torch.Tensor:
    """Draw `count` directions of unit length for features of so many channels, (count, channels).

    As many as there are channels are at right angles to one another, the next as many again: so they look everywhere
    about equally (Rowland et al. 2019), where single draws would leave gaps.
    """
    blocks = []
    for first in range(0, count, channels):
        drawn = torch.randn(channels, min(channels, count - first), generator=generator, device=generator.device)
        blocks.append(torch.linalg.qr(drawn.double()).Q.T)
    return torch.cat(blocks).float()


def sliced_feature_loss(
    features: torch.Tensor,
    target: Quantiles,
    directions: torch.Tensor,
    *,
    mask: torch.Tensor | None = None,
    tags: torch.Tensor | None = None,
) -> torch.Tensor:
    """Return the sliced 2-Wasserstein distance, squared, over the target's variance, a scalar.

    `target` is what `quantiles` gave for the exemplar and the same `directions` (n, C); the distance is the mean over
    the directions. Pictures of any size can be compared.

    mask: (N, 1, H, W), 0 or more, weighs the places of `features` (N, C, H, W).
    tags: (N, 1, H, W), a further channel that is added to what every direction measures. Where the tags of two regions
        are further apart than any two features, sorting sorts by region first, so that each region of the picture is
        compared with the same region of the exemplar, at the cost of one (Heitz et al., section 4.3). Both pictures
        should have the same shares of each tag; where they do not, use a mask for each region instead.
    """
    return fuse_quantile_distance(features, target, directions, mask=mask, tags=tags)[1]
