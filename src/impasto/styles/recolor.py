"""Keeping the photo's colours: the paintings are recoloured first, or only luminance is painted.

Sources: Gatys, Bethge, Hertzmann & Shechtman, "Preserving color in neural artistic style transfer", 2016; the same
authors' "Controlling perceptual factors in neural style transfer", 2017, section 5.

A method that offers it has `KeepColor` among its config's bases, begins with what `recolored` makes of its pictures,
and shows what `colored` makes of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from impasto.images.color_transfer import (
    match_histogram,
    match_luminance,
    take_luminance,
    transfer_linear,
    with_chroma_of,
)
from impasto.methods import MethodConfig

if TYPE_CHECKING:
    import torch

KeepColorName = Literal[
    "off",
    "linear",
    "image-analogies",
    "cholesky",
    "pca",
    "monge",
    "histogram",
    "luminance",
    "luminance-matched",
    "luminance-histogram",
]


class KeepColor(MethodConfig):
    """The parameter of a style transfer that can keep the content's colours."""

    keep_color: KeepColorName = Field(
        "off",
        description="keep the content's colours: recolour the style first (linear is image-analogies), or paint in "
        "luminance alone",
    )


def in_luminance(keep_color: KeepColorName) -> bool:
    """Whether grey pictures are painted, whose colours come back at the end."""
    return keep_color.startswith("luminance")


def recolored(
    photo: torch.Tensor, paintings: Sequence[torch.Tensor], keep_color: KeepColorName
) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """The photo and the paintings, each (1, 3, H, W), as the transfer is to see them.

    For luminance all are grey, (1, 3, H, W) with three equal channels; "luminance-matched" gives the paintings the
    photo's mean and standard deviation of luminance, "luminance-histogram" its histogram.
    """
    if in_luminance(keep_color):
        return take_luminance(photo[0])[None], [_grey(each[0], photo[0], keep_color)[None] for each in paintings]
    return photo, [_recolored(each[0], photo[0], keep_color)[None] for each in paintings]


def colored(picture: torch.Tensor, photo: torch.Tensor, keep_color: KeepColorName) -> torch.Tensor:
    """A result (3, H, W), or (1, H, W) of luminance alone, in the colours that it is to have, (3, H, W) in [0, 1].

    photo: (3, H, W), of any size, whose chroma a result of luminance alone gets.
    """
    picture = picture.expand(3, -1, -1)
    return with_chroma_of(picture, photo) if in_luminance(keep_color) else picture


def _recolored(painting: torch.Tensor, photo: torch.Tensor, keep_color: KeepColorName) -> torch.Tensor:
    match keep_color:
        case "linear":
            return transfer_linear(painting, photo)
        case "cholesky" | "pca" | "image-analogies" | "monge":
            return transfer_linear(painting, photo, method=keep_color)
        case "histogram":
            return match_histogram(painting, photo)
        case _:
            return painting


def _grey(painting: torch.Tensor, photo: torch.Tensor, keep_color: KeepColorName) -> torch.Tensor:
    grey = take_luminance(painting)
    match keep_color:
        case "luminance-matched":
            return match_luminance(grey, photo)
        case "luminance-histogram":
            return match_luminance(grey, photo, method="histogram")
        case _:
            return grey
