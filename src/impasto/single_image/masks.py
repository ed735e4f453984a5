"""What of a picture is to be filled or kept, and what else patches may come from: `--mask` and `--mix`."""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import Field

from impasto.errors import InputError
from impasto.inputs import Input, Inputs, Sizes, called, given_picture, given_pictures
from impasto.patchwork.holes import coarsest_for
from impasto.patchwork.maps import GUIDES, check_exemplars, white
from impasto.patchwork.settings import GuidedConfig

PICTURES = (
    Input("image", "the picture that is wanted otherwise", photo=True, exemplar=True),
    *GUIDES,
    Input(
        "mask",
        "a picture of the same size: white is a hole to fill (or see --mask-use)",
        flag="mask",
        optional=True,
        reading="mask",
    ),
    Input("mix", "more pictures whose patches may be used", many=True, flag="mix", optional=True, exemplar=True),
)
"""What the methods that vary a picture take."""


class MaskedConfig(GuidedConfig):
    """Parameters of the methods that vary parts of a picture."""

    mask_use: Literal["fill", "keep"] = Field("fill", description="fill what is white, or keep it and vary the rest")


def exemplars_of(inputs: Inputs) -> list[torch.Tensor]:
    """The picture that is varied, and those that are mixed in."""
    return [given_picture(inputs, "image"), *given_pictures(inputs, "mix")]


def sizes_of_exemplars(sizes: Sizes) -> list[tuple[int, int]]:
    """Their (width, height)."""
    return [*sizes["image"], *sizes.get("mix", ())]


def check_pictures(config: MaskedConfig, inputs: Inputs, patch: int) -> None:
    """Raise InputError for pictures, guides or a mask that cannot be used with patches of that side."""
    check_exemplars(inputs, config, "image", "mix")
    if "mask" in inputs:
        mask = checked_mask(
            config, given_picture(inputs, "mask"), given_picture(inputs, "image"), *called(inputs, "mask")
        )
        if config.mask_use == "fill":
            coarsest_for(mask, patch)


def checked_size(config: MaskedConfig, size: tuple[int, int], own: tuple[int, int], *, masked: bool) -> tuple[int, int]:
    """The result's (width, height). Raises InputError if a mask is missing, or if it is not of the picture's `own`."""
    if config.mask_use == "keep" and not masked:
        raise InputError("mask_use says what a mask is for, and there is none; add --mask PICTURE")
    if masked and size != own:
        raise InputError(f"a mask is for a result of the picture's own size, {own[0]}x{own[1]}; leave out --size")
    return size


def checked_mask(config: MaskedConfig, mask: torch.Tensor, picture: torch.Tensor, name: str = "mask") -> torch.Tensor:
    """Where a mask (3, H, W) is white, as bool (H, W). Raises InputError for one of another size, or without a use."""
    found = white(mask, picture, name)
    if config.mask_use == "keep" and bool(found.all()):
        raise InputError(f"{name}: is all white, so there is nothing to vary; paint only what is to stay white")
    if config.mask_use == "fill" and not bool(found.any()):
        raise InputError(f"{name}: has no white, so there is nothing to fill; paint the hole white")
    return found
