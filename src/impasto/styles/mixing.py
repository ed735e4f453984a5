"""Two styles at two scales: shapes and colours of one painting, strokes of another (Gatys et al. 2017, section 6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

from pydantic import Field, model_validator

from impasto.errors import InputError
from impasto.images.color_transfer import transfer_linear
from impasto.styles.optimised import Goal, OptimisedStyle, OptimisedStyleConfig
from impasto.synthesis import Scale
from impasto.synthesis.regions import PATCHES

if TYPE_CHECKING:
    from impasto.features.network import FeatureNetwork
    from impasto.synthesis.descent import Objective

SHAPES, STROKES = (1.0, 0.0), (0.0, 1.0)  # the shares of two paintings


class MixedStyleConfig(OptimisedStyleConfig):
    """Parameters of a style transfer that can mix two styles by scale."""

    mix: Literal["shares", "scales"] = Field(
        "shares",
        description="how styles are mixed: by shares, or shapes and colours of the first, strokes of the second",
    )
    strokes: float = Field(
        4.0, gt=0, le=1024, description="with --mix scales: what is finer than so many pixels is strokes"
    )

    main = f"{OptimisedStyleConfig.main} mix strokes"

    @model_validator(mode="after")
    def _check_mix(self) -> Self:
        if self.mix == "scales" and self.blend:
            raise ValueError("blend gives shares, which styles mixed by scales do not have")
        return self

    def shares(self, count: int) -> list[float]:
        """The shares of `count` paintings; two that are mixed by scales have their own in each layer."""
        if self.mix == "scales" and count != 2:
            raise InputError(f"mix scales takes two styles, first that of the shapes, got {count}")
        return super().shares(count)


M = TypeVar("M", bound=MixedStyleConfig)


class MixedStyle(OptimisedStyle[M]):
    """A style transfer that can mix two styles by scale.

    Gatys et al. make one style image of the two first; here each layer has the painting that fits the size of what it
    sees, in one run, which costs no more. The strokes' painting gets the colours of the other, since a fine layer knows
    little but colours and edges, and would bring its own.
    """

    Config = MixedStyleConfig

    def _objective(self, network: FeatureNetwork, goal: Goal) -> tuple[Objective, Mapping[str, Any]]:
        if self.config.mix == "scales":
            (shapes, half), (strokes, _) = goal.exemplars
            exemplars = [(shapes, half), (transfer_linear(strokes[0], shapes[0])[None], half)]
            fine = self._fine(network, goal.scale)
            goal = replace(goal, exemplars=exemplars, shares=lambda layer: STROKES if layer in fine else SHAPES)
        return super()._objective(network, goal)

    def _fine(self, network: FeatureNetwork, scale: Scale) -> set[str]:
        """The layers whose places are less than `strokes` pixels of the result apart, and PATCHES if half of one is."""
        seen = round(scale.height * scale.enlarge), round(scale.width * scale.enlarge)
        width = scale.width / scale.factor
        apart = {name: width / columns for name, _, _, columns in network.sizes(*seen)}
        apart[PATCHES] = self.config.patch_size / 2 / scale.factor
        return {name for name, pixels in apart.items() if pixels < self.config.strokes}
