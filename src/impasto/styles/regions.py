"""Which part of a photo has which style, and how much of it: `--region` and `--style-map`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from impasto.errors import InputError
from impasto.images.color import luminance
from impasto.images.resize import resize
from impasto.images.sizes import check_same_size
from impasto.inputs import Input, Inputs, given_names, given_pictures
from impasto.synthesis.regions import Region

if TYPE_CHECKING:
    from impasto.synthesis.descent import Objective

MOST = 64  # regions
DIMMEST = 0.05  # of the brightest place: masks of 0 and 1 out of 255 are taken for black

REGIONS = (
    Input(
        "region_mask",
        "MASK=STYLE, repeatable: a painting for where a mask of the content's size is white (grey: partly)",
        many=True,
        flag="region",
        optional=True,
        reading="mask",
    ),
    Input("region_style", "the painting of each region", many=True, flag="region", optional=True),
    Input(
        "style_map",
        "a picture's path, of the content's size: how much the style counts; black keeps the photo",
        flag="style_map",
        optional=True,
        reading="mask",
    ),
)
"""The inputs of a style transfer whose styles have their places."""


@dataclass(frozen=True)
class Places:
    """Where each style is.

    masks: soft ones (1, 1, H, W) in [0, 1], that of the method's own styles first, then those of the regions; they
        add up to at most 1. None: the styles are everywhere.
    keep: how much of what is painted is shown over the photo, (1, 1, H, W); None: nothing else.
    """

    masks: list[torch.Tensor | None]
    keep: torch.Tensor | None

    def at(self, size: tuple[int, int]) -> Places:
        """The same for a picture of `size` (width, height). Edges of pixels that are halved become soft."""
        return Places(
            [None if mask is None else resize(mask, size, filter="area") for mask in self.masks],
            None if self.keep is None else resize(self.keep, size, filter="area"),
        )

    def shown(self, painted: torch.Tensor, photo: torch.Tensor) -> torch.Tensor:
        """What is painted, and the photo where that is to be kept, each (..., H, W)."""
        if self.keep is None:
            return painted
        return torch.lerp(photo, painted, self.keep.view(self.keep.shape[-2:]))

    def joined(self, painted: Sequence[torch.Tensor]) -> torch.Tensor:
        """One picture (1, 3, H, W) of several, each the whole in one of the styles: every style in its place."""
        first, *others = painted
        if not others:
            return first
        masks = torch.stack([mask for mask in self.masks if mask is not None])
        total = masks.sum(0)
        joined = (masks * torch.stack([*painted])).sum(0) / total.clamp_min(1e-6)
        return torch.where(total > 0, joined, first)

    def regions(self, styles: Sequence[torch.Tensor]) -> list[Region]:
        """The regions, whose paintings, (1, 3, H, W), these are."""
        return [Region([(style, 1.0)], mask) for style, mask in zip(styles, self.masks[1:], strict=True)]

    def aimed(self, objective: Objective, photo: torch.Tensor) -> Objective:
        """An objective that sees what is shown of a picture over the photo, (1, 3, H, W)."""
        return objective if self.keep is None else Shown(objective, self, photo)


class Shown:
    """An objective that sees the photo where that is to be kept; no loss changes what lies under it."""

    def __init__(self, objective: Objective, places: Places, photo: torch.Tensor) -> None:
        self._objective, self._places, self._photo = objective, places, photo

    def __call__(self, image: torch.Tensor, step: int) -> Mapping[str, torch.Tensor]:
        """The weighted losses of `image` (1, 3, H, W) at `step`, by name."""
        return self._objective(self._places.shown(image, self._photo), step)

    def limit(self, image: torch.Tensor) -> torch.Tensor:
        """The nearest picture that is allowed."""
        return self._objective.limit(image)


def places_of(inputs: Inputs, photo: torch.Tensor) -> Places:
    """Where each style is in a photo (3, H, W). Where masks overlap, their regions share the place.

    Raises InputError for a mask or map of another size, for one that is all black, and for too many regions.
    """
    masks = [
        _grey(mask, photo, f"region's mask {name}")
        for mask, name in zip(given_pictures(inputs, "region_mask"), given_names(inputs, "region_mask"), strict=True)
    ]
    if len(masks) > MOST:
        raise InputError(f"region must be at most {MOST} values long, got {len(masks)}")
    maps = [_grey(picture, photo, "style_map") for picture in given_pictures(inputs, "style_map")]
    if not masks and not maps:
        return Places([None], None)
    regions = torch.stack(masks).sum(0) if masks else torch.zeros_like(photo[None, :1])
    masks = [(1 - regions).clamp_min(0), *(mask / regions.clamp_min(1) for mask in masks)]
    if not maps:
        return Places([*masks], None)
    return Places([mask * maps[0] for mask in masks], maps[0])


def _grey(picture: torch.Tensor, photo: torch.Tensor, name: str) -> torch.Tensor:
    """The grey of a map, (1, 1, H, W), on the photo's device."""
    picture = picture.to(photo.device)
    check_same_size(picture, photo, name, "the content")
    grey = luminance(picture)[None].clamp(0, 1)
    if float(grey.max()) < DIMMEST:
        raise InputError(f"{name} is all black, or nearly, so no place has the style; paint white where it is wanted")
    return grey
