"""What it takes to draw a picture from a model, as far as it can be told before."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DrawingCost:
    """Of one picture; measured on one thread of a Xeon with AVX-512.

    seconds: for each of its pixels; `finest` are those of the finest scale alone.
    scales, factor: how many there are, and how much smaller each is than the next.
    per_pixel: bytes for each of its pixels, and `strip` bytes more for each that is drawn at a time.
    """

    seconds: float
    finest: float
    scales: int = 1
    factor: float = 1.0
    per_pixel: int = 400
    strip: int = 0

    def memory(self, size: tuple[int, int]) -> int:
        """Bytes that a picture of that (width, height) takes."""
        width, height = size
        rows = min(height, max(1, STRIP // width) + AROUND)
        return (self.per_pixel * height + self.strip * rows) * width


STRIP = 1 << 16  # pixels that a generator draws at a time where it is fully convolutional
AROUND = 10  # rows more that it sees
USUAL = DrawingCost(4e-7, 4e-7)
