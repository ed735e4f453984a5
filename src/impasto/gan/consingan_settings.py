"""The parameters of `train consingan`."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from impasto.gan.on_picture_settings import OnPictureConfig
from impasto.networks.pyramid_sizes import SCALES, Size, sizes_by, stage_shares


class ConSinGANConfig(OnPictureConfig):
    """Parameters of the training; the defaults are preset `fast`."""

    stages: int = Field(6, ge=1, le=SCALES, description="how often the generator grows, the first time included")
    together: int = Field(3, ge=1, le=SCALES, description="newest stages that are trained at once")
    lower_rate: float = Field(0.1, ge=0, le=1, description="step size of a stage for that of the next one")
    width: int = Field(64, ge=2, le=256, description="channels of both networks")
    batch_norm: bool = Field(False, description="batch norm in the generator: for pictures that are textures")

    main = "max_size stages steps width batch_norm variety reconstruction seed device"

    presets: ClassVar[dict[str, dict[str, Any]]] = {
        "fast": {},
        # Hinz, Fisher, Wang & Wermter 2021, and their code.
        "paper": {"steps": 2000, "more_steps": 0, "critic_steps": 3, "generator_steps": 3, "precision": "fp32"},
    }

    def shares(self, size: Size) -> list[float]:
        """What the sizes of all stages are of the finest, of a picture of that size."""
        return stage_shares(min(self.finest(size)), self.coarsest, self.stages)

    def learned(self, size: Size) -> list[Size]:
        """All (width, height) at which a picture of that size is learned, from the coarsest."""
        return sizes_by(self.finest(size), self.shares(size))
