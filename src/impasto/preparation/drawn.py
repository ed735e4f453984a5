"""`data drawn`: a set of portraits drawn by code, with their attributes, that anybody can make again."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from pydantic import Field

from impasto.inputs import Inputs, Sizes
from impasto.methods import Forecast, Method, MethodConfig, Result
from impasto.observers import Loop, Observer, Piece
from impasto.preparation.sheet import SHOWN, sheet
from impasto.samples.portraits.portrait import boxes_of, portrait
from impasto.samples.portraits.traits import traits
from impasto.tables import Column, Table

AT_ONCE = 32  # portraits of a step
SECONDS, SECONDS_PER_PIXEL = 5e-3, 5e-7  # of a portrait on one core
MEMORY = 300_000_000
BYTES_PER_PIXEL = 2  # as PNG

ATTRIBUTES = (
    Column("picture", "its file, without the ending"),
    Column("glasses", "yes or no"),
    Column("hat", "yes or no"),
    Column("smile", "yes or no"),
    Column("long_hair", "yes or no"),
    Column("turned", "where the face looks, as seen by the viewer: left or right"),
)
BOXES = (
    Column("picture", "its file, without the ending"),
    Column("object", "glasses or hat; a portrait that has none is not in the table"),
    Column("left", "pixels"),
    Column("top", "pixels"),
    Column("right", "pixels, the first that is outside"),
    Column("bottom", "pixels, the first that is outside"),
)


class DrawnConfig(MethodConfig):
    """Parameters of `data drawn`."""

    count: int = Field(5000, ge=1, le=1_000_000, description="portraits")
    size: int = Field(64, ge=16, le=1024, description="side of a portrait in pixels")
    first: int = Field(
        1, ge=1, le=10_000_000, description="number of the first; others of a seed are others to train on"
    )


class DrawnSet(Method[DrawnConfig]):
    """Draw portraits whose parts are known: a set for trainings, arithmetic and forgetting, the same on every machine.

    Their folder gets a table of attributes, `attributes.csv`, and one of where glasses and hats are, `boxes.csv`.
    """

    name = "data drawn"
    inputs = ()
    Config = DrawnConfig
    makes = "pictures"
    apart = True

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Draw some of them at a time, and give them away; the tables follow from seed and numbers."""
        del inputs
        config = self.config
        loop = Loop(observer, total=-(-config.count // AT_ONCE), keep={})
        for index in loop:
            numbers = self._numbers(range(index * AT_ONCE, min(config.count, (index + 1) * AT_ONCE)))
            pieces = {
                str(number - config.first + 1): Piece(
                    drawn_portrait(config.seed, number, config.size), {"first": number, "count": 1}, _called(number)
                )
                for number in numbers
            }
            loop.report({}, preview=lambda: sheet(pieces.values()), pieces=pieces)  # noqa: B023 - within this step
        first = self._numbers(range(min(config.count, SHOWN)))
        shown = sheet(Piece(drawn_portrait(config.seed, number, config.size)) for number in first)
        return Result({"output": shown}, {"pictures": config.count}, tables=self._tables())

    def forecast(self, sizes: Sizes) -> Forecast:  # noqa: ARG002 - there are no inputs
        """Each takes a moment, whatever is on it."""
        size = self.config.size
        pixels, count = size * size, self.config.count
        return Forecast(count * (SECONDS + SECONDS_PER_PIXEL * pixels), MEMORY, disk=BYTES_PER_PIXEL * count * pixels)

    def _numbers(self, indices: range) -> range:
        return range(self.config.first + indices.start, self.config.first + indices.stop)

    def _tables(self) -> Sequence[Table]:
        """Attributes and boxes of all, without drawing them again."""
        config = self.config
        attributes, boxes = [], []
        for number in self._numbers(range(config.count)):
            name = _called(number)
            attributes.append({"picture": name, **traits(config.seed, number).attributes})
            for what, (left, top, right, bottom) in boxes_of(config.seed, number, config.size).items():
                boxes.append(
                    {"picture": name, "object": what, "left": left, "top": top, "right": right, "bottom": bottom}
                )
        return [
            Table("attributes", "What each portrait has.", ATTRIBUTES, attributes, shown=False),
            Table("boxes", "Where glasses and hats are.", BOXES, boxes, shown=False),
        ]


def _called(number: int) -> str:
    return f"{number:05d}"


def drawn_portrait(seed: int, number: int, size: int) -> torch.Tensor:
    """A portrait as a picture (3, size, size) in [0, 1]."""
    return torch.from_numpy(portrait(seed, number, size).picture).permute(2, 0, 1).contiguous().float() / 255
