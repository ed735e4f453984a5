"""The parameters of `train texture-network`."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator

from impasto.features import NetworkName, WeightsName
from impasto.methods import MethodConfig
from impasto.networks.bounds import TEXTURE_LEVELS, TEXTURE_WIDEST


class TextureNetworkConfig(MethodConfig):
    """Parameters of the training; the defaults are preset `best`."""

    steps: int = Field(2000, ge=1, le=1_000_000, description="steps of the training")
    side: int = Field(
        256, ge=64, le=2048, multiple_of=32, description="side in pixels of the pictures it is trained on"
    )
    exemplar_size: int = Field(256, ge=32, le=8192, description="long side that larger exemplars are reduced to")
    batch: int = Field(1, ge=1, le=64, description="pictures a step, one after the other")
    learning_rate: float = Field(0.01, gt=0, le=1, description="step size of Adam; it falls along a cosine")
    widths: tuple[int, ...] = Field(
        (16, 24, 32, 48, 64, 64),
        min_length=1,
        max_length=TEXTURE_LEVELS,
        description="channels of the texture network, from the full size to the coarsest, each half of the one before",
    )
    network: NetworkName = Field("efficientnet-lite0", description="perceptual network that judges")
    network_weights: WeightsName = Field("auto", description="auto, random, or the path of a weights file")
    layers: tuple[str, ...] = Field((), description="layers that are compared (default: the network's own choice)")
    statistics: Literal["moments", "gram"] = Field(
        "moments", description="match Gram matrices, or means and covariances"
    )
    normalize: bool = Field(True, description="let every layer pull equally hard, however large its loss is")
    enlarge: float = Field(1.0, ge=1, le=4, description="enlargement of the picture before the perceptual network")
    patch_weight: float = Field(1.0, ge=0, le=1e6, description="how hard small patches pull, where a layer pulls 1")
    gamut_weight: float = Field(10.0, ge=0, le=1e6, description="weight of keeping to the exemplar's own colours")

    main = "steps side exemplar_size learning_rate seed device"

    presets: ClassVar[dict[str, dict[str, Any]]] = {
        "best": {},
        # Ulyanov et al. 2016, and the first document's exercise 3: VGG, Gram matrices, nothing else.
        "paper": {
            "network": "vgg16",
            "layers": ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"),
            "statistics": "gram",
            "normalize": True,
            "widths": (48, 40, 32, 24, 16, 8),
            "patch_weight": 0.0,
            "gamut_weight": 0.0,
        },
    }

    @field_validator("widths")
    @classmethod
    def _check_widths(cls, widths: tuple[int, ...]) -> tuple[int, ...]:
        if min(widths) < 1 or max(widths) > TEXTURE_WIDEST:
            raise ValueError(
                f"widths must be between 1 and {TEXTURE_WIDEST} channels, got {', '.join(map(str, widths))}"
            )
        return widths
