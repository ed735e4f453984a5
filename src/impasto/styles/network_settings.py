"""The parameters of `train style-network`."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field, field_validator

from impasto.features import NetworkName, WeightsName
from impasto.methods import MethodConfig
from impasto.networks.bounds import STYLE_BLOCKS, STYLE_WIDEST
from impasto.synthesis import SynthesisConfig
from impasto.synthesis.settings import LayerWeights, StatisticsName


class StyleNetworkConfig(MethodConfig):
    """Parameters of the training; the defaults are preset `best`."""

    steps: int = Field(3000, ge=1, le=1_000_000, description="steps of the training")
    side: int = Field(192, ge=64, le=1024, multiple_of=4, description="side in pixels of the parts of photos it sees")
    style_size: int = Field(384, ge=32, le=4096, description="long side that larger paintings are reduced to")
    content_weight: float = Field(12.0, ge=0, le=1e6, description="weight of the photo's content; less is freer")
    batch: int = Field(1, ge=1, le=64, description="parts of photos a step, one after the other")
    learning_rate: float = Field(0.002, gt=0, le=1, description="step size of Adam; it falls along a cosine")
    widths: tuple[int, int, int] = Field(
        (8, 16, 48), description="channels of the style network at the full size, a half and a quarter of it"
    )
    blocks: int = Field(5, ge=0, le=STYLE_BLOCKS, description="residual blocks, at a quarter of the size")
    network: NetworkName = Field("efficientnet-lite0", description="perceptual network that judges")
    network_weights: WeightsName = Field("auto", description="auto, random, or the path of a weights file")
    layers: tuple[str, ...] = Field((), description="style layers (default: the network's own choice)")
    weights: LayerWeights = Field((), description="one weight for each style layer (default: all 1)")
    content_layers: tuple[str, ...] = Field((), description="content layers (default: the network's own choice)")
    statistics: StatisticsName = Field("moments", description="match Gram matrices, or means and covariances")
    enlarge: float = Field(1.5, ge=1, le=4, description="enlargement of the picture before the perceptual network")
    patch_weight: float = Field(300.0, ge=0, le=1e6, description="weight of the sliced patch distance on pixels")
    gamut_weight: float = Field(10.0, ge=0, le=1e6, description="weight of keeping to the painting's own colours")
    smoothness: float = Field(0.0, ge=0, le=1e6, description="weight of the total variation")

    main = "photos steps side style_size content_weight learning_rate seed device"

    presets: ClassVar[dict[str, dict[str, Any]]] = {
        "best": {},
        # Johnson, Alahi & Fei-Fei 2016: VGG-16, Gram matrices, a wider network, 40,000 steps of 4 photos.
        "paper": {
            "network": "vgg16",
            "layers": ("relu1_2", "relu2_2", "relu3_3", "relu4_3"),
            "content_layers": ("relu2_2",),
            "statistics": "gram",
            "widths": (32, 64, 128),
            "side": 256,
            "style_size": 256,
            "batch": 4,
            "steps": 40_000,
            "learning_rate": 0.001,
            "patch_weight": 0.0,
            "smoothness": 0.001,
        },
    }

    @field_validator("widths")
    @classmethod
    def _check_widths(cls, widths: tuple[int, int, int]) -> tuple[int, int, int]:
        if min(widths) < 1 or max(widths) > STYLE_WIDEST:
            raise ValueError(f"widths must be between 1 and {STYLE_WIDEST}, got {', '.join(map(str, widths))}")
        return widths

    def objective(self) -> SynthesisConfig:
        """What a picture is judged by."""
        return SynthesisConfig(**self.model_dump(include=set(SynthesisConfig.model_fields)))
