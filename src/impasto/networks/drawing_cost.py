"""What it takes to draw a picture from a model, as far as it can be told before."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DrawingCost:
    """Of one picture; measured on one thread of a Xeon with AVX-512.

    seconds: for each of its pixels; `finest` are those of the finest scale alone.
    scales: how many there are.
    per_pixel: bytes for each of its pixels, and `strip` bytes more for each of the first `STRIP` of them.
    """

    seconds: float
    finest: float
    scales: int = 1
    per_pixel: int = 400
    strip: int = 0

    def memory(self, pixels: int) -> int:
        """Bytes that a picture of so many pixels takes."""
        return self.per_pixel * pixels + self.strip * min(pixels, STRIP)


STRIP = 1 << 16  # pixels that a generator draws at a time where it is fully convolutional
USUAL = DrawingCost(4e-7, 4e-7)
