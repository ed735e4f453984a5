"""`measure features`: the size of every layer of a network for a picture."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from impasto.features import NetworkName, load_network
from impasto.inputs import Input, Inputs, given_picture
from impasto.methods import Method, MethodConfig, Result
from impasto.observers import Observer
from impasto.tables import Column, Table


class MeasureFeaturesConfig(MethodConfig):
    """Parameters of `measure features`."""

    network: NetworkName = Field("efficientnet-lite0", description="perceptual network")

    hidden: ClassVar[frozenset[str]] = frozenset({"seed", "device"})


class MeasureFeatures(Method[MeasureFeaturesConfig]):
    """Show the size of every layer of a network for a picture."""

    name = "measure features"
    makes, records = "table", False
    inputs = (Input("image", "a picture"),)
    Config = MeasureFeaturesConfig

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Follow the sizes through the layers; nothing is computed, so the weights do not matter."""
        del observer
        height, width = given_picture(inputs, "image").shape[1:]
        columns = [Column(name) for name in ("layer", "channels", "height", "width")]
        sizes = load_network(self.config.network, weights="random").sizes(height, width)
        rows = [dict(zip((column.name for column in columns), layer, strict=True)) for layer in sizes]
        return Result(facts={"picture": [width, height]}, tables=[Table("table", "", columns, rows)])
