"""Which ways are compared, and on what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field

from impasto.methods import MethodConfig

Way = Literal["paper", "fast", "consingan", "patches", "sliced-patches"]

TRAINED: Mapping[str, str] = {"paper": "train singan", "fast": "train singan", "consingan": "train consingan"}
"""The methods that train a network, of which all samples are then drawn; of the others each sample is a run."""


class SingleImageMethodsConfig(MethodConfig):
    """Parameters of `experiment single-image-methods`."""

    methods: tuple[Way, ...] = Field(
        ("fast", "consingan", "patches", "sliced-patches"), min_length=1, max_length=5, description="what is compared"
    )
    size: int = Field(100, ge=24, le=1024, description="long side of the pictures in pixels")
    samples: int = Field(16, ge=2, le=1000, description="samples that are measured, with seeds that follow one another")
    seeds: int = Field(1, ge=1, le=20, description="trainings of each method that trains, with seeds that follow")
    steps: int | None = Field(
        None, ge=1, le=100_000, description="steps at each size, of all methods but patches (default: the presets')"
    )
    width: int | None = Field(None, ge=2, le=256, description="channels of the networks (default: the presets')")
    full: bool = Field(False, description="the document's size, 250 pixels, and SinGAN as in its paper as well")

    main = "methods size samples seeds steps full seed device"

    @property
    def long(self) -> int:
        """The long side of the pictures."""
        return 250 if self.full else self.size

    @property
    def ways(self) -> Sequence[str]:
        """The methods, each once, the paper's first if all is wanted."""
        return list(dict.fromkeys([*(("paper",) if self.full else ()), *self.methods]))
