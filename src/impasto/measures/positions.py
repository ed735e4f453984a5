"""`measure positions`: where each patch of a picture comes from."""

from __future__ import annotations

import math

import torch
from pydantic import Field

from impasto.images import contact_sheet
from impasto.inputs import Input, Inputs, Sizes, given_picture
from impasto.measures.patches import PatchMeasure, PatchMeasureConfig
from impasto.methods import Forecast, Result
from impasto.metrics import color_positions, position_key, position_map
from impasto.metrics.position_colors import PositionColors
from impasto.observers import Observer
from impasto.tables import Column, Table

PAIRS = 1 << 33  # of patches that are compared if `every` is left open: about half a minute on one core

COLUMNS = (
    Column("copied in runs", "share of the patches that were copied in runs at least as long as a patch", ".3g"),
    Column("mean run", "mean length of a run, of neighbours that lie beside each other in the exemplar too", ".3g"),
    Column("longest run", "the longest of these, in patches"),
    Column("coverage", "share of the exemplar's patches that are nearest to at least one of the picture's", ".3g"),
    Column("distance", "how far patches are from their nearest ones (root mean square)", ".3g"),
)


class MeasurePositionsConfig(PatchMeasureConfig):
    """Parameters of `measure positions`."""

    only_map: bool = Field(False, description="show the map alone, as large as the picture")
    colors: PositionColors = Field("perceptual", description="colours of the places in the exemplar")
    every: int = Field(0, ge=0, le=1024, description="look at every N-th patch in both directions; 0 chooses")

    def step(self, picture: tuple[int, int], exemplar: tuple[int, int]) -> int:
        """From patch to patch, for pictures of these sizes."""
        return self.every or max(1, round(math.sqrt(math.prod(picture) * math.prod(exemplar) / PAIRS)))


class MeasurePositions(PatchMeasure[MeasurePositionsConfig]):
    """Show where each patch of a picture comes from, and how much of it was copied in one piece."""

    name = "measure positions"
    inputs = (
        Input("picture", "a picture that was made from the exemplar"),
        Input("exemplar", "the picture that it was made from"),
    )
    Config = MeasurePositionsConfig

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Find the nearest patches, count the runs, and colour the map."""
        del observer
        self.check(inputs)
        config, (made, exemplar) = self.config, (given_picture(inputs, item.name) for item in self.inputs)
        size, goal = ((picture.shape[1], picture.shape[2]) for picture in (made, exemplar))
        every = config.step(size, goal)
        found = position_map(made, exemplar, patch=config.patch, every=every)
        values = (
            round(found.copied_share, 6),
            round(found.mean_run_length, 4),
            found.longest_run,
            round(found.coverage, 6),
            round(found.distance, 6),
        )
        row = dict(zip((column.name for column in COLUMNS), values, strict=True))
        colored = color_positions(found, size, colors=config.colors)
        shown = colored if config.only_map else _sheet(made, exemplar, colored, config.colors)
        facts = {"patch": config.patch, "every": every, "patches": found.places[..., 0].numel()}
        return Result({"output": shown}, facts, tables=[Table("table", "", COLUMNS, [row])])

    def forecast(self, sizes: Sizes) -> Forecast:
        """The search is nearly all of it."""
        picture, exemplar = sizes["picture"][0], sizes["exemplar"][0]
        seconds = self._seconds(picture, exemplar, self.config.step(picture, exemplar))
        return Forecast(seconds, self._memory(sizes))


def _sheet(output: torch.Tensor, exemplar: torch.Tensor, colored: torch.Tensor, colors: PositionColors) -> torch.Tensor:
    key = position_key((exemplar.shape[1], exemplar.shape[2]), colors=colors)
    captions = ["exemplar", "colours of its places", "picture", "where its patches come from"]
    return contact_sheet([exemplar, key, output, colored], captions, columns=2)
