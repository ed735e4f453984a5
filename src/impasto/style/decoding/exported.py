"""`style fast` as a network of two pictures, to be exported."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from impasto.export import Exportable
from impasto.images import resize
from impasto.methods import generator
from impasto.style.decoding.stylizer import Stylizer
from impasto.style.fast import FastStyleConfig, amounts, load_stylizer, scales


class _OnePainting(nn.Module):
    def __init__(self, stylizer: Stylizer) -> None:
        super().__init__()
        self.stylizer = stylizer

    def forward(self, photo: Tensor, painting: Tensor) -> Tensor:
        picture: Tensor = self.stylizer(photo, [painting])
        return picture


def exportable(size: tuple[int, int]) -> Exportable:
    """Photo and painting, both (1, 3, height, width), sRGB in [0, 1], give a picture like the photo.

    The sides of `size` are rounded to multiples of 16 times 2 to the number of sizes it is painted at, less one.
    """
    from impasto.style.decoding import exported_roots  # noqa: F401 - makes the operator known
    from impasto.style.decoding.onnx_roots import onnx_roots

    config = FastStyleConfig()
    stylizer = load_stylizer(amounts(config), scales(size, config.coarsest))
    width, height = (max(1, round(side / stylizer.step)) * stylizer.step for side in size)
    random = generator(0)
    photo, painting = (resize(torch.rand(1, 3, 12, 16, generator=random), (width, height)) for _ in range(2))
    return Exportable(
        _OnePainting(stylizer),
        {"photo": photo, "painting": painting},
        "picture",
        translations={torch.ops.impasto.matrix_square_roots.default: onnx_roots},
    )
