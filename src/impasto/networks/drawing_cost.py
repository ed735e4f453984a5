"""What it takes to draw a picture from a model, as far as it can be told before."""

from __future__ import annotations

from dataclasses import dataclass

STRIP = 1 << 16  # pixels that are drawn at a time


@dataclass(frozen=True)
class DrawingCost:
    """Of one picture; measured on one thread of a Xeon with AVX-512.

    seconds: for each of its pixels; `finest` are those of the finest scale alone.
    scales, factor: how many there are, and how much smaller each is than the next.
    per_pixel: bytes for each of its pixels, and `strip` bytes more for each that is drawn at a time.
    around: how many rows more those see that are drawn at a time.
    """

    seconds: float
    finest: float
    scales: int = 1
    factor: float = 1.0
    per_pixel: int = 400
    strip: int = 0
    around: int = 0

    def memory(self, size: tuple[int, int]) -> int:
        """Bytes that a picture of that (width, height) takes."""
        width, height = size
        rows = min(height, rows_at_a_time(width) + self.around)
        return (self.per_pixel * height + self.strip * rows) * width


USUAL = DrawingCost(4e-7, 4e-7)


def rows_at_a_time(width: int) -> int:
    """How many rows of a picture of that width are drawn at a time where a network can: a panorama takes no memory."""
    return max(1, STRIP // width)
