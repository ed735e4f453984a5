"""A denoising autoencoder whose code tells small pictures apart (Vincent et al. 2010; Radford et al. 2016)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SIDE = 32  # of the pictures
VALUES = 3 * SIDE * SIDE
CONTRAST = 0.05  # below which a picture has no contrast to speak of, which is then not enlarged


class CodeAutoencoder(nn.Module):
    """3072 values, a code of 128 ReLUs, 3072 values: what a picture is, from what noise and dropout leave of it."""

    def __init__(self, width: int, random: torch.Generator) -> None:
        super().__init__()
        self.encoder, self.decoder = nn.Linear(VALUES, width), nn.Linear(width, VALUES)
        with torch.no_grad():
            for layer, deviation in ((self.encoder, (2 / VALUES) ** 0.5), (self.decoder, 0.3 * (2 / width) ** 0.5)):
                layer.weight.copy_(torch.randn(layer.weight.shape, generator=random) * deviation)
                layer.bias.zero_()

    def loss(self, pictures: Tensor, random: torch.Generator, *, noise: float, dropout: float) -> Tensor:
        """The mean squared error of normalised pictures (N, 3, 32, 32) from what the code of noisy ones says."""
        clean = normalised(pictures)
        code = self.encoder(clean + noise * torch.randn(clean.shape, generator=random)).relu()
        kept = torch.rand(code.shape, generator=random) >= dropout
        return F.mse_loss(self.decoder(code * kept / (1 - dropout)), clean)

    def bits(self, pictures: Tensor) -> Tensor:
        """Which ReLUs of the code are above 0, bool (N, width), for pictures (N, 3, 32, 32) in bytes."""
        with torch.inference_mode():
            found: Tensor = self.encoder(normalised(pictures)) > 0
        return found


def normalised(pictures: Tensor) -> Tensor:
    """Pictures (N, 3, 32, 32) in bytes as rows (N, 3072) without their brightness and contrast."""
    values = pictures.float().flatten(1) / 255
    values = values - values.mean(1, keepdim=True)
    return values / (values.std(1, keepdim=True) + CONTRAST)
