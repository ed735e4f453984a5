"""Style transfer by nearest feature vectors (Kolkin et al. 2022, "Neural Neighbor Style Transfer"), coarse to fine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import Field

from impasto.methods import Forecast
from impasto.neighbours.cost import forecast_neighbours
from impasto.neighbours.objective import NeighbourObjective
from impasto.neighbours.settings import NeighbourConfig
from impasto.styles.optimised import Goal, OptimisedStyle, OptimisedStyleConfig, padding_of

if TYPE_CHECKING:
    from impasto.features.network import FeatureNetwork
    from impasto.synthesis.descent import Objective


class NeighbourStyleConfig(NeighbourConfig, OptimisedStyleConfig):
    """Parameters of `style neighbours`."""

    content_weight: float = Field(0.15, ge=0, le=1e12, description="weight of the content's own features")
    hold: float = Field(
        0.0, ge=0, le=4, description="weigh content at a scale of 1/n by n to this power more; keeps skies clear"
    )
    iterations: tuple[int, ...] = Field(
        (100, 80, 50),
        min_length=1,
        max_length=8,
        description="steps a scale, the last for the finest, the first for all coarser",
    )
    coarsest: int = Field(64, ge=16, le=1024, description="short side in pixels that the chosen scales start from")
    patch_weight: float = Field(10.0, ge=0, le=1e6, description="weight of the sliced patch distance on pixels")

    main = (
        "size seed freedom content_weight style_weight keep_color style_size rotations blend region style_map init "
        "tile iterations scales polish network layers weights"
    )


class NeighbourStyle(OptimisedStyle[NeighbourStyleConfig]):
    """Paint a photo with the features of one or more paintings, each place with the one most like its own."""

    name = "style neighbours"
    Config = NeighbourStyleConfig

    def _cost(self, size: tuple[int, int], paintings: Sequence[tuple[int, int]], regions: int) -> Forecast:
        config, (width, height) = self.config, size
        return forecast_neighbours(
            config,
            height,
            width,
            content_layers=config.content_layers,
            exemplars=paintings,
            exemplars_follow=config.sizes_follow,
            parts=1 + regions,
            padding=padding_of(config),
        )

    def _objective(self, network: FeatureNetwork, goal: Goal) -> tuple[Objective, Mapping[str, Any]]:
        config = self.config
        objective = NeighbourObjective(
            network,
            config,
            goal.exemplars,
            goal.scale,
            content=goal.content,
            content_layers=config.content_layers or network.default_content_layers,
            content_weight=config.content_weight_at(goal.scale),
            style_weight=config.style_weight,
            wrap=config.tile,
            exemplar_network=goal.exemplar_network,
            mask=goal.mask,
            regions=goal.regions,
        )
        return objective, objective.keep()
