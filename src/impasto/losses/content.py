"""How far features are from those of a given picture, place by place (Gatys, Ecker & Bethge 2016)."""

from __future__ import annotations

from typing import Literal

import torch

ContentForm = Literal["relative", "sum", "half-sum"]


def content_loss(features: torch.Tensor, target: torch.Tensor, form: ContentForm = "relative") -> torch.Tensor:
    """Return the distance, a scalar, between `features` F and `target` P, both (N, C, H, W).

    - "relative": sum (F - P)^2 / sum P^2, which does not depend on the layer or the size;
    - "sum": sum (F - P)^2;
    - "half-sum": half of it (Gatys, Ecker & Bethge 2016, equation 1).

    >>> float(content_loss(torch.zeros(1, 2, 3, 3), torch.ones(1, 2, 3, 3), "half-sum"))
    9.0
    """
    energy = torch.nn.functional.mse_loss(features, target, reduction="sum")
    if form == "relative":
        return energy / target.square().sum().clamp_min(1e-12)
    return energy if form == "sum" else energy / 2
