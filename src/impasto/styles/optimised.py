"""A photo in the manner of paintings, by optimisation, coarse to fine: what all such methods share.

They differ in what style is taken to be, which is the business of `Config.style_terms`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

import torch
from pydantic import Field, model_validator

from impasto.devices import pick_device
from impasto.features import WEIGHTS, Padding, check_weights, load_network, weights_of
from impasto.images.color import luminance
from impasto.images.periodic import resized
from impasto.images.resize import resize
from impasto.inputs import Input, Inputs, Sizes, given_picture
from impasto.methods import Forecast, Method, Result
from impasto.observers import Observer
from impasto.randomness import generator
from impasto.styles.prepared import Painting, PaintingConfig, prepared
from impasto.styles.recolor import in_luminance
from impasto.styles.regions import REGIONS, Places, places_of
from impasto.styles.temporal import FollowingConfig, begun, consistent, following
from impasto.synthesis import Scale, StyleObjective, descend, facts, forecast, schedule
from impasto.synthesis.descent import Objective
from impasto.synthesis.regions import Exemplars, Region, Shares

if TYPE_CHECKING:
    from impasto.features.network import FeatureNetwork

PER_REGION = 0.27  # of the time that a transfer takes without regions


class OptimisedStyleConfig(PaintingConfig, FollowingConfig):
    """Parameters of a style transfer by optimisation."""

    content_layers: tuple[str, ...] = Field((), description="content layers (default: the network's own choice)")
    content_weight: float = Field(5.0, ge=0, le=1e12, description="alpha, the weight of the content")
    hold: float = Field(
        1.0, ge=0, le=4, description="weigh content at a scale of 1/n by n to this power more; keeps skies clear"
    )
    style_weight: float = Field(1.0, ge=0, le=1e12, description="beta, the weight of the style")
    init: Literal["content", "style", "noise", "picture"] = Field(
        "content", description="what to start from: content, style, noise, or a picture's path"
    )
    coarsest: int = Field(64, ge=16, le=1024, description="short side in pixels that the chosen scales start from")
    patch_weight: float = Field(300.0, ge=0, le=1e6, description="weight of the sliced patch distance on pixels")

    main = (
        "size seed content_weight style_weight keep_color style_size blend region style_map init tile iterations "
        "scales network content_layers layers weights"
    )

    @model_validator(mode="after")
    def _check_goals(self) -> Self:
        if self.content_weight == self.style_weight == 0:
            raise ValueError("content_weight and style_weight must not both be 0")
        return self

    def content_weight_at(self, scale: Scale) -> float:
        """The weight of the content at a scale."""
        weight: float = self.content_weight / scale.factor**self.hold
        return weight


C = TypeVar("C", bound=OptimisedStyleConfig)


@dataclass(frozen=True)
class Goal:
    """What is wanted at one scale.

    content: the photo at that scale, (1, 3, H, W).
    exemplars: the styles of the picture, or of the part that no region takes; `shares` as in `StyleObjective`.
    exemplar_network: what sees them, where the picture is a tile.
    """

    scale: Scale
    content: torch.Tensor
    places: Places
    exemplars: Exemplars
    regions: Sequence[Region]
    shares: Shares | None = None
    exemplar_network: FeatureNetwork | None = None

    @property
    def mask(self) -> torch.Tensor | None:
        """Where the exemplars' style is, (1, 1, H, W); None: everywhere."""
        return self.places.masks[0]


