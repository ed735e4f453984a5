"""The project's own drawings, made by code: free to use, the same bytes for the same size and seed.

Four are styles with a strong hand (`swirls`, `woodblock`, `stained_glass`, `pointillist`), four are textures
(`pebbles`, `mosaic`, `weave`, `leaves`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from impasto.errors import InputError, meant
from impasto.samples.drawings.leaves import leaves
from impasto.samples.drawings.mosaic import mosaic
from impasto.samples.drawings.pebbles import pebbles
from impasto.samples.drawings.pointillist import pointillist
from impasto.samples.drawings.stained_glass import stained_glass
from impasto.samples.drawings.swirls import swirls
from impasto.samples.drawings.weave import weave
from impasto.samples.drawings.woodblock import woodblock

if TYPE_CHECKING:
    import torch

__all__ = ["DRAWINGS", "STYLES", "TEXTURES", "drawing"]

STYLES: dict[str, Callable[..., torch.Tensor]] = {
    "swirls": swirls,
    "woodblock": woodblock,
    "stained_glass": stained_glass,
    "pointillist": pointillist,
}
TEXTURES: dict[str, Callable[..., torch.Tensor]] = {
    "pebbles": pebbles,
    "mosaic": mosaic,
    "weave": weave,
    "leaves": leaves,
}
DRAWINGS: dict[str, Callable[..., torch.Tensor]] = {**STYLES, **TEXTURES}
"""Each is called as `(size=..., seed=0)` and returns a float32 tensor (3, size, size) in [0, 1]."""


def drawing(name: str, size: int = 512, seed: int = 0) -> torch.Tensor:
    """Draw the picture called `name`, (3, size, size) in [0, 1], with `size` in pixels.

    Raises InputError for an unknown name (with the nearest right one) and for a size outside 32 to 4096.

    >>> drawing("weave", 64).shape
    torch.Size([3, 64, 64])
    """
    if name not in DRAWINGS:
        raise InputError(f"no drawing is called {name!r}; {meant(name, DRAWINGS)}")
    if not 32 <= size <= 4096:
        raise InputError(f"size of a drawing must be between 32 and 4096 pixels, got {size}")
    return DRAWINGS[name](size=size, seed=seed)
