"""Sampling from a trained texture network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from pydantic import Field

from impasto.devices import pick_device
from impasto.errors import InputError
from impasto.images import parse_size, periodic_resize
from impasto.methods import Forecast, Input, Inputs, Method, MethodConfig, Result, Sizes, generator, given_model
from impasto.model import Model
from impasto.observers import Loop, Observer
from impasto.textures.network_settings import TextureNetworkConfig
from impasto.textures.train_network import KIND, render

if TYPE_CHECKING:
    from impasto.networks.texture import TextureNetwork

FIXED_MEMORY = 350_000_000  # bytes: Python and torch
PER_PIXEL = 400  # bytes of the largest features, for each pixel of a picture
SECONDS_PER_PIXEL = 4e-7
MOST_NOISE = 64  # channels; every training draws 3


class SampleConfig(MethodConfig):
    """Parameters of `sample`."""

    size: str = Field("", description="WIDTHxHEIGHT, long side, or 200% (default: the size it was trained at)")
    tile: bool = Field(False, description="make the texture tile without a seam")
    count: int = Field(1, ge=1, le=1000, description="pictures, of this seed and those after it")


class Sample(Method[SampleConfig]):
    """Make new pictures with a model that `impasto train` trained.

    The run is named by its folder, by its name or a part of it, or is `latest`, the training that was begun last.
    """

    name = "sample"
    inputs = (Input("run", "the folder of a training run", models=(KIND,)),)
    Config = SampleConfig

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Draw noise, and show what the network makes of it."""
        config, model = self.config, given_model(inputs, "run")
        network = load_texture_network(model).to(pick_device(config.device))
        width, height = self._size(model.size)
        pictures = torch.zeros(config.count, 3, height, width)
        loop = Loop(observer, total=config.count, keep={"pictures": pictures})
        for index in loop:
            pictures[index] = self._picture(network, width, height, self._seed(index))
            loop.report({}, preview=lambda: pictures[index])  # noqa: B023 - called within this step
        names = [str(number) for number in range(1, config.count + 1)]
        each = {name: {"seed": self._seed(index), "count": 1} for index, name in enumerate(names)}
        return Result(dict(zip(names, pictures, strict=True)), each=each)

    def forecast(self, sizes: Sizes) -> Forecast:
        """The features at full size are nearly all of it."""
        width, height = self._size(sizes["run"][0])
        pixels = width * height
        memory = FIXED_MEMORY + pixels * (PER_PIXEL + 12 * self.config.count)
        return Forecast(
            SECONDS_PER_PIXEL * pixels * self.config.count, memory, size=(width, height), fixed=FIXED_MEMORY
        )

    def _picture(self, network: TextureNetwork, width: int, height: int, seed: int) -> torch.Tensor:
        random = generator(seed)
        if not self.config.tile:
            return render(network, height, width, random)
        # A tile has whole cells of the coarsest noise; other sizes are those of the nearest that has.
        rows, columns = (max(1, round(side / network.step)) * network.step for side in (height, width))
        tile = render(network, rows, columns, random, wrap=True)
        return tile if (rows, columns) == (height, width) else periodic_resize(tile[None], (height, width))[0]

    def _seed(self, index: int) -> int:
        return (self.config.seed + index) % 2**63

    def _size(self, own: tuple[int, int]) -> tuple[int, int]:
        return parse_size(self.config.size, of=own) if self.config.size else own


def load_texture_network(model: Model) -> TextureNetwork:
    """Build the network of a model of kind "texture-network". Raises InputError if its tensors do not fit."""
    from impasto.networks.texture import TextureNetwork

    try:
        widths = TextureNetworkConfig(widths=model.config["widths"]).widths  # within the bounds of any training
        noise = model.config["noise"]
        if type(noise) is not int or not 1 <= noise <= MOST_NOISE:
            raise ValueError(f"noise must be between 1 and {MOST_NOISE} channels, got {noise}")
        network = TextureNetwork(widths, noise)
        network.load_state_dict(dict(model.tensors))
    except (RuntimeError, KeyError, TypeError, ValueError) as error:
        raise InputError("the model is of another version of impasto, or damaged: train it again") from error
    return network.eval()
