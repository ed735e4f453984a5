"""Pictures that say what is where in others: guide maps and masks, checked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import sqrt

import torch

from impasto.errors import InputError
from impasto.images import refuse_constant, resize
from impasto.images.color import white_places
from impasto.images.sizes import check_same_size
from impasto.inputs import Input, Inputs, called, given_picture, given_pictures
from impasto.patchwork.settings import GuidedConfig

GUIDES = (
    Input("guide", "a map of where the result is to have what", flag="guide", optional=True, reading="map"),
    Input(
        "exemplar_guide",
        "for each exemplar, a map of where it has that",
        many=True,
        flag="exemplar_guide",
        optional=True,
        reading="map",
    ),
)
"""Goes with `GuidedConfig`."""


def check_paired(given: Collection[str]) -> None:
    """Raise InputError if, by the names of what is given, there are maps on only one of the two sides."""
    if ("guide" in given) != ("exemplar_guide" in given):
        missing = "--exemplar-guide" if "guide" in given else "--guide"
        raise InputError(
            f"guide maps come in pairs, one for the result and one for each exemplar; {missing} is missing"
        )


def guides(
    inputs: Inputs, exemplars: Sequence[torch.Tensor], config: GuidedConfig
) -> tuple[torch.Tensor | None, list[torch.Tensor]]:
    """The result's guide and the exemplars', times the root of their weight.

    Raises InputError if there is not one for each exemplar, of its size.
    """
    check_paired(inputs)
    theirs = given_pictures(inputs, "exemplar_guide")
    if not theirs:
        return None, []
    if len(theirs) != len(exemplars):
        raise InputError(f"exemplar_guide must name one map for each of {len(exemplars)} exemplars, got {len(theirs)}")
    for number, (guide, exemplar) in enumerate(zip(theirs, exemplars, strict=True), 1):
        check_same_size(guide, exemplar, f"exemplar_guide {number}", "its exemplar")
    device = exemplars[0].device
    weight = sqrt(config.guide_weight)
    return weight * given_picture(inputs, "guide").to(device), [weight * guide.to(device) for guide in theirs]


def check_exemplars(inputs: Inputs, config: GuidedConfig, *names: str) -> None:
    """Raise InputError for exemplars, the inputs of some names, of one colour, and for guides of other sizes."""
    exemplars = [picture for name in names for picture in given_pictures(inputs, name)]
    refuse_constant(exemplars, [each for name in names for each in called(inputs, name)])
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


def white(mask: torch.Tensor, picture: torch.Tensor, name: str = "mask") -> torch.Tensor:
    """Where a mask (3, H, W) is white, as bool (H, W). Raises InputError if its size is not that of the picture."""
    check_same_size(mask, picture, name, "the picture")
    return white_places(mask)
