"""The pictures that experiments begin with, given or the house's own, and grids of what they made."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

import torch

from impasto.errors import InputError
from impasto.images import contact_sheet, fit_long_side, resize
from impasto.inputs import Input, Inputs, given_names, given_pictures
from impasto.samples.drawings import drawing
from impasto.samples.photos import sample

EXEMPLAR = "pebbles"  # the drawing that is used when no exemplar is given
PHOTO, PAINTING = "chelsea", "swirls"  # a sample and a drawing, used when no pictures are given

EXEMPLARS = Input(
    "exemplar", f"pictures whose textures are wanted (default: a drawing, {EXEMPLAR})", many=True, optional=True
)
PAIR = Input(
    "picture",
    f"the photo, and then the painting (default: {PHOTO} and the drawing {PAINTING})",
    many=True,
    optional=True,
)

own_drawing = lru_cache(maxsize=4)(drawing)  # a forecast, a run and its figures ask for the same one

Captioned: TypeAlias = "tuple[torch.Tensor, str]"
"""A picture (3, H, W) in [0, 1], and what stands below it."""


def exemplars(inputs: Inputs, size: int) -> dict[str, torch.Tensor]:
    """The exemplars by name, each (3, H, W) with `size` pixels on its long side."""
    given = dict(zip(given_names(inputs, "exemplar"), given_pictures(inputs, "exemplar"), strict=True))
    return {name: with_long_side(picture, size) for name, picture in given.items()} or {
        EXEMPLAR: own_drawing(EXEMPLAR, size)
    }


def photo_and_painting(inputs: Inputs, size: int, experiment: str) -> tuple[torch.Tensor, torch.Tensor]:
    """The photo (3, H, W) with `size` pixels on its long side, and the painting with at most twice as many.

    Raises InputError unless there are two pictures or none.
    """
    given = given_pictures(inputs, "picture")
    if len(given) not in (0, 2):
        raise InputError(f"{experiment} compares one photo and one painting, got {len(given)} picture(s)")
    photo, painting = given or (sample(PHOTO), own_drawing(PAINTING, size))
    return with_long_side(photo, size), with_long_side(painting, min(max(painting.shape[1:]), 2 * size))


def with_long_side(picture: torch.Tensor, size: int) -> torch.Tensor:
    """A picture (3, H, W) whose long side is `size` pixels."""
    return resize(picture, fit_long_side((picture.shape[2], picture.shape[1]), size))


def paired(
    upper: Sequence[Captioned], lower: Sequence[Captioned], *, across: int, cell: tuple[int, int]
) -> torch.Tensor:
    """Lay pictures out in pairs, one above the other, so many pairs in a row and then the next below; (3, H, W).

    cell: (width, height) of a picture's place in pixels.
    """
    across = min(across, len(upper))
    grid: list[Captioned] = []
    for begin in range(0, len(upper), across):
        for row in (upper, lower):
            part = list(row[begin : begin + across])
            grid += part + [(torch.ones(3, cell[1], cell[0]), "")] * (across - len(part))
    pictures, captions = zip(*grid, strict=True)
    return contact_sheet(pictures, captions, across, cell=cell)


def in_lines(lines: Sequence[tuple[Captioned, Sequence[torch.Tensor]]]) -> torch.Tensor:
    """Lay out a line for each picture, with as many pictures beside it as were made of it in each line; (3, H, W)."""
    pictures, captions = list[torch.Tensor](), list[str]()
    for (picture, caption), made in lines:
        pictures += [picture, *made]
        captions += [caption, *[""] * len(made)]
    return contact_sheet(pictures, captions, len(pictures) // len(lines))
