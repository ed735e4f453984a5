"""Where the tiles of a picture lie that is too large to be seen at once.

Each part is cut out with as much around it as its features depend on, at a place where the network's strides begin
anew, so that they are what they would be in the whole picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor

    from impasto.features.network import FeatureNetwork

LARGE = 6_000_000  # pixels of a picture from which on it is seen in tiles
SIDE = 1024  # pixels of a tile, about, without what is around it


def in_tiles(height: float, width: float, wrap: bool = False) -> bool:
    """Whether a picture of that size is seen in tiles."""
    return not wrap and height * width > LARGE


def pixels_in_tiles(network: FeatureNetwork, last: str, height: int, width: int) -> int:
    """The pixels of all tiles of a picture of that size together, for the layers up to `last`."""
    stride, radius = network.reach(last)
    rows, columns = (
        sum(part.end - part.begin for part in _parts(length, SIDE, stride, radius)) for length in (height, width)
    )
    return rows * columns


class Part(NamedTuple):
    """Where a part lies along one side, in pixels: what is its own, and what is cut out to compute that."""

    first: int
    last: int
    begin: int
    end: int


def tiles(network: FeatureNetwork, layers: list[str], image: Tensor, side: int) -> Iterator[tuple[Part, Part]]:
    """The rows and the columns of each tile of about `side` pixels, for those layers."""
    stride, radius = network.reach(layers[-1])
    height, width = image.shape[-2:]
    for rows in _parts(height, side, stride, radius):
        for columns in _parts(width, side, stride, radius):
            yield rows, columns


def _parts(length: int, side: int, stride: int, radius: int) -> list[Part]:
    """The parts of a side of `length` pixels, of about `side` each."""
    count = max(1, round(length / side))
    bounds = [round(number * length / count / stride) * stride for number in range(count)]
    margin = -(-radius // stride) * stride
    beyond = margin + length % stride  # sides of the same remainder are padded alike
    return [
        Part(first, last, max(0, first - margin), last + beyond if last + beyond < length else length)
        for first, last in pairwise([*bounds, length])
    ]


def places(network: FeatureNetwork, layer: str, parts: tuple[Part, Part], size: list[int]) -> tuple[Any, Any]:
    """Where a tile's own features are in the whole layer of that size (C, h, w), and where in the tile's."""
    stride, _ = network.reach(layer)
    there, here = [], []
    for part, count, is_last in zip(parts, size[1:], (part.end == part.last for part in parts), strict=True):
        first, last = part.first // stride, count if is_last else part.last // stride
        skipped = part.begin // stride
        there.append(slice(first, last))
        here.append(slice(first - skipped, last - skipped))
    return (..., *there), (..., *here)
