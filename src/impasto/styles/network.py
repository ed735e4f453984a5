"""A photo in the one style of a trained network, at once."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal, cast

import torch
from pydantic import Field

from impasto.devices import pick_device
from impasto.errors import InputError
from impasto.images import result_size
from impasto.images.periodic import resized
from impasto.inputs import Input, Inputs, Sizes, given_model, given_picture
from impasto.kinds import build
from impasto.methods import Forecast, Method, Result
from impasto.observers import Loop, Observer
from impasto.styles.recolor import colored
from impasto.styles.sizes import LARGEST
from impasto.styles.temporal import BlendingConfig, blend_field
from impasto.styles.tiles import painted_tile

if TYPE_CHECKING:
    from impasto.networks.style import StyleNetwork

FIXED_MEMORY = 350_000_000  # bytes: Python and torch
PER_PIXEL = 250  # bytes of the largest features, for each pixel of a picture
SECONDS_PER_PIXEL = 6e-7
BEYOND = 200  # pixels that a tile is gone on with, on both sides together, by a network of the usual depth


class NetworkStyleConfig(BlendingConfig):
    """Parameters of `style network`."""

    size: str = Field("", description=f"WIDTHxHEIGHT, long side, or 50% (default: the content's, at most {LARGEST})")
    keep_color: Literal["off", "luminance"] = Field("off", description="keep the content's colours: paint in luminance")
    tile: bool = Field(False, description="for a photo that tiles: make a picture that does")
    temporal_blend: float = blend_field(0.9)  # its frames are nearly alike by themselves

    main = "size keep_color tile"


class NetworkStyle(Method[NetworkStyleConfig]):
    """Give photos the style that a network was trained for, each in a fraction of a second.

    The run is named by its folder, by its name or a part of it, or is `latest`, the training that was begun last.
    """

    name = "style network"
    inputs = (
        Input("run", "the folder of a training run", kind="model", accepts=("style-network",)),
        Input("content", "the photo", clips=True, photo=True),
    )
    Config = NetworkStyleConfig

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Show what the network makes of the photo."""
        from impasto.networks.style import paint

        config, photo = self.config, given_picture(inputs, "content")
        network = cast("StyleNetwork", build(given_model(inputs, "run")).to(pick_device(config.device)))
        photo = resized(photo, self._size((photo.shape[-1], photo.shape[-2])), tile=config.tile)
        look = partial(paint, network)
        picture = torch.zeros_like(photo)
        loop = Loop(observer, total=1, keep={"picture": picture})
        for _ in loop:
            made = painted_tile(look, photo, network.seen) if config.tile else look(photo)
            picture.copy_(colored(made, photo, config.keep_color))
            loop.report({}, preview=lambda: picture)
        return Result({"output": picture})

    def forecast(self, sizes: Sizes) -> Forecast:
        """The features at full size are nearly all of it."""
        width, height = self._size(sizes["content"][0])
        pixels = width * height
        if self.config.tile:  # what is beyond its edges is painted too
            pixels = (width + BEYOND) * (height + BEYOND)
        memory = FIXED_MEMORY + PER_PIXEL * pixels
        return Forecast(SECONDS_PER_PIXEL * pixels, memory, size=(width, height), fixed=FIXED_MEMORY)

    def _size(self, own: tuple[int, int]) -> tuple[int, int]:
        from impasto.networks.style import SMALLEST

        width, height = result_size(self.config.size, own, LARGEST)
        if min(width, height) < SMALLEST:
            raise InputError(f"a style network needs at least {SMALLEST} pixels a side, got {width}x{height}")
        return width, height
