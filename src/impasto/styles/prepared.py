"""A photo and paintings, ready to paint: at their sizes, in their colours, each style in its place."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from pydantic import Field

from impasto.images.periodic import resized
from impasto.images.resize import resize
from impasto.inputs import Inputs, given_picture, given_pictures
from impasto.styles.recolor import KeepColor, KeepColorName, colored, in_luminance, recolored
from impasto.styles.regions import Places, places_of
from impasto.styles.sizes import Proportions
from impasto.styles.temporal import Before, before_of


class PaintingConfig(KeepColor, Proportions):
    """Parameters of a style transfer from paintings, which may be recoloured and have their places."""

    tile: bool = Field(False, description="for a photo that tiles: make a picture that does")


@dataclass(frozen=True)
class Painting:
    """What a style transfer sees.

    photo: (1, 3, H, W), as large as the result; `content` is the same, without its colours if luminance is painted.
    styles: the paintings (1, 3, h, w), with their `shares`, which add up to 1; `region_styles` those of the regions.
    places: where each style is in the photo, at its own size, and `shown_places` at the result's.
    before: what was made of a clip's frame before.
    """

    photo: torch.Tensor
    content: torch.Tensor
    styles: list[torch.Tensor]
    shares: list[float]
    region_styles: list[torch.Tensor]
    places: Places
    shown_places: Places
    color: KeepColorName
    before: Before | None

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the result."""
        return self.photo.shape[-1], self.photo.shape[-2]

    def shown(self, picture: torch.Tensor) -> torch.Tensor:
        """What is painted, (3, H, W) or (1, H, W) of luminance alone, as it is shown, (3, H, W)."""
        return self.shown_places.shown(colored(picture, self.photo[0], self.color), self.photo[0])


def prepared(config: PaintingConfig, inputs: Inputs, device: torch.device) -> Painting:
    """Bring all that is given to its size, its colours and the device. Raises InputError for what does not fit."""
    photo = given_picture(inputs, "content").to(device)[None]
    places = places_of(inputs, photo[0])
    size = config.photo_size((photo.shape[-1], photo.shape[-2]))
    photo = resized(photo, size, tile=config.tile)
    shares = config.shares(len(inputs["style"]))
    given = [*given_pictures(inputs, "style"), *given_pictures(inputs, "region_style")]
    paintings = [resize(it.to(device)[None], config.painting_size((it.shape[-1], it.shape[-2]), size)) for it in given]
    content, styles = recolored(photo, paintings, config.keep_color)
    own = len(shares)
    before = before_of(inputs, device, grey=in_luminance(config.keep_color))
    whole = places.at(size)
    return Painting(photo, content, styles[:own], shares, styles[own:], places, whole, config.keep_color, before)
