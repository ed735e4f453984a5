"""A photo in the manner of a painting in a fraction of a second, by networks that know no painting in particular."""

from __future__ import annotations

from math import log2
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from pydantic import Field

from impasto.devices import pick_device
from impasto.errors import InputError
from impasto.features import load_network
from impasto.features.padding import pad
from impasto.features.weights import digest, read_weights
from impasto.inputs import Input, Inputs, Sizes, given_picture
from impasto.methods import Forecast, Method, Result
from impasto.observers import Loop, Observer
from impasto.styles.prepared import PaintingConfig, prepared
from impasto.styles.regions import REGIONS, places_of
from impasto.styles.temporal import BlendingConfig
from impasto.styles.tiles import painted_tile

if TYPE_CHECKING:
    from impasto.networks.decoders import Decoders
    from impasto.styles.decoding.stylizer import Amounts, Stylizer

NETWORK = "efficientnet-lite0"
DECODERS = Path(__file__).parent / "decoding" / "decoders.safetensors"

SMALLEST = 16  # pixels a side: one cell of the deepest bottleneck

SECONDS, SECONDS_PER_PIXEL = 0.1, 5e-7
SECONDS_PER_PAIR = 6e-9  # of a cell of the photo and one of a painting, which are compared at the coarsest size
BYTES, BYTES_PER_PIXEL = 380_000_000, 210


class FastStyleConfig(PaintingConfig, BlendingConfig):
    """Parameters of `style fast`."""

    strength: float = Field(1.0, ge=0, le=1, description="from 0, the photo as it is, to 1")
    detail: float = Field(0.0, ge=0, le=1, description="how much of the photo's own detail is kept")
    patches: float = Field(
        0.8, ge=0, le=1, description="from 0, the painting's statistics alone, to 1, its patches put in their place"
    )
    layout: float = Field(
        0.7, ge=0, le=1, description="how much of the photo's layout is kept where patches are compared"
    )
    carry: float = Field(0.6, ge=0, le=1, description="how much a finer size keeps of what a coarser one painted")
    coarsest: int = Field(
        256, ge=64, le=1024, description="long side in pixels, about, to begin at; smaller: larger strokes, freer"
    )
    alpha: float = Field(0.5, ge=0, le=1e9, description="small: all of the style is seen again; large: the nearest")

    main = "size strength detail keep_color style_size blend region style_map tile patches layout coarsest"


