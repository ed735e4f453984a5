"""The parameters of an optimisation whose goal is put together from feature vectors of exemplars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from impasto.synthesis.settings import SynthesisConfig

if TYPE_CHECKING:
    from impasto.features.network import FeatureNetwork
    from impasto.synthesis.statistics import StyleTerm


class NeighbourConfig(SynthesisConfig):
    """Parameters of neural neighbours (Kolkin et al. 2022)."""

    freedom: float = Field(
        0.4, ge=0, le=1, description="share of the picture so far, beside the photo, in what seeks its neighbours"
    )
    spacing: int = Field(4, ge=1, le=32, description="pixels between the places whose features are replaced")
    keys: int = Field(8192, ge=16, le=2**18, description="feature vectors of the styles to choose from, at most")
    rotations: bool = Field(False, description="take the feature vectors of the styles turned by 90, 180, 270 as well")
    polish: float = Field(
        0.5, ge=0, le=1, description="share of the finest scale's steps in which each layer seeks neighbours of its own"
    )
    positions: int = Field(4096, ge=256, le=2**24, description="places of a layer that seek neighbours of their own")

    hidden = frozenset({"statistics", "gram_form"})

    def style_terms(self, network: FeatureNetwork) -> list[StyleTerm]:  # noqa: ARG002 - of the base class
        """No statistics are compared."""
        return []
