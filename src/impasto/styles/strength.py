"""How strong a style is, after the fact: a picture between a photo and what was made of it."""

from __future__ import annotations

import torch
from pydantic import Field

from impasto.devices import pick_device
from impasto.images import oklab_to_rgb, resize, rgb_to_oklab
from impasto.inputs import Input, Inputs, Sizes, given_picture
from impasto.methods import Forecast, Method, MethodConfig, Result
from impasto.observers import Loop, Observer
from impasto.synthesis.canvas import LaplacianCanvas

WINDOW = 9  # side in pixels, in each band, of the neighbourhood whose contrast is kept
MOST = 2.5  # the factor by which contrast may be raised
LEAST = 1e-4  # contrast below this is none

SECONDS_PER_PIXEL, SECONDS = 1.2e-6, 0.02
BYTES_PER_PIXEL, BYTES = 200, 300_000_000


class StrengthConfig(MethodConfig):
    """Parameters of `style strength`."""

    strength: float = Field(0.5, ge=0, le=1, description="from 0, the photo, to 1, the result")
    colors: float | None = Field(None, ge=0, le=1, description="the same for the colours alone (default: as strength)")

    main = "strength colors"


class StyleStrength(Method[StrengthConfig]):
    """Make the style of a finished picture weaker, without doing the transfer again."""

    name = "style strength"
    # A clip would need a clip of the result too, frame by frame.
    inputs = (Input("content", "the photo", photo=True), Input("result", "the picture that a style method made of it"))
    Config = StrengthConfig

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Blend the two in Oklab, lightness and colours each by its own strength."""
        config, device = self.config, pick_device(self.config.device)
        made = given_picture(inputs, "result").to(device)
        photo = resize(given_picture(inputs, "content").to(device), (made.shape[2], made.shape[1]))
        colors = config.strength if config.colors is None else config.colors
        picture = torch.empty_like(made)
        loop = Loop(observer, total=1, keep={"picture": picture})
        for _ in loop:
            first, second = rgb_to_oklab(photo), rgb_to_oklab(made)
            planes = [between(first[:1], second[:1], config.strength), between(first[1:], second[1:], colors)]
            picture.copy_(oklab_to_rgb(torch.cat(planes)).clamp(0, 1))
            loop.report({}, preview=lambda: picture)
        return Result({"output": picture.cpu()})

    def forecast(self, sizes: Sizes) -> Forecast:
        """A few passes over the picture."""
        width, height = sizes["result"][0]
        pixels = width * height
        memory = BYTES + BYTES_PER_PIXEL * pixels
        return Forecast(SECONDS + SECONDS_PER_PIXEL * pixels, memory, size=(width, height), fixed=BYTES)


def between(first: torch.Tensor, second: torch.Tensor, strength: float) -> torch.Tensor:
    """A picture (C, H, W) between two, from 0, the first, to 1, the second, whose contrast is between theirs too.

    The mean of two details that have nothing to do with each other has less contrast than either. So in each band of a
    Laplacian pyramid but the coarsest the blend is raised, where it is below it, to the local contrast (the root mean
    square around a pixel) between the two.
    """
    with torch.no_grad():
        found, other = (LaplacianCanvas(picture[None]) for picture in (first, second))
        for band, theirs in zip(found.parameters, other.parameters, strict=True):
            blend = torch.lerp(band, theirs, strength)
            if band is not found.parameters[-1]:
                wanted = torch.lerp(_contrast(band), _contrast(theirs), strength)
                blend *= (wanted / _contrast(blend).clamp_min(LEAST)).clamp(1, MOST)
            band.copy_(blend)
        return found.image()[0]


def _contrast(band: torch.Tensor) -> torch.Tensor:
    """The root mean square of the values (1, C, H, W) around each pixel, over all channels: (1, 1, H, W)."""
    half = WINDOW // 2
    energy = torch.nn.functional.pad(band.square().sum(1, keepdim=True), (half,) * 4, mode="replicate")
    return torch.nn.functional.avg_pool2d(energy, WINDOW, stride=1).sqrt()
