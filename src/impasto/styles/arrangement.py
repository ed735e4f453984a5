"""What methods share that rearrange the patches of styles by the light and dark of a content."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from pydantic import Field

from impasto.images import transfer_linear
from impasto.methods import MethodConfig

COARSEST = (128, 16)  # short side in pixels that is started from, for variety 0 and 1


class ArrangedConfig(MethodConfig):
    """Parameters of the methods that paint a content with patches."""

    variety: float = Field(
        0.5, ge=0, le=1, description="from 0, faithful to the content, to 1, free: how coarse it starts"
    )
    coarsest: int | None = Field(None, ge=4, le=4096, description="short side in pixels to start from")
    content_weight: float = Field(
        2.0, ge=0, le=1000, description="how much the content's light and dark count beside the colours of the style"
    )
    tile: bool = Field(False, description="for a content that tiles: make a picture that does")
    style_size: str = Field("", description="size of the styles before their patches are taken, such as 50% or 512")


def coarsest(config: ArrangedConfig) -> int:
    """The short side in pixels that is started from."""
    return config.coarsest or round(COARSEST[0] * (COARSEST[1] / COARSEST[0]) ** config.variety)


def in_colors_of(content: torch.Tensor, styles: Sequence[torch.Tensor]) -> torch.Tensor:
    """The content (3, H, W) in the colours of all the styles' pixels."""
    return transfer_linear(content, torch.cat([style.flatten(1) for style in styles], dim=1)[:, None])
