"""What is wanted of a sampler."""

from __future__ import annotations

from dataclasses import dataclass


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
