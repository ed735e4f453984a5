"""What the runs of a sweep share, as fields of an experiment and as settings of a method."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from impasto.errors import InputError
from impasto.features import NetworkName, Pool
from impasto.losses import GramForm
from impasto.methods import MethodConfig
from impasto.synthesis.canvas import CanvasKind

STYLE_LAYERS = ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")  # the documents', of a VGG


class SweepConfig(MethodConfig):
    """What all variants of a sweep share."""

    pool: Pool = Field("average", description="pooling of VGG: max, or average for smoother gradients")
    size: int = Field(128, ge=32, le=2048, description="long side of the results in pixels")
    steps: int = Field(60, ge=1, le=100_000, description="optimisation steps of each run")
    canvas: CanvasKind = Field("laplacian", description="what is optimised")
    gram_form: GramForm = Field("relative", description="how two Gram matrices, and two contents, are compared")
    judge: NetworkName | Literal["auto"] = Field(
        "auto",
        description="network that measures all results alike; auto is one that no run optimised, if there is one",
    )

    def common(self) -> dict[str, Any]:
        """The method's settings that are the same for all variants."""
        pixels = self.canvas == "pixels"
        return {
            "seed": self.seed,
            "device": self.device,
            "pool": self.pool,
            "scales": 1,
            "iterations": (self.steps,),
            "canvas": self.canvas,
            "gram_form": self.gram_form,
            "decay": not pixels,
            "carry": False,
        }

    def of_style(self) -> dict[str, Any]:
        """Those that only matter where there is a style."""
        return {
            "statistics": "gram",
            "patch_weight": 0.0,
            "gamut_weight": 0.0 if self.canvas == "pixels" else 100.0,
        }


class OneNetworkConfig(SweepConfig):
    """The same, where the network is one of the things that all variants share."""

    network: NetworkName = Field("vgg16", description="perceptual network")
    network_weights: str = Field("auto", description="auto, random, or the path of a weights file")

    def common(self) -> dict[str, Any]:
        """The method's settings that are the same for all variants."""
        return super().common() | network_settings(self.network, self.network_weights)


class OneOptimizerConfig(SweepConfig):
    """The same, where the optimiser is one of them."""

    optimizer: str = Field("adam", description="optimiser, NAME or NAME:RATE: adam, sgd or lbfgs")

    def common(self) -> dict[str, Any]:
        """The method's settings that are the same for all variants."""
        return super().common() | optimizer_settings(self.optimizer)


def network_settings(name: str, weights: str = "auto") -> dict[str, Any]:
    """A network, and how large it is shown the pictures: EfficientNet halves them at once."""
    return {"network": name, "network_weights": weights, "enlarge": 1.0 if name.startswith("vgg") else 2.0}


def optimizer_settings(choice: str) -> dict[str, Any]:
    """An optimiser by its name, or by name and rate.

    >>> optimizer_settings("sgd:0.5")
    {'optimizer': 'sgd', 'learning_rate': 0.5}
    """
    name, _, rate = choice.partition(":")
    try:
        return {"optimizer": name, "learning_rate": float(rate or 0)}
    except ValueError:
        raise InputError(f"optimizer: the rate must be a number, got {rate!r}") from None


def documents_layers(network: str) -> tuple[str, ...]:
    """The documents' style layers; () are another network's own."""
    return STYLE_LAYERS if network.startswith("vgg") else ()
