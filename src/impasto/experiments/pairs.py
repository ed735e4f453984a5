"""The photo and the painting that an experiment with style transfer begins with."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from impasto.errors import InputError
from impasto.images import fit_long_side, resize
from impasto.methods import Input
from impasto.samples.drawings import drawing
from impasto.samples.photos import sample

PHOTO, PAINTING = "chelsea", "swirls"  # a sample and a drawing, used when no pictures are given

PAIR = Input("picture", f"the photo, and then the painting (default: {PHOTO} and the drawing {PAINTING})", many=True)


def photo_and_painting(
    pictures: Mapping[str, torch.Tensor], size: int, experiment: str
) -> tuple[torch.Tensor, torch.Tensor]:
    """The photo (3, H, W) with `size` pixels on its long side, and the painting with at most twice as many.

    Raises InputError unless there are two pictures or none.
    """
    if len(pictures) not in (0, 2):
        raise InputError(f"{experiment} compares one photo and one painting, got {len(pictures)} picture(s)")
    photo, painting = pictures.values() if pictures else (sample(PHOTO), drawing(PAINTING, size))
    return with_long_side(photo, size), with_long_side(painting, min(max(painting.shape[1:]), 2 * size))


def with_long_side(picture: torch.Tensor, size: int) -> torch.Tensor:
    """A picture (3, H, W) whose long side is `size` pixels."""
    return resize(picture, fit_long_side((picture.shape[2], picture.shape[1]), size))
