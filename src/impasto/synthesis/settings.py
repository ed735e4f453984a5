"""The parameters that all methods which optimise a picture share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator

from impasto.errors import InputError
from impasto.features.names import NetworkName, Padding, Pool, WeightsName
from impasto.losses.gram import GramForm
from impasto.methods import MethodConfig
from impasto.synthesis.canvas import CanvasKind
from impasto.synthesis.statistics import GramStatistics, MomentStatistics, Sampling, Statistics, StyleTerm

if TYPE_CHECKING:
    from impasto.features.network import FeatureNetwork

StatisticsName = Literal["moments", "gram"]
OptimizerName = Literal["adam", "lbfgs", "sgd"]


MOST_STEPS = 1_000_000


def _check_weights(weights: tuple[float, ...]) -> tuple[float, ...]:
    if weights and (min(weights) < 0 or max(weights) == 0):
        raise ValueError(f"weights must be 0 or more, and not all 0, got {', '.join(map(str, weights))}")
    return weights


LayerWeights = Annotated[tuple[float, ...], AfterValidator(_check_weights)]

PLAIN: dict[str, Any] = {
    "decay": False,
    "canvas": "pixels",
    "enlarge": 1.0,
    "gamut_weight": 0.0,
    "carry": False,
    "patch_weight": 0.0,
}
"""For presets `paper`: the pixels of a picture that the network sees at its own size, with no loss of our own."""

OF_STYLE = frozenset(
    {"weights", "statistics", "positions", "patch_weight", "patch_size", "projections", "gamut_weight"}
)
"""The fields that only matter where there is a style."""


class SynthesisConfig(MethodConfig):
    """Parameters of an optimisation of a picture through a perceptual network."""

    network: NetworkName = Field("efficientnet-lite0", description="perceptual network")
    network_weights: WeightsName = Field("auto", description="auto, random, or the path of a weights file")
    pool: Pool = Field("max", description="pooling of VGG: max, or average for smoother gradients")
    padding: Padding = Field("zero", description="what the network sees beyond the edges (a tile sees itself)")
    layers: tuple[str, ...] = Field((), description="style layers (default: the network's own choice)")
    weights: LayerWeights = Field((), description="one weight for each style layer (default: all 1)")
    statistics: StatisticsName = Field("moments", description="match Gram matrices, or means and covariances")
    positions: int = Field(
        16384,
        ge=256,
        le=2**24,
        description="places of a layer that a step looks at, or a ninth of all if that is more; gram takes all",
    )
    gram_form: GramForm = Field("relative", description="how two Gram matrices, and two contents, are compared")
    scales: int = Field(0, ge=0, le=8, description="picture sizes, coarse to fine, each twice the last; 0 chooses")
    coarsest: int = Field(32, ge=16, le=1024, description="short side in pixels that the chosen scales start from")
    iterations: tuple[int, ...] = Field(
        (120, 80, 70),
        min_length=1,
        max_length=8,
        description="steps a scale, the last for the finest, the first for all coarser",
    )
    optimizer: OptimizerName = Field("adam", description="optimiser")
    learning_rate: float = Field(
        0.0, ge=0, le=10, description="step size; 0 chooses .02 for adam, .1 for sgd, 1 for lbfgs"
    )
    decay: bool = Field(True, description="let the step size fall to a tenth along a cosine at each scale")
    carry: bool = Field(True, description="carry Adam's state over from scale to scale")
    canvas: CanvasKind = Field("laplacian", description="what is optimised")
    enlarge: float = Field(2.0, ge=1, le=4, description="enlargement of the picture before the network")
    enlarge_to: int = Field(768, ge=0, le=8192, description="long side in pixels up to which pictures are enlarged")
    patch_weight: float = Field(1000.0, ge=0, le=1e6, description="weight of the sliced patch distance on pixels")
    patch_size: int = Field(5, ge=1, le=15, description="side of those patches in pixels")
    projections: int = Field(32, ge=1, le=1024, description="random projections of those patches")
    gamut_weight: float = Field(
        100.0, ge=0, le=1e6, description="weight of keeping to the exemplars' own colours; 0 allows every colour"
    )
    smoothness: float = Field(0.0, ge=0, le=1e6, description="weight of the total variation")
    average: float = Field(
        0.0, ge=0, lt=1, description="average the last half of the iterates with this memory; 0 is off"
    )
    precision: Literal["fp32", "bf16"] = Field("fp32", description="arithmetic of the network; losses are always fp32")

    @field_validator("iterations")
    @classmethod
    def _check_iterations(cls, iterations: tuple[int, ...]) -> tuple[int, ...]:
        if min(iterations) < 1 or max(iterations) > MOST_STEPS:
            raise ValueError(f"iterations must be between 1 and {MOST_STEPS} at each scale")
        return iterations

    def style_terms(self, network: FeatureNetwork) -> list[StyleTerm]:
        """The losses of style, for a subclass to change. Raises InputError for layers and weights that do not fit."""
        statistics: Statistics = MomentStatistics(self.sampling())
        if self.statistics == "gram":
            statistics = GramStatistics(self.gram_form)
        return [StyleTerm("style", statistics, style_layers(network, self))]

    def sampling(self) -> Sampling:
        """The places of a layer that a step looks at."""
        # The curvature pairs of L-BFGS need the same loss at every step.
        return Sampling(None if self.optimizer == "lbfgs" else self.positions)


def style_layers(network: FeatureNetwork, config: SynthesisConfig) -> dict[str, float]:
    """The style layers and their weights. Raises InputError for an unknown layer, or a wrong number of weights."""
    layers = config.layers or network.default_style_layers
    network.check(layers)
    weights = config.weights or (1.0,) * len(layers)
    if len(weights) != len(layers):
        raise InputError(
            f"weights must be one for each of the {len(layers)} layers ({', '.join(layers)}), got {len(weights)}"
        )
    return dict(zip(layers, weights, strict=True))
