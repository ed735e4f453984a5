"""`measure texture`: how near pictures are to the exemplar that they were made from, and how different."""

from __future__ import annotations

import torch
from pydantic import Field

from impasto.inputs import Input, Inputs, Sizes, given_names, given_picture, given_pictures
from impasto.measures.patches import PatchMeasure, PatchMeasureConfig
from impasto.methods import Forecast, Result
from impasto.metrics import (
    autocorrelation_distance,
    color_histogram_distance,
    nearest_patch_distances,
    pixel_diversity,
    seam_error,
    sliced_patch_wasserstein,
)
from impasto.metrics.patch_distances import spacing
from impasto.observers import Observer, Step
from impasto.tables import Column, Table

SECONDS_PER_PIXEL = 3e-5  # of what is not a search

FORM = ".3g"
SCALES = "sliced Wasserstein distance of all patches, at full size, 1/2 ..."
COLUMNS = (
    Column("coherence", "distance of the picture's patches from the exemplar's nearest (root mean square)", FORM),
    Column("completeness", "distance of the exemplar's patches from the picture's nearest", FORM),
    Column("autocorrelation", "difference of the autocorrelations (root mean square)", FORM),
    Column("colors", "mean way between the histograms of R, G and B", FORM),
    Column("seam", "difference across the edges over that of neighbours near them", FORM),
)
DIVERSITY = Column("diversity", "deviation of each pixel over the pictures, over the exemplar's own", FORM)


class MeasureTextureConfig(PatchMeasureConfig):
    """Parameters of `measure texture`."""

    scales: int = Field(3, ge=1, le=10, description="sizes at which the patches are compared: 1, 1/2, 1/4 ...")


class MeasureTexture(PatchMeasure[MeasureTextureConfig]):
    """Compare pictures with the exemplar that they were made from, without a network."""

    name = "measure texture"
    inputs = (
        Input("picture", "one or more pictures", many=True),
        Input("exemplar", "the picture that they were made from, given last"),
    )
    Config = MeasureTextureConfig

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """A row for each picture, and the diversity of all, if they are of one size."""
        self.check(inputs)
        exemplar, pictures = given_picture(inputs, "exemplar"), given_pictures(inputs, "picture")
        rows: list[dict[str, object]] = []
        for name, picture in zip(given_names(inputs, "picture", endings=True), pictures, strict=True):
            measured = {column: round(value, 6) for column, value in self._measured(picture, exemplar).items()}
            rows.append({"picture": name, **measured})
            observer.step(Step(len(rows), len(pictures), {}, lambda: exemplar))
        of_one_size = len(pictures) > 1 and len({picture.shape for picture in pictures}) == 1
        diversity = round(pixel_diversity(pictures, exemplar), 6) if of_one_size else None
        known = {column.name: column for column in COLUMNS}
        names = max(rows, key=len)  # the largest picture is compared at the most scales
        columns = [known.get(name, Column(name, SCALES, FORM)) for name in names if name != "picture"]
        tables = [Table("table", "", [Column("picture"), *columns], rows)]
        if diversity is not None:
            tables.append(Table("diversity", "", [DIVERSITY], [{"diversity": diversity}]))
        return Result(facts={"diversity": diversity}, tables=tables)

    def forecast(self, sizes: Sizes) -> Forecast:
        """The searches are nearly all of it, one in each direction."""
        pictures, exemplar = sizes["picture"], sizes["exemplar"][0]
        seconds = sum(
            2 * self._seconds(size, exemplar, spacing(size, exemplar)) + SECONDS_PER_PIXEL * size[0] * size[1]
            for size in pictures
        )
        different = [f"{width}x{height}" for width, height in dict.fromkeys(pictures)]
        notice = f"diversity: left out, it needs pictures of one size; these are {', '.join(different)} pixels"
        return Forecast(seconds, self._memory(sizes), notice=notice if len(different) > 1 else "")

    def _measured(self, picture: torch.Tensor, exemplar: torch.Tensor) -> dict[str, float]:
        patch = self.config.patch
        distances = sliced_patch_wasserstein(picture, exemplar, patch=patch, scales=self.config.scales)
        coherence, completeness = nearest_patch_distances(picture, exemplar, patch=patch)
        return {
            **{f"patches 1/{2**level}" if level else "patches": value for level, value in enumerate(distances)},
            "coherence": coherence,
            "completeness": completeness,
            "autocorrelation": autocorrelation_distance(picture, exemplar),
            "colors": color_histogram_distance(picture, exemplar),
            "seam": seam_error(picture),
        }
