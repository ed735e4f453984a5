"""A trained style network, to be exported."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from impasto.export import Exportable
from impasto.kinds import build
from impasto.model import Model

EXAMPLE = 70, 45  # height and width of the photo that it is traced and checked with: no multiples of 4


class _Clamped(nn.Module):
    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, photo: Tensor) -> Tensor:
        picture: Tensor = self.network(photo)
        return picture.clamp(0, 1)


def exportable(model: Model) -> Exportable:
    """A photo (1, 3, H, W), sRGB in [0, 1], of any size; the picture has the same."""
    random = torch.Generator().manual_seed(0)
    small = torch.rand(1, 3, 7, 5, generator=random)
    photo = nn.functional.interpolate(small, size=EXAMPLE, mode="bicubic").clamp(0, 1)
    return Exportable(_Clamped(build(model)), {"photo": photo}, "picture", steps={"photo": {2: 1, 3: 1}})
