"""The parameters of `train singan`."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from impasto.gan.on_picture_settings import OnPictureConfig
from impasto.networks.pyramid_sizes import SCALES, WIDEST, BordersName, Size, factor_and_count, sizes_of

DOUBLED = 4  # scales after which the networks are twice as wide


class SinGANConfig(OnPictureConfig):
    """Parameters of the training; the defaults are preset `fast`."""

    scale_factor: float = Field(
        0.7, ge=0.3, le=0.95, description="size of a scale for that of the next one, at least; adjusted upwards to fit"
    )
    width: int = Field(64, ge=2, le=256, description="channels of both networks at the coarsest scale")
    widest: int = Field(64, ge=2, le=WIDEST, description="most channels; they double after every four scales up to it")
    borders: BordersName = Field(
        "zero", description="what is beyond the noise: zero, or more noise, so that borders vary as well"
    )
    residual: bool = Field(True, description="whether a scale adds to the picture of the scale below, or makes its own")
    pool: int = Field(
        16, ge=0, le=1024, description="pictures of the scales below that are drawn ahead (0: a new one each time)"
    )

    sketch_scales: int = Field(
        3, ge=1, le=SCALES, description="coarsest scales that learn the sketch in place of the picture, if one is given"
    )
    texture: float = Field(
        0.0, ge=0, le=1e6, description="weight of a texture loss; 1: at first that of giving back the picture (0: none)"
    )
    texture_network: Literal["efficientnet-lite0", "vgg16"] = Field(
        "efficientnet-lite0", description="network whose Gram matrices are compared by the texture loss"
    )

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
            "more_steps": 0,
        },
        # Shaham, Dekel & Michaeli 2019, and their code.
        "paper": {
            "scale_factor": 0.75,
            "steps": 2000,
            "more_steps": 0,
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
        finest = self.finest(size)
        factor, count = factor_and_count(finest, self.scale_factor, self.coarsest)
        return sizes_of(finest, factor, count), factor

    def learned(self, size: Size) -> list[Size]:
        """All (width, height) at which a picture of that size is learned, from the coarsest."""
        return self.sizes(size)[0]

    def widths(self, scales: int) -> list[int]:
        """The channels of the networks of so many scales."""
        return [min(self.width << min(scale // DOUBLED, 10), max(self.width, self.widest)) for scale in range(scales)]
