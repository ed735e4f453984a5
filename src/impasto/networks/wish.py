"""What is wanted of a sampler."""

from __future__ import annotations

from dataclasses import dataclass

from impasto.errors import InputError


@dataclass(frozen=True)
class Wish:
    """One picture.

    size: (width, height).
    tile: without a seam where it is laid beside itself.
    label: the name or the number of its class; "" for any.
    truncation: how far from 0 its latent numbers may be; 0 for any.
    start: the scale of a pyramid from which on it is new, 0 being the coarsest.
    """

    size: tuple[int, int]
    tile: bool = False
    label: str = ""
    truncation: float = 0.0
    start: int = 0

    def only_size_and_start(self, scales: int) -> None:
        """Raise InputError for what a model of a single picture with so many scales cannot do."""
        if self.label or self.truncation or self.tile:
            what = f"--class {self.label}" if self.label else "--tile" if self.tile else "--truncation"
            raise InputError(f"{what}: a model of a single picture knows nothing of that: leave it out")
        if self.start >= scales:
            last = scales - 1
            raise InputError(f"--start-scale {self.start}: this model has scales 0 to {last}, the coarsest first")
