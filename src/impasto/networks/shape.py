"""What a generator and its critic are built from: plain values, that a training chooses and a model's file repeats."""

from __future__ import annotations

import math
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Architecture = Literal["dcgan", "report", "perceptron", "two-streams"]
BatchNormName = Literal["guidelines", "all", "no-affine", "none"]
LatentName = Literal["normal", "uniform"]
HeadName = Literal["flatten", "average"]
LabelsName = Literal["every-layer", "first-layer", "off"]
InitialName = Literal["normal", "glorot", "he"]
OutputName = Literal["tanh", "sigmoid"]

SIDES = (28, 32, 64, 128)
WIDEST, MOST_CLASSES, LONGEST = 2048, 10_000, 4096
HIDDEN = 1200  # units of the perceptron's hidden layers, as of Goodfellow et al. 2014


class Shape(BaseModel):
    """The shape of both networks. Raises pydantic's ValidationError, a ValueError, for what cannot be.

    widths, strides: of the critic's convolutions, from the picture inwards; the generator mirrors them. Empty widths
        are `width`, doubled at each halving; empty strides are all 2.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    architecture: Architecture = "dcgan"
    side: Literal[28, 32, 64, 128] = 64
    channels: Literal[1, 3] = 3
    classes: int = Field(0, ge=0, le=MOST_CLASSES)
    labels: LabelsName = "every-layer"
    latent: int = Field(100, ge=1, le=LONGEST)
    distribution: LatentName = "normal"
    width: int = Field(64, ge=1, le=WIDEST)
    widths: tuple[int, ...] = Field((), max_length=12)
    strides: tuple[int, ...] = Field((), max_length=12)
    kernel: Literal[3, 4, 5] = 4
    dense: int = Field(0, ge=0, le=LONGEST)
    batch_norm: BatchNormName = "guidelines"
    pooling: bool = False
    head: HeadName = "flatten"
    output: OutputName = "tanh"
    dropout: float = Field(0.0, ge=0, lt=1)
    spectral_norm: bool = False

    @classmethod
    def read(cls, config: dict[str, Any]) -> Shape:
        """That of a model's config, whose lists are tuples here."""
        values = {name: tuple(value) if isinstance(value, list) else value for name, value in config.items()}
        return cls.model_validate(values)

    @model_validator(mode="after")
    def _check(self) -> Shape:
        widths, strides = self.all_widths, self.all_strides
        if len(widths) != len(strides):
            raise ValueError(f"widths and strides must be as many, got {len(widths)} and {len(strides)}")
        if min(widths) < 1 or max(widths) > WIDEST:
            raise ValueError(f"widths must be between 1 and {WIDEST}, got {', '.join(map(str, widths))}")
        if set(strides) - {1, 2}:
            raise ValueError(f"strides must be 1 or 2, got {', '.join(map(str, strides))}")
        if self.side % math.prod(strides):
            raise ValueError(f"strides halve {self.side} pixels {strides.count(2)} times, which leaves no whole number")
        return self

    @property
    def all_strides(self) -> tuple[int, ...]:
        """As many halvings as leave 7 or 4 pixels, if nothing else is said."""
        if self.strides:
            return self.strides
        return (2,) * (len(self.widths) or (2 if self.side == 28 else self.side.bit_length() - 3))

    @property
    def all_widths(self) -> tuple[int, ...]:
        """Channels of the critic's convolutions, from the picture inwards."""
        return self.widths or tuple(min(WIDEST, self.width << number) for number in range(len(self.all_strides)))

    @property
    def joined(self) -> int:
        """Channels that say the class where it is joined to features; 0 if no class is known."""
        return 0 if self.labels == "off" else self.classes

    @property
    def coarsest(self) -> int:
        """The side of the innermost features in pixels."""
        return self.side // math.prod(self.all_strides)