class OptimisedStyle(Method[C]):
    """Give a photo the style of one or more paintings."""

    inputs = (
        Input("content", "the photo", clips=True, photo=True),
        Input("style", "the painting; several are blended", many=True),
        *REGIONS,
        Input("init", "the picture to start from", flag="init", optional=True, choice="picture"),
        WEIGHTS,
    )
    Config = OptimisedStyleConfig

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Optimise a picture for the photo's content and the painting's style, coarse to fine."""
        config, device = self.config, pick_device(self.config.device)
        painting = prepared(config, inputs, device)

        def load(padding: Padding) -> FeatureNetwork:
            weights = weights_of(config.network_weights, inputs)
            return load_network(config.network, weights=weights, pool=config.pool, padding=padding).to(device)

        network = load(padding_of(config))
        exemplar_network = load("reflect") if config.tile else None  # paintings are no tiles
        network.check(config.content_layers)
        keep: dict[str, Any] = {}

        def objective(scale: Scale) -> Objective:
            goal = goal_at(painting, scale, exemplar_network)
            wanted, kept = self._objective(network, goal)
            keep.clear()
            keep.update(kept)
            wanted = consistent(wanted, painting.before, scale.size, config.temporal_weight)
            return goal.places.aimed(wanted, goal.content)

        def present(picture: torch.Tensor) -> torch.Tensor:
            return painting.shown(resized(picture[0], painting.size, tile=config.tile))

        picture = descend(
            config,
            schedule(config, *painting.photo.shape[-2:]),
            start=partial(_start, config, painting, inputs),
            enlarge=partial(_at, tile=config.tile),
            objective=objective,
            observer=observer,
            wrap=config.tile,
            present=present,
            keep=keep,
        )
        return Result({"output": present(picture).cpu()}, facts(network, config))

    def check(self, inputs: Inputs) -> None:
        """Refuse masks of another size than the photo, black ones, and weights that do not fit."""
        places_of(inputs, given_picture(inputs, "content"))
        check_weights(self.config.network, inputs)

    def forecast(self, sizes: Sizes) -> Forecast:
        """Seconds and memory, measured on a small picture and scaled up."""
        config, regions = self.config, sizes.get("region_style", ())
        size = config.photo_size(sizes["content"][0])
        config.shares(len(sizes["style"]))
        cost = self._cost(
            size, [config.painting_size(style, size) for style in (*sizes["style"], *regions)], len(regions)
        )
        return replace(cost, seconds=cost.seconds * (1 + PER_REGION * len(regions)))

    def following(self) -> Self | None:
        """The method for a clip's frames after the first, which begin with the frame before."""
        config = following(self.config)
        return None if config is None else type(self)(config)

    def _cost(
        self,
        size: tuple[int, int],
        paintings: Sequence[tuple[int, int]],
        regions: int,  # noqa: ARG002 - for subclasses
    ) -> Forecast:
        """The cost of a picture of that (width, height) from paintings of these, the last those of the regions."""
        config, (width, height) = self.config, size
        return forecast(
            config,
            height,
            width,
            content_layers=config.content_layers,
            exemplars=paintings,
            exemplars_follow=config.sizes_follow,
            padding=padding_of(config),
        )

    def _objective(self, network: FeatureNetwork, goal: Goal) -> tuple[Objective, Mapping[str, Any]]:
        """What is minimised at one scale, and what a checkpoint must hold of it."""
        config = self.config
        objective = StyleObjective(
            network,
            config,
            goal.exemplars,
            enlarge=goal.scale.enlarge,
            wrap=config.tile,
            exemplar_network=goal.exemplar_network,
            style_weight=config.style_weight,
            content=goal.content,
            content_layers=config.content_layers or network.default_content_layers,
            content_weight=config.content_weight_at(goal.scale),
            shares=goal.shares,
            mask=goal.mask,
            regions=goal.regions,
        )
        return objective, {}


def padding_of(config: OptimisedStyleConfig) -> Padding:
    """What the network sees beyond the picture's edges."""
    return "circular" if config.tile else config.padding


def goal_at(painting: Painting, scale: Scale, exemplar_network: FeatureNetwork | None) -> Goal:
    """What is wanted at a scale; see `Goal`."""
    places = painting.places.at((scale.width, scale.height))
    own, others = (
        [resize(it, _reduced(it, scale.factor)) for it in styles]
        for styles in (painting.styles, painting.region_styles)
    )
    exemplars = list(zip(own, painting.shares, strict=True))
    content = _at(painting.content, scale, tile=exemplar_network is not None)
    return Goal(scale, content, places, exemplars, places.regions(others), exemplar_network=exemplar_network)


def _start(config: OptimisedStyleConfig, painting: Painting, inputs: Inputs, scale: Scale) -> torch.Tensor:
    """The picture to begin with."""
    at = partial(_at, scale=scale, tile=config.tile)
    if painting.before is not None:
        picture = at(begun(painting.before, painting.photo))
    elif config.init == "noise":
        picture = torch.rand(1, 3, *scale.size, generator=generator(config.seed)).to(painting.photo.device)
    elif config.init == "picture":
        picture = at(given_picture(inputs, "init").to(painting.photo.device)[None])
    else:
        picture = at(painting.content if config.init == "content" else painting.styles[0])
    return luminance(picture) if in_luminance(config.keep_color) else picture


def _at(picture: torch.Tensor, scale: Scale, *, tile: bool) -> torch.Tensor:
    return resized(picture, (scale.width, scale.height), tile=tile)


def _reduced(image: torch.Tensor, factor: float) -> tuple[int, int]:
    return max(16, round(image.shape[-1] * factor)), max(16, round(image.shape[-2] * factor))
