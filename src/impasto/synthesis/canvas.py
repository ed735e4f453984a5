"""What the optimiser changes: pixels, the bands of a Laplacian pyramid, or decorrelated Fourier coefficients.

All three show the same picture; they differ in how a step of the optimiser spreads over frequencies.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal

import torch

from impasto.images.periodic import periodic_bilinear

CanvasKind = Literal["laplacian", "pixels", "fourier"]

BANDS = 5
SMALLEST_BAND = 8  # pixels a side
GREY = 0.5  # what a spectrum of zeros shows


class Canvas(ABC):
    """A picture (1, C, H, W) given by `parameters`, tensors that an optimiser may change."""

    parameters: list[torch.Tensor]

    @abstractmethod
    def image(self) -> torch.Tensor:
        """The picture, (1, C, H, W), differentiable in the parameters."""


class PixelCanvas(Canvas):
    """The pixels themselves."""

    def __init__(self, image: torch.Tensor) -> None:
        self.parameters = [image.detach().clone().contiguous().requires_grad_()]

    def image(self) -> torch.Tensor:
        """The pixels, (1, C, H, W)."""
        return self.parameters[0]


class LaplacianCanvas(Canvas):
    """The bands of a Laplacian pyramid (Burt & Adelson 1983), finest first; the picture is their sum.

    A step changes coarse and fine structure alike, where a step in pixels changes mostly the finest.
    With `wrap` the coarse bands go on over the edges of a tile; else they would leave a seam.
    """

    def __init__(self, image: torch.Tensor, *, wrap: bool = False) -> None:
        self._wrap = wrap
        bands = []
        rest = image.detach()
        for _ in range(BANDS - 1):
            height, width = rest.shape[-2:]
            if min(height, width) < 2 * SMALLEST_BAND:
                break
            coarser = _scaled(rest, ((height + 1) // 2, (width + 1) // 2), antialias=True)
            bands.append(rest - self._larger(coarser, (height, width)))
            rest = coarser
        self.parameters = [band.clone().contiguous().requires_grad_() for band in [*bands, rest]]

    def image(self) -> torch.Tensor:
        """The sum of the bands, (1, C, H, W)."""
        image = self.parameters[-1]
        for band in reversed(self.parameters[:-1]):
            image = band + self._larger(image, (band.shape[-2], band.shape[-1]))
        return image

    def _larger(self, image: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
        return periodic_bilinear(image, size) if self._wrap else _scaled(image, size)


class FourierCanvas(Canvas):
    """Fourier coefficients, each scaled by 1 / frequency, of decorrelated colours (Olah et al. 2017)."""

    # The square root of the colours' covariance over natural photographs, as in Olah et al.
    COLORS = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))

    def __init__(self, image: torch.Tensor) -> None:
        height, width = self._size = (image.shape[-2], image.shape[-1])
        colors = torch.tensor(self.COLORS, dtype=image.dtype, device=image.device)
        if image.shape[1] != 3:
            colors = torch.full((1, 1), 0.27, dtype=image.dtype, device=image.device)
        rows = torch.fft.fftfreq(height, device=image.device)[:, None]
        columns = torch.fft.rfftfreq(width, device=image.device)[None]
        self._scale = (height * width) ** 0.5 / torch.sqrt(rows**2 + columns**2).clamp_min(1 / max(height, width))
        self._scale = self._scale / max(height, width)
        self._colors = colors
        whitened = torch.einsum("dc,ncyx->ndyx", torch.linalg.inv(colors), image.detach() - GREY)
        spectrum = torch.fft.rfft2(whitened, norm="ortho") / self._scale
        self.parameters = [torch.view_as_real(spectrum).contiguous().clone().requires_grad_()]

    def image(self) -> torch.Tensor:
        """The sum of the Fourier series, (1, C, H, W)."""
        spectrum = torch.view_as_complex(self.parameters[0]) * self._scale
        whitened = torch.fft.irfft2(spectrum, s=self._size, norm="ortho")
        return torch.einsum("cd,ndyx->ncyx", self._colors, whitened) + GREY


def make_canvas(kind: CanvasKind, image: torch.Tensor, *, wrap: bool = False) -> Canvas:
    """A canvas of that kind that shows `image` (1, C, H, W), which is a tile with `wrap`."""
    if kind == "pixels":
        return PixelCanvas(image)
    return LaplacianCanvas(image, wrap=wrap) if kind == "laplacian" else FourierCanvas(image)


def _scaled(image: torch.Tensor, size: tuple[int, ...], antialias: bool = False) -> torch.Tensor:
    return torch.nn.functional.interpolate(image, size=size, mode="bilinear", align_corners=False, antialias=antialias)
