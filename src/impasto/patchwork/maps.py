"""The pictures that a config names by path: guide maps and masks, checked."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import torch

from impasto.errors import InputError
from impasto.images import luminance, refuse_constant, resize
from impasto.methods import Inputs
from impasto.patchwork.settings import GuidedConfig


def guide_paths(config: GuidedConfig) -> dict[str, str]:
    """The guides that the config names, by input name. Raises InputError if only one of the two sides has some."""
    if bool(config.guide) != bool(config.exemplar_guide):
        missing = "--exemplar-guide" if config.guide else "--guide"
        raise InputError(
            f"guide maps come in pairs, one for the result and one for each exemplar; {missing} is missing"
        )
    if not config.guide:
        return {}
    numbered = {f"exemplar_guide{number}": path for number, path in enumerate(config.exemplar_guide, 1)}
    return {"guide": config.guide, **numbered}


def guides(
    inputs: Inputs, exemplars: Sequence[torch.Tensor], config: GuidedConfig
) -> tuple[torch.Tensor | None, list[torch.Tensor]]:
    """The result's guide and the exemplars', times the root of their weight.

    Raises InputError if there is not one for each exemplar, of its size.
    """
    theirs = [inputs[name][0] for name in inputs if name.startswith("exemplar_guide")]
    if not theirs:
        return None, []
    if len(theirs) != len(exemplars):
        raise InputError(f"exemplar_guide must name one map for each of {len(exemplars)} exemplars, got {len(theirs)}")
    for number, (guide, exemplar) in enumerate(zip(theirs, exemplars, strict=True), 1):
        check_same_size(guide, exemplar, f"exemplar_guide {number}", "its exemplar")
    device = exemplars[0].device
    weight = sqrt(config.guide_weight)
    return weight * inputs["guide"][0].to(device), [weight * guide.to(device) for guide in theirs]


def check_exemplars(inputs: Inputs, exemplars: Sequence[torch.Tensor], config: GuidedConfig, name: str) -> None:
    """Raise InputError for exemplars, called `name`, of one colour, and for guides that are not of their sizes."""
    refuse_constant(exemplars, name)
    guides(inputs, exemplars, config)


def with_more(
    guide: torch.Tensor | None,
    exemplar_guides: Sequence[torch.Tensor],
    more: torch.Tensor,
    exemplars_more: Sequence[torch.Tensor],
) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """A result's guide (G, H, W) and its exemplars', if there are any, with more channels, brought to their sizes."""
    if guide is None:
        return more, list(exemplars_more)
    pairs = zip((guide, *exemplar_guides), (more, *exemplars_more), strict=True)
    ours, *theirs = (
        torch.cat([each, resize(extra, (each.shape[2], each.shape[1]), clamp=False)]) for each, extra in pairs
    )
    return ours, theirs


def heights(size: tuple[int, int], exemplars: Sequence[torch.Tensor], weight: float) -> list[torch.Tensor]:
    """How far down each pixel is, (1, H, W), for a result of `size` and for each of the exemplars.

    weight: of the way from top to bottom, beside the contrast of the exemplars' colours.
    """
    scale = float(weight**0.5 * torch.cat([each.flatten(1) for each in exemplars], dim=1).std(dim=1).mean())
    sizes = [size, *((each.shape[1], each.shape[2]) for each in exemplars)]
    device = exemplars[0].device
    downwards = [torch.linspace(0, scale, height, device=device) for height, _ in sizes]
    return [rows[None, :, None].expand(1, -1, width) for rows, (_, width) in zip(downwards, sizes, strict=True)]


def white(mask: torch.Tensor, picture: torch.Tensor, of: str) -> torch.Tensor:
    """Where a mask (3, H, W) is white, as bool (H, W). Raises InputError if its size is not that of the picture."""
    check_same_size(mask, picture, "mask", of)
    return luminance(mask)[0] > 0.5


def check_same_size(picture: torch.Tensor, other: torch.Tensor, name: str, of: str) -> None:
    """Raise InputError if two pictures differ in size."""
    if picture.shape[1:] != other.shape[1:]:
        sizes = [f"{each.shape[2]}x{each.shape[1]}" for each in (picture, other)]
        raise InputError(f"{name} is {sizes[0]} pixels, but {of} is {sizes[1]}; make them the same size")
