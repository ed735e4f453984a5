"""`measure features`: the size of every layer of a network for a picture."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from impasto.features import NetworkName, load_network
from impasto.inputs import Input, Inputs, Sizes, given_picture
from impasto.measures.patches import FIXED_MEMORY
from impasto.methods import Forecast, Method, MethodConfig, Result
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

    def forecast(self, sizes: Sizes) -> Forecast:  # noqa: ARG002 - nothing is computed
        """Building the network."""
        return Forecast(0.2, FIXED_MEMORY)

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Follow the sizes through the layers; nothing is computed, so the weights do not matter."""
        del observer
        height, width = given_picture(inputs, "image").shape[1:]
        columns = [Column(name) for name in ("layer", "channels", "height", "width")]
        sizes = load_network(self.config.network, weights="random").sizes(height, width)
        rows = [dict(zip((column.name for column in columns), layer, strict=True)) for layer in sizes]
        return Result(facts={"picture": [width, height]}, tables=[Table("table", "", columns, rows)])
