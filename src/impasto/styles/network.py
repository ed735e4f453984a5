"""A photo in the one style of a trained network, at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import torch
from pydantic import Field

from impasto.devices import pick_device
from impasto.errors import InputError
from impasto.images import parse_size, reduced_to, resize
from impasto.methods import Forecast, Input, Inputs, Method, Result, Sizes, given_model
from impasto.model import Model
from impasto.observers import Loop, Observer
from impasto.styles.network_settings import StyleNetworkConfig
from impasto.styles.recolor import colored
from impasto.styles.sizes import LARGEST
from impasto.styles.temporal import BlendingConfig, blend_field
from impasto.styles.train_network import KIND, paint

if TYPE_CHECKING:
    from impasto.networks.style import StyleNetwork

FIXED_MEMORY = 350_000_000  # bytes: Python and torch
PER_PIXEL = 250  # bytes of the largest features, for each pixel of a picture
SECONDS_PER_PIXEL = 6e-7


class NetworkStyleConfig(BlendingConfig):
    """Parameters of `style network`."""

    size: str = Field("", description=f"WIDTHxHEIGHT, long side, or 50% (default: the content's, at most {LARGEST})")
    keep_color: Literal["off", "luminance"] = Field("off", description="keep the content's colours: paint in luminance")
    temporal_blend: float = blend_field(0.9)  # its frames are nearly alike by themselves

    main: ClassVar[tuple[str, ...]] = ("size", "keep_color")


class NetworkStyle(Method[NetworkStyleConfig]):
    """Give photos the style that a network was trained for, each in a fraction of a second.

    The run is named by its folder, by its name or a part of it, or is `latest`, the training that was begun last.
    """

    name = "style network"
    inputs = (Input("run", "the folder of a training run", models=(KIND,)), Input("content", "the photo"))
    Config = NetworkStyleConfig

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Show what the network makes of the photo."""
        config, device = self.config, pick_device(self.config.device)
        network = load_style_network(given_model(inputs, "run")).to(device)
        photo = inputs["content"][0]
        photo = resize(photo, self._size((photo.shape[-1], photo.shape[-2])))
        picture = torch.zeros_like(photo)
        loop = Loop(observer, total=1, keep={"picture": picture})
        for _ in loop:
            picture.copy_(colored(paint(network, photo), photo, config.keep_color))
            loop.report({}, preview=lambda: picture)
        return Result({"output": picture})

    def forecast(self, sizes: Sizes) -> Forecast:
        """The features at full size are nearly all of it."""
        width, height = self._size(sizes["content"][0])
        pixels = width * height
        memory = FIXED_MEMORY + PER_PIXEL * pixels
        return Forecast(SECONDS_PER_PIXEL * pixels, memory, size=(width, height), fixed=FIXED_MEMORY)

    def _size(self, own: tuple[int, int]) -> tuple[int, int]:
        from impasto.networks.style import SMALLEST

        width, height = parse_size(self.config.size, of=own) if self.config.size else reduced_to(own, LARGEST)
        if min(width, height) < SMALLEST:
            raise InputError(f"a style network needs at least {SMALLEST} pixels a side, got {width}x{height}")
        return width, height


def load_style_network(model: Model) -> StyleNetwork:
    """Build the network of a model of kind "style-network". Raises InputError if its tensors do not fit."""
    from impasto.networks.style import StyleNetwork

    try:
        config = StyleNetworkConfig(widths=model.config["widths"], blocks=model.config["blocks"])  # within the bounds
        network = StyleNetwork(config.widths, config.blocks)
        network.load_state_dict(dict(model.tensors))
    except (RuntimeError, KeyError, TypeError, ValueError) as error:
        raise InputError("the model is of another version of impasto, or damaged: train it again") from error
    return network.eval()
