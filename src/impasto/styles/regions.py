"""Which part of a photo has which style, and how much of it: `--region` and `--style-map`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from pydantic import Field, field_validator

from impasto.errors import InputError
from impasto.images import luminance, resize
from impasto.methods import Inputs, MethodConfig
from impasto.patchwork.maps import check_same_size
from impasto.synthesis.descent import Objective
from impasto.synthesis.regions import Region

STYLE_MAP = "style_map"
DIMMEST = 0.05  # of the brightest place: masks of 0 and 1 out of 255 are taken for black

T = TypeVar("T")


class RegionalConfig(MethodConfig):
    """Parameters of a style transfer whose styles have their places."""

    region: tuple[str, ...] = Field(
        (),
        max_length=64,
        description="MASK=STYLE, repeatable: a painting for where a mask of the content's size is white (grey: partly)",
    )
    style_map: str = Field(
        "", description="a picture's path, of the content's size: how much the style counts; black keeps the photo"
    )

    @field_validator("region")
    @classmethod
    def _check_region(cls, region: tuple[str, ...]) -> tuple[str, ...]:
        for words in region:
            if not all(_halves(words)):
                raise ValueError(f"region must be MASK=STYLE, the paths of two pictures, got {words!r}")
        return region


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

    def aims(self, styles: Sequence[torch.Tensor]) -> dict[str, Any]:
        """What an objective is told of the regions, whose paintings, (1, 3, H, W), these are; {} if there are none."""
        own, *others = self.masks
        if own is None:
            return {}
        regions = [Region([(style, 1.0)], mask) for style, mask in zip(styles, others, strict=True)]
        return {"mask": own, "regions": regions}

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


def region_paths(config: RegionalConfig) -> dict[str, str]:
    """The masks, paintings and the map that the config names, by input name."""
    paths: dict[str, str] = {}
    for number, words in enumerate(config.region, 1):
        paths[_mask(number)], paths[_style(number)] = _halves(words)
    return paths | ({STYLE_MAP: config.style_map} if config.style_map else {})


def region_styles(config: RegionalConfig, of: Mapping[str, Sequence[T]]) -> list[T]:
    """What there is of each region's painting, by input name, in order."""
    return [of[_style(number)][0] for number in range(1, len(config.region) + 1)]


def places_of(config: RegionalConfig, inputs: Inputs, photo: torch.Tensor) -> Places:
    """Where each style is in a photo (3, H, W). Where masks overlap, their regions share the place.

    Raises InputError for a mask or map of another size, or one that is all black.
    """
    if not config.region and not config.style_map:
        return Places([None], None)
    masks = [
        _grey(inputs[_mask(number)][0], photo, f"region's mask {_halves(words)[0]}")
        for number, words in enumerate(config.region, 1)
    ]
    regions = torch.stack(masks).sum(0) if masks else torch.zeros_like(photo[None, :1])
    masks = [(1 - regions).clamp_min(0), *(mask / regions.clamp_min(1) for mask in masks)]
    if not config.style_map:
        return Places([*masks], None)
    keep = _grey(inputs[STYLE_MAP][0], photo, STYLE_MAP)
    return Places([mask * keep for mask in masks], keep)


def _grey(picture: torch.Tensor, photo: torch.Tensor, name: str) -> torch.Tensor:
    """The grey of a map, (1, 1, H, W), on the photo's device."""
    picture = picture.to(photo.device)
    check_same_size(picture, photo, name, "the content")
    grey = luminance(picture)[None].clamp(0, 1)
    if float(grey.max()) < DIMMEST:
        raise InputError(f"{name} is all black, or nearly, so no place has the style; paint white where it is wanted")
    return grey


def _halves(words: str) -> tuple[str, str]:
    mask, _, style = words.rpartition("=")
    return mask, style


def _mask(number: int) -> str:
    return f"region{number}_mask"


def _style(number: int) -> str:
    return f"region{number}_style"
