"""The parameters of `train singan`."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from impasto.images.sizes import reduced_to
from impasto.methods import MethodConfig
from impasto.networks.pyramid_sizes import WIDEST, BordersName, Size, factor_and_count, sizes_of
from impasto.training.precision import PrecisionName

DOUBLED = 4  # scales after which the networks are twice as wide


class SinGANConfig(MethodConfig):
    """Parameters of the training; the defaults are preset `fast`."""

    max_size: int = Field(250, ge=16, le=4096, description="long side that larger pictures are reduced to")
    coarsest: int = Field(25, ge=12, le=256, description="short side in pixels of the coarsest scale")
    scale_factor: float = Field(
        0.7, ge=0.3, le=0.95, description="size of a scale for that of the next one, at least; adjusted upwards to fit"
    )
    steps: int = Field(500, ge=1, le=100_000, description="steps of each scale")
    width: int = Field(48, ge=2, le=256, description="channels of both networks at the coarsest scale")
    widest: int = Field(48, ge=2, le=WIDEST, description="most channels; they double after every four scales up to it")
    critic_steps: int = Field(1, ge=1, le=20, description="updates of the critic in a step")
    generator_steps: int = Field(1, ge=1, le=20, description="updates of the generator in a step")
    learning_rate: float = Field(5e-4, gt=0, le=1, description="step size of Adam; a tenth in the last fifth")
    penalty_weight: float = Field(0.1, ge=0, le=1e6, description="weight of the critic's gradient penalty")
    penalty_every: int = Field(1, ge=1, le=1000, description="steps between penalties, which then count as often more")
    reconstruction: float = Field(10.0, ge=0, le=1e6, description="weight of giving back the picture itself")
    variety: float = Field(
        0.1, ge=0, le=10, description="noise of the scales above the coarsest, for each unit that they have to add"
    )
    borders: BordersName = Field(
        "zero", description="what is beyond the noise: zero, or more noise, so that borders vary as well"
    )
    residual: bool = Field(True, description="whether a scale adds to the picture of the scale below, or makes its own")
    pool: int = Field(
        16, ge=0, le=1024, description="pictures of the scales below that are drawn ahead (0: a new one each time)"
    )
    precision: PrecisionName = Field(
        "auto", description="fp32, or bf16 for convolutions where the processor is quick in it, which auto finds out"
    )
    samples: int = Field(4, ge=1, le=64, description="samples on a preview, beside the picture and its reconstruction")

    main = "max_size steps width widest variety borders reconstruction seed device"

    presets: ClassVar[dict[str, dict[str, Any]]] = {
        "fast": {},
        # For `upscale`: six steps are four times the size, and what is given back is nearer to the picture.
        "upscale": {
            "scale_factor": 0.79,
            "coarsest": 18,
            "reconstruction": 100,
            "width": 32,
            "widest": 32,
            "penalty_every": 4,
        },
        # Shaham, Dekel & Michaeli 2019, and their code.
        "paper": {
            "scale_factor": 0.75,
            "steps": 2000,
            "width": 32,
            "widest": 128,
            "critic_steps": 3,
            "generator_steps": 3,
            "pool": 0,
            "precision": "fp32",
        },
    }

    def sizes(self, size: Size) -> tuple[list[Size], float]:
        """The sizes of all scales of a picture of that size, from the coarsest, and the factor between them."""
        finest = reduced_to(size, self.max_size)
        factor, count = factor_and_count(finest, self.scale_factor, self.coarsest)
        return sizes_of(finest, factor, count), factor

    def widths(self, scales: int) -> list[int]:
        """The channels of the networks of so many scales."""
        return [min(self.width << min(scale // DOUBLED, 10), max(self.width, self.widest)) for scale in range(scales)]

    def rate(self, step: int) -> float:
        """The step size at that step of a scale."""
        return self.learning_rate * (1.0 if step < 0.8 * self.steps else 0.1)
