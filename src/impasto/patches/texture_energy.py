"""The energy of texture optimisation (Kwatra, Essa, Bobick & Kwatra 2005), and the weights that lower it."""

from __future__ import annotations

import torch

SOFTNESS = 1e-4
"""Added to mean squared differences in [0, 1], so that a perfect match has a finite weight: .01 for each value."""


def texture_energy(distance: torch.Tensor, exponent: float = 0.8) -> float:
    """Return the mean over all patches of (d^2 + softness)^(r / 2), with `distance` = d^2 and `exponent` = r.

    The sum of ||x_p - z_p||^r (equation 1 and section 3.3 of the paper), divided by what it grows with: the number of
    patches, and of values in a patch.
    """
    return float((distance + SOFTNESS).pow(exponent / 2).mean())


def robust_weights(distance: torch.Tensor, exponent: float = 0.8) -> torch.Tensor:
    """Return the weights d^(r - 2) of a least-squares step: it cannot raise the energy (iteratively reweighted)."""
    return (distance + SOFTNESS).pow((exponent - 2) / 2)


def carry_field(
    field: torch.Tensor,
    positions: tuple[torch.Tensor, torch.Tensor],
    wanted: tuple[torch.Tensor, torch.Tensor],
    scale: tuple[float, float] = (1.0, 1.0),
) -> torch.Tensor:
    """Return the field (h', w', 2) that says of other patches what a field (h, w, 2) says of those near them.

    positions, wanted: rows and columns where the patches of the old and the new field begin; scale: how much higher
    and wider the new pictures are. A place beyond the keys is left for the search to move inside.

    >>> field = torch.tensor([[[5, 7]]], dtype=torch.int32)
    >>> one, other = torch.tensor([0]), torch.tensor([0, 4])
    >>> carry_field(field, (one, one), (one, other), (2.0, 2.0))[0].tolist()
    [[10, 14], [10, 18]]
    """
    nearest, beyond = [], []
    for old, new, factor in zip(positions, wanted, scale, strict=True):
        place = new / factor
        index = (torch.searchsorted(old, place.floor().long(), right=True) - 1).clamp(min=0)
        nearest.append(index)
        beyond.append(place - old[index])
    known = field[nearest[0].to(field.device)][:, nearest[1].to(field.device)].double()
    known[..., 0] += beyond[0][:, None].to(field.device)
    known[..., 1] += beyond[1][None].to(field.device)
    return (known * known.new_tensor(scale)).round().int()
