"""The parameters of methods whose style is a distribution of features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from impasto.synthesis.distributions import HistogramStatistics, SlicedStatistics
from impasto.synthesis.settings import PLAIN, SynthesisConfig, style_layers
from impasto.synthesis.statistics import StyleTerm

if TYPE_CHECKING:
    from impasto.features.network import FeatureNetwork


LEVEL = 5.0  # of the sliced distance: so content and patches weigh about what they do beside means and covariances

PAPER: dict[str, Any] = PLAIN | {"network": "vgg16", "optimizer": "lbfgs", "learning_rate": 1.0}
"""What both papers do: L-BFGS on the pixels of a picture that VGG sees at its own size."""


class HistogramConfig(SynthesisConfig):
    """Parameters of a style of means and covariances (or Gram matrices), and of histograms at some layers."""

    histogram_weight: float = Field(1.0, ge=0, le=1e12, description="weight of the histograms of the features")
    histogram_layers: tuple[str, ...] = Field(
        (), description="layers whose histograms are matched (default: the network's own choice)"
    )
    bins: int = Field(256, ge=0, le=65536, description="bins of a histogram; 0 sorts the values")

    presets: ClassVar[dict[str, dict[str, Any]]] = {
        "best": {},
        # Three sizes, about 700 steps in all, relu1_1 and relu4_1 (document 4, section 4).
        "paper": PAPER | {"statistics": "gram", "scales": 3, "iterations": (233, 233, 234), "bins": 256},
    }

    def style_terms(self, network: FeatureNetwork) -> list[StyleTerm]:
        """The statistics, and the histograms."""
        terms = super().style_terms(network)
        if self.histogram_weight:
            layers = self.histogram_layers or network.default_histogram_layers
            network.check(layers)
            histograms = HistogramStatistics(self.sampling(), self.bins)
            terms.append(StyleTerm("histogram", histograms, dict.fromkeys(layers, self.histogram_weight)))
        return terms


class SlicedConfig(SynthesisConfig):
    """Parameters of a style that is how features are distributed along random directions."""

    directions: int = Field(
        64, ge=0, le=4096, description="random directions in the space of each layer's features; 0: as many as channels"
    )
    direction_sets: int = Field(4, ge=1, le=256, description="sets of such directions, used in turn")

    hidden = frozenset({"statistics"})
    presets: ClassVar[dict[str, dict[str, Any]]] = {
        "best": {},
        # The first layers of VGG, as many directions as channels; drawn once, since L-BFGS needs the same loss.
        "paper": PAPER
        | {
            "layers": tuple(
                f"relu{block}_{i}" for block, depth in ((1, 2), (2, 2), (3, 3), (4, 3)) for i in range(1, depth + 1)
            ),
            "directions": 0,
            "scales": 3,
            "iterations": (100, 100, 100),
        },
    }

    def style_terms(self, network: FeatureNetwork) -> list[StyleTerm]:
        """The sliced distance in place of the statistics."""
        statistics = SlicedStatistics(
            self.sampling(), directions=self.directions, sets=self.direction_sets, seed=self.seed
        )
        layers = style_layers(network, self)
        return [StyleTerm("style", statistics, {layer: LEVEL * weight for layer, weight in layers.items()})]
