"""The parameters that all trainings on a single picture have."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from impasto.images.sizes import reduced_to
from impasto.methods import MethodConfig
from impasto.networks.pyramid_sizes import Size
from impasto.training.precision import PrecisionName

UNPRICED = ("seed", "steps", "more_steps", "max_size", "samples")  # what a single step's cost does not depend on


class OnPictureConfig(MethodConfig):
    """Parameters of a training on a single picture, size after size."""

    max_size: int = Field(250, ge=16, le=4096, description="long side that larger pictures are reduced to")
    coarsest: int = Field(25, ge=12, le=256, description="short side in pixels of the coarsest scale")
    steps: int = Field(
        500, ge=1, le=100_000, description="steps of the finest scale, and of the others as many or more"
    )
    more_steps: float = Field(
        0.5, ge=0, le=2, description="how many more: this power of how many times fewer pixels they have (0: as many)"
    )
    critic_steps: int = Field(1, ge=1, le=20, description="updates of the critic in a step")
    generator_steps: int = Field(1, ge=1, le=20, description="updates of the generator in a step")
    learning_rate: float = Field(5e-4, gt=0, le=1, description="step size of Adam; a tenth in the last fifth")
    penalty_weight: float = Field(0.1, ge=0, le=1e6, description="weight of the critic's gradient penalty")
    penalty_every: int = Field(1, ge=1, le=1000, description="steps between penalties, which then count as often more")
    reconstruction: float = Field(10.0, ge=0, le=1e6, description="weight of giving back the picture itself")
    variety: float = Field(
        0.1, ge=0, le=10, description="noise of the scales above the coarsest, for each unit that they have to add"
    )
    precision: PrecisionName = Field(
        "auto", description="fp32, or bf16 for convolutions where the processor is quick in it, which auto finds out"
    )
    samples: int = Field(4, ge=1, le=64, description="samples on a preview, beside the picture and its reconstruction")

    def learned(self, size: Size) -> list[Size]:
        """All (width, height) at which a picture of that size is learned, from the coarsest."""
        return [self.finest(size)]

    def finest(self, size: Size) -> Size:
        """The largest of them."""
        return reduced_to(size, self.max_size)

    def counts(self, sizes: Sequence[Size]) -> list[int]:
        """The steps at each of some sizes, the last of which is the finest."""
        pixels = [width * height for width, height in sizes]
        return [round(self.steps * (pixels[-1] / each) ** self.more_steps) for each in pixels]

    def rate(self, step: int, count: int) -> float:
        """The step size at that step of so many of a scale."""
        return self.learning_rate * (1.0 if step < 0.8 * count else 0.1)
