"""`style fast` as a network of two pictures, to be exported."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from impasto.export import Exportable
from impasto.images import resize
from impasto.randomness import generator
from impasto.styles.decoding.stylizer import Stylizer
from impasto.styles.fast import FastStyleConfig, amounts, load_stylizer, scales

INPUTS = ("photo", "painting")


class _OnePainting(nn.Module):
    def __init__(self, stylizer: Stylizer) -> None:
        super().__init__()
        self.stylizer = stylizer

    def forward(self, photo: Tensor, painting: Tensor) -> Tensor:
        picture: Tensor = self.stylizer(photo, [painting])
        return picture


def exportable(size: tuple[int, int], *, any_size: bool = False) -> Exportable:
    """Photo and painting, both (1, 3, height, width), sRGB in [0, 1], give a picture like the photo.

    The sides of `size` are rounded to multiples of 16 times 2 to the number of sizes it is painted at, less one; to two
    of them at least, as one cannot be mirrored. With `any_size` both may have any such sides, each its own; it is
    painted at as many sizes as `size` would be.
    """
    from impasto.styles.decoding import exported_roots  # noqa: F401 - makes the operator known
    from impasto.styles.decoding.onnx_roots import onnx_roots

    config = FastStyleConfig()
    # What tells alike places apart would decide between places that are equally good, as rounding then does as well.
    stylizer = load_stylizer(replace(amounts(config), stir=0.0), scales(size, config.coarsest))
    step, random = stylizer.step, generator(0)
    width, height = (max(2, round(side / step)) * step for side in size)
    sizes = dict.fromkeys(INPUTS, (width, height))
    if any_size:
        sizes = {"photo": (4 * step, 3 * step), "painting": (2 * step, 4 * step)}
    return Exportable(
        _OnePainting(stylizer),
        {name: resize(torch.rand(1, 3, 12, 16, generator=random), each) for name, each in sizes.items()},
        "picture",
        steps={name: {2: step, 3: step} for name in INPUTS} if any_size else {},
        translations={torch.ops.impasto.matrix_square_roots.default: onnx_roots},
    )