class FastStyle(Method[FastStyleConfig]):
    """Give a photo the style of one or more paintings at once."""

    name = "style fast"
    inputs = (
        Input("content", "the photo", clips=True, photo=True),
        Input("style", "the painting; several are blended", many=True),
        *REGIONS,
    )
    Config = FastStyleConfig

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Encode, move, decode; see `impasto.styles.decoding.stylizer`."""
        config, device = self.config, pick_device(self.config.device)
        painting = prepared(config, inputs, device)
        manners = [(painting.styles, painting.shares), *(([style], [1.0]) for style in painting.region_styles)]
        stylizer = load_stylizer(amounts(config), scales(painting.size, config.coarsest)).to(device)
        picture = torch.zeros_like(painting.photo)
        loop = Loop(observer, total=1, keep={"picture": picture})
        for _ in loop:
            painted = [stylize(stylizer, painting.content, *manner, tile=config.tile) for manner in manners]
            picture.copy_(painting.shown(painting.shown_places.joined(painted)[0]))
            loop.report({}, preview=lambda: picture[0])
        facts = {"network": stylizer.encoder.weights, "decoders": digest(DECODERS)}
        return Result({"output": picture[0].cpu()}, facts)

    def check(self, inputs: Inputs) -> None:
        """Refuse masks of another size than the photo, and black ones."""
        places_of(inputs, given_picture(inputs, "content"))

    def forecast(self, sizes: Sizes) -> Forecast:
        """The finest size is nearly all of it, unless the coarsest is large as well."""
        size = self.config.photo_size(sizes["content"][0])
        if min(size) < SMALLEST:
            raise InputError(f"size must be at least {SMALLEST} pixels a side, got {size[0]}x{size[1]}")
        self.config.shares(len(sizes["style"]))
        regions = sizes.get("region_style", ())
        styles = [self.config.painting_size(own, size) for own in (*sizes["style"], *regions)]
        pixels = size[0] * size[1] + sum(width * height for width, height in styles)
        cell = 8 * 2 ** (scales(size, self.config.coarsest) - 1)
        pairs = size[0] * size[1] / cell**2 * sum(width * height for width, height in styles) / cell**2
        if self.config.tile:  # what is beyond its edges is painted too
            pixels += 2 * cell * (size[0] + size[1] + 2 * cell)
        again = SECONDS_PER_PIXEL * len(regions) * size[0] * size[1]
        seconds = SECONDS + SECONDS_PER_PIXEL * pixels + SECONDS_PER_PAIR * pairs + again
        memory = BYTES + BYTES_PER_PIXEL * pixels
        held = 0 if self.config.sizes_follow else BYTES_PER_PIXEL * (pixels - size[0] * size[1])
        return Forecast(seconds, memory, size=size, fixed=BYTES + held)


def scales(size: tuple[int, int], coarsest: int) -> int:
    """How many sizes, each half of the one before, lead from about `coarsest` pixels to `size` (width, height).

    At least two, where the picture has 64 pixels a side: what is painted at one size only loses what it shows.

    >>> scales((512, 384), 256), scales((1024, 700), 256), scales((300, 200), 256), scales((1000, 20), 256)
    (2, 3, 2, 1)
    """
    return 1 + min(max(1, round(log2(max(size) / coarsest))), int(log2(max(1, min(size) / 32))))


def stylize(
    stylizer: Stylizer, photo: torch.Tensor, paintings: list[torch.Tensor], shares: list[float], *, tile: bool = False
) -> torch.Tensor:
    """The picture (1, 3, H, W) for a photo and paintings of any sizes, which are gone on with beyond their edges."""
    with torch.inference_mode():
        beside = [_framed(painting, stylizer.step)[0] for painting in paintings]

        def paint(around: torch.Tensor) -> torch.Tensor:
            picture: torch.Tensor = stylizer(around, beside, shares)
            return picture

        if tile:
            return painted_tile(paint, photo, stylizer.step)
        height, width = photo.shape[-2:]
        around, (top, left) = _framed(photo, stylizer.step)
        return paint(around)[..., top : top + height, left : left + width]


def _framed(picture: torch.Tensor, step: int) -> tuple[torch.Tensor, tuple[int, int]]:
    """The picture gone on with in its mirror image, to sides of multiples of `step`; and how far above and left.

    They are at least two of it, since nothing that has one row can be mirrored.
    """
    (top, bottom), (left, right) = (_halves(max(-side % step, 2 * step - side)) for side in picture.shape[-2:])
    return pad(picture, (top, bottom), (left, right), "reflect"), (top, left)


def _halves(amount: int) -> tuple[int, int]:
    return amount // 2, amount - amount // 2


def load_stylizer(amounts: Amounts, scales: int) -> Stylizer:
    """The networks, with the decoders that come with Impasto."""
    from impasto.styles.decoding.stylizer import Stylizer

    return Stylizer(load_network(NETWORK), load_decoders(), amounts, scales)


def load_decoders(path: Path = DECODERS) -> Decoders:
    """The decoders of a file that `tools/train_decoders.py` wrote."""
    from impasto.networks.decoders import Decoders

    decoders = Decoders()
    decoders.load_state_dict(read_weights(path, "decoders")[0])
    return decoders


def amounts(config: FastStyleConfig) -> Amounts:
    """A config's amounts, as the networks take them."""
    from impasto.styles.decoding.stylizer import Amounts

    names = ("detail", "layout", "patches", "carry", "alpha")
    # The photo comes back at each of four bottlenecks: half of it at each is far more than half in the end.
    strength = 1 - (1 - config.strength) ** 2
    return Amounts(strength=strength, **{name: getattr(config, name) for name in names})
