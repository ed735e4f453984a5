"""Frames that follow one another: what a method is told of the frame before, and how it stays with it.

The frame before is the finished one, moved along the optical flow to where things are now (Ruder, Dosovitskiy & Brox
2016): the next one begins with it, and pays for every difference where the flow can be trusted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from pydantic import Field

from impasto.images.color import luminance
from impasto.images.color_transfer import transfer_linear
from impasto.images.resize import resize
from impasto.inputs import Inputs, given_picture
from impasto.methods import MethodConfig
from impasto.synthesis.settings import MOST_STEPS, SynthesisConfig

if TYPE_CHECKING:
    from impasto.synthesis.descent import Objective

BEFORE, TRUST = "frame before", "trust"
"""The inputs of a frame after the first, which no user gives: what was made of the frame before, moved, and where that
can be trusted, (1, H, W)."""


class TemporalConfig(MethodConfig):
    """What methods have that can follow the frame before; it matters for clips only."""

    temporal_weight: float = Field(
        200.0, ge=0, le=1e9, description="clips: weight of staying with the frame before; 0 makes each by itself"
    )


class FollowingConfig(TemporalConfig, SynthesisConfig):
    """The same, for methods that optimise a picture."""

    frame_iterations: int = Field(30, ge=1, le=MOST_STEPS, description="clips: steps for each frame after the first")


def blend_field(share: float) -> Any:
    """The share of the frame before, by default as given."""
    return Field(
        share, ge=0, lt=1, description="clips: the frame before's share in what can be trusted; 0 makes each by itself"
    )


class BlendingConfig(MethodConfig):
    """What methods have that paint at once: their frames cannot follow the one before, but hold on to it."""

    temporal_blend: float = blend_field(0.7)  # with more a lattice grows where new things come in


F = TypeVar("F", bound=FollowingConfig)


def following(config: F) -> F | None:
    """The config for the frames after the first, which begin at their full size; None if each is made by itself."""
    if config.temporal_weight == 0:
        return None
    return config.model_copy(update={"scales": 1, "iterations": (config.frame_iterations,)})


@dataclass(frozen=True)
class Before:
    """What was made of the frame before, moved to where things are now."""

    picture: torch.Tensor  # (1, 3, H, W)
    trust: torch.Tensor  # (1, 1, H, W), 1 where it can be trusted, else 0


def before_of(inputs: Inputs, device: torch.device, *, grey: bool = False) -> Before | None:
    """The frame before, without its colours if `grey`; None for a picture, and for the first frame of a clip."""
    if BEFORE not in inputs:
        return None
    picture, trust = (given_picture(inputs, name).to(device)[None] for name in (BEFORE, TRUST))
    return Before(luminance(picture).expand(-1, 3, -1, -1) if grey else picture, trust)


def begun(before: Before, photo: torch.Tensor) -> torch.Tensor:
    """What a frame begins with, (1, 3, H, W): the one before; where that is not trusted, the photo in its colours."""
    return torch.lerp(transfer_linear(photo[0], before.picture[0])[None], before.picture, before.trust)


def consistent(objective: Objective, before: Before | None, size: tuple[int, int], weight: float) -> Objective:
    """The objective of a scale of `size` (height, width), which stays with the frame before if there is one."""
    if before is None:
        return objective
    height, width = size
    picture = resize(before.picture, (width, height))
    return TemporalConsistency(objective, Before(picture, resize(before.trust, (width, height), filter="area")), weight)


class TemporalConsistency:
    """An objective with one more loss, "temporal": the squared distance from the frame before where it is trusted."""

    def __init__(self, objective: Objective, before: Before, weight: float) -> None:
        self._objective, self._before, self._weight = objective, before, weight

    def __call__(self, image: torch.Tensor, step: int) -> Mapping[str, torch.Tensor]:
        """The weighted losses of `image` (1, 3, H, W) at `step`, by name."""
        distance = (self._before.trust * (image - self._before.picture).square()).mean()
        return {**self._objective(image, step), "temporal": self._weight * distance}

    def limit(self, image: torch.Tensor) -> torch.Tensor:
        """The nearest picture that is allowed."""
        return self._objective.limit(image)
