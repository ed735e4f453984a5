"""`measure single`: what was made from one picture, beside it: how near, how various, how much of it copied."""

from __future__ import annotations

from statistics import fmean, stdev
from typing import ClassVar, Literal

import torch
from pydantic import Field

from impasto.devices import pick_device
from impasto.errors import InputError
from impasto.features import load_network
from impasto.features.onnx import OnnxVectors, Values
from impasto.images import resize
from impasto.inputs import Input, Inputs, Sizes, given_file, given_names, given_picture, given_pictures
from impasto.measures.patches import PatchMeasure
from impasto.measures.positions import MeasurePositionsConfig
from impasto.methods import Forecast, Result
from impasto.metrics import pixel_diversity, position_map, sliced_patch_wasserstein
from impasto.metrics.single_image import feature_diversity, single_image_frechet
from impasto.observers import Observer, Step
from impasto.tables import Column, Table

LAYERS = {"efficientnet-lite0": "e3", "vgg16": "relu3_1"}
"""Layers at a quarter of the size that see 25 and 27 pixels; Inception's before its second pooling see 23."""
PIXELS_PER_SECOND = 3e5  # of a network up to such a layer

COLUMNS = (
    Column("picture"),
    Column("frechet", "Fréchet distance of features at each place (single-image FID); 0: alike on the whole", ".4g"),
    Column("patches", "sliced Wasserstein distance of all patches", ".4g"),
    Column("copied", "share of its patches that were copied in runs at least as long as a patch", ".3g"),
)
SUMMARY = (
    Column("measure"),
    Column("value", form=".4g"),
    Column("deviation", "over the pictures", ".3g"),
    Column("what it is"),
)


class MeasureSingleConfig(MeasurePositionsConfig):
    """Parameters of `measure single`."""

    network: Literal["efficientnet-lite0", "vgg16", "file"] = Field(
        "efficientnet-lite0",
        description="whose features are compared; or the path of an ONNX file, such as a part of Inception",
    )
    layer: str = Field("", description="layer of the network (see measure features); empty: e3 or relu3_1")
    values: Values = Field("0..1", description="what a network from elsewhere takes for black and white")

    hidden: ClassVar[frozenset[str]] = frozenset({"seed", "only_map", "colors"})
    main: ClassVar[str] = "network layer patch"


class MeasureSingle(PatchMeasure[MeasureSingleConfig]):
    """Compare pictures with the one that they were made from: a distance, and beside it how various they are."""

    name = "measure single"
    inputs = (
        Input("picture", "what was made, one or more pictures", many=True),
        Input("image", "the picture that it was made from, given last"),
        Input("onnx", "a network in an ONNX file", kind="file", flag="network", optional=True, choice="file"),
    )
    Config = MeasureSingleConfig

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """A row for each picture, and the means and diversities of all."""
        self.check(inputs)
        image, pictures = given_picture(inputs, "image"), given_pictures(inputs, "picture")
        features = _Features(self.config, inputs)
        real, maps, measured = features(image), list[torch.Tensor](), list[dict[str, float]]()
        for picture in pictures:
            maps.append(features(picture))
            size, own = ((each.shape[2], each.shape[1]) for each in (picture, image))
            every = self.config.step(size, own)
            values = {
                "frechet": single_image_frechet(maps[-1], real),
                "patches": sliced_patch_wasserstein(picture, image, patch=self.config.patch, scales=1)[0],
                "copied": position_map(picture, image, patch=self.config.patch, every=every).copied_share,
            }
            measured.append({key: round(value, 6) for key, value in values.items()})
            observer.step(Step(len(measured), len(pictures), {}, lambda: image))
        names = given_names(inputs, "picture", endings=True)
        rows = [{"picture": name, **values} for name, values in zip(names, measured, strict=True)]
        summary = [_mean(column, [values[column.name] for values in measured]) for column in COLUMNS[1:]]
        if _of_one_size(pictures):
            words = "deviation of each pixel over the pictures, over the image's own (SinGAN's measure)"
            summary.append(_row("diversity", pixel_diversity(pictures, image), words))
            words = "mean of 1 - cosine of the features at one place, over all pairs of pictures"
            summary.append(_row("feature diversity", feature_diversity(maps), words))
        caption = f"{features.facts['network']}, layer {features.facts['layer']}: compare with the same network's only"
        tables = [Table("table", caption, COLUMNS, rows), Table("summary", "", SUMMARY, summary)]
        return Result(facts={"features": features.facts}, tables=tables)

    def check(self, inputs: Inputs) -> None:
        """Raise InputError for pictures that are too small for a patch or the network, and layers it has not."""
        super().check(inputs)
        features = _Features(self.config, inputs)
        for name in ("picture", "image"):
            names = given_names(inputs, name, endings=True)
            for called, picture in zip(names, given_pictures(inputs, name), strict=True):
                height, width = picture.shape[1:]
                if min(height, width) < features.least:
                    raise InputError(
                        f"{called}: {width}x{height} pixels are too few for the network, which needs {features.least}"
                    )

    def forecast(self, sizes: Sizes) -> Forecast:
        """The searches are most of it, and the network."""
        pictures, image = sizes["picture"], sizes["image"][0]
        seconds = sum(
            self._seconds(size, image, self.config.step(size, image)) + size[0] * size[1] / PIXELS_PER_SECOND
            for size in pictures
        )
        different = len(set(pictures)) > 1
        notice = "diversity: left out, it needs pictures of one size" if different else ""
        notice = "diversity: left out, it needs two pictures or more" if len(pictures) == 1 else notice
        return Forecast(seconds, self._memory({"picture": pictures, "image": [image]}), notice=notice)


class _Features:
    """A network's features at each place of a picture.

    least: pixels a side that it needs. facts: for a record, which features they are.
    """

    def __init__(self, config: MeasureSingleConfig, inputs: Inputs) -> None:
        """Raises InputError for a layer or a file that cannot be used."""
        path = given_file(inputs, "onnx")
        self._file = None if path is None else OnnxVectors(path, layer=config.layer, values=config.values)
        if self._file is not None:
            self.least, self.facts = 2, self._file.facts
            self._file.maps(torch.zeros(3, self._file.side, self._file.side))
            return
        self._network = load_network(config.network).to(pick_device(config.device))
        self._layer = config.layer or LAYERS[config.network]
        self._network.check([self._layer])
        self.least = self._network.minimum
        self.facts = {**self._network.weights, "layer": self._layer}

    def __call__(self, picture: torch.Tensor) -> torch.Tensor:
        """The features (D, h, w), float32, of a picture (3, H, W) in [0, 1]; a file may want it of its own size."""
        if self._file is not None:
            return self._file.maps(resize(picture, (self._file.side,) * 2) if self._file.fixed else picture)
        with torch.inference_mode():
            device = next(self._network.parameters()).device
            features: torch.Tensor = self._network(picture[None].to(device), [self._layer])[self._layer][0]
            return features.float().cpu()


def _of_one_size(pictures: list[torch.Tensor]) -> bool:
    return len(pictures) > 1 and len({picture.shape for picture in pictures}) == 1


def _mean(column: Column, values: list[float]) -> dict[str, object]:
    deviation = stdev(values) if len(values) > 1 else None
    return _row(column.name, fmean(values), column.help, deviation)


def _row(name: str, value: float, words: str, deviation: float | None = None) -> dict[str, object]:
    rounded = None if deviation is None else round(deviation, 6)
    return {"measure": name, "value": round(value, 6), "deviation": rounded, "what it is": words}
