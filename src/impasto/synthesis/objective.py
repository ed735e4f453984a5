"""What a picture should have: the statistics of exemplars, the content of a photo, the patches of a painting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import torch

from impasto.features import features_of
from impasto.images.periodic import periodic_bilinear
from impasto.losses.content import content_loss
from impasto.losses.smoothness import total_variation
from impasto.synthesis.gamut import EveryColor
from impasto.synthesis.regions import Exemplars, Region, RegionPatches, RegionTargets, Shares, gamut_of_regions
from impasto.synthesis.settings import SynthesisConfig
from impasto.synthesis.statistics import Distance

if TYPE_CHECKING:
    from impasto.features.network import FeatureNetwork

RANGE_WEIGHT = 10.0  # of values outside [0, 1], where every colour is allowed: enough to keep them near


class StyleObjective:
    """The losses of a picture at one scale. Its targets are computed once, when it is made.

    With `wrap` the picture is a tile; exemplars are none, so they may be seen by a network of another padding.
    `shares` may differ from layer to layer; without it they are those of the exemplars everywhere. With a `mask`
    (1, 1, H, W) only a part of the picture has the exemplars' style, and `regions` are other parts with other ones; the
    masks add up to at most 1.
    """

    def __init__(
        self,
        network: FeatureNetwork,
        config: SynthesisConfig,
        exemplars: Exemplars,
        *,
        enlarge: float = 1.0,
        wrap: bool = False,
        exemplar_network: FeatureNetwork | None = None,
        style_weight: float = 1.0,
        content: torch.Tensor | None = None,
        content_layers: Sequence[str] = (),
        content_weight: float = 1.0,
        shares: Shares | None = None,
        mask: torch.Tensor | None = None,
        regions: Sequence[Region] = (),
    ) -> None:
        self._network, self._config = network, config
        self._enlarge, self._wrap = enlarge, wrap
        self._style_weight, self._content_weight = style_weight, content_weight
        wanted = bool(exemplars and style_weight)
        parts = [part for part in (Region(exemplars, mask, shares), *regions) if part.area]
        self._terms = tuple(config.style_terms(network)) if wanted else ()
        self._content_layers = tuple(content_layers) if content is not None and content_weight else ()
        with torch.no_grad():
            self._targets = RegionTargets(
                parts, self._terms, lambda picture: self._described(picture, exemplar_network or network)
            )
        self._content: dict[str, torch.Tensor] = {}
        if content is not None:
            self.hold(content)
        limited = wanted and config.gamut_weight
        self._gamut = gamut_of_regions(parts) if limited else EveryColor()
        self._gamut_weight = config.gamut_weight if limited else RANGE_WEIGHT
        self._patches = RegionPatches(config, parts, wrap=wrap) if wanted and config.patch_weight else None

    def __call__(self, image: torch.Tensor, step: int) -> dict[str, torch.Tensor]:
        """The weighted losses of `image` (1, 3, H, W) at `step` of the run, by name."""
        config = self._config
        found: dict[tuple[str, str], Distance] = {}

        def visit(layer: str, features: torch.Tensor) -> torch.Tensor:
            for term in self._terms:
                if layer in term.layers:
                    features, found[term.name, layer] = self._targets.compare(term, layer, features, step)
            return features

        features = self._features(image, self._network, self._content_layers, self._wrap, visit)
        losses: dict[str, torch.Tensor] = {}
        for term in self._terms:
            distances = [weight * found[term.name, layer]() for layer, weight in term.layers.items()]
            losses[term.name] = self._style_weight * torch.stack(distances).sum()
        if self._content_layers:
            distances = [
                self._content_distance(features[layer], self._content[layer]) for layer in self._content_layers
            ]
            losses["content"] = self._content_weight * torch.stack(distances).mean()
        if self._patches is not None:
            losses["patches"] = self._style_weight * config.patch_weight * self._patches.distance(image, step)
        if config.canvas != "pixels":
            losses["gamut"] = self._gamut_weight * self._gamut.excess(image)
        if config.smoothness:
            losses["smoothness"] = config.smoothness * total_variation(image, wrap=self._wrap)
        return losses

    def hold(self, content: torch.Tensor) -> None:
        """From now on, want the content of this photo (1, 3, H, W)."""
        with torch.no_grad():
            self._content = self._features(content, self._network, self._content_layers, self._wrap)

    def limit(self, image: torch.Tensor) -> torch.Tensor:
        """`image` (1, 3, H, W) with no colours but its exemplars'."""
        return self._gamut.limit(image)

    def _described(self, exemplar: torch.Tensor, network: FeatureNetwork) -> dict[tuple[str, str], Any]:
        """What each term says of each of its layers of an exemplar (1, 3, H, W)."""
        found: dict[tuple[str, str], Any] = {}

        def visit(layer: str, features: torch.Tensor) -> torch.Tensor:
            for term in self._terms:
                if layer in term.layers:
                    found[term.name, layer] = term.statistics.describe(layer, features)
            return features

        self._features(exemplar, network, (), visit=visit)
        return found

    def _features(
        self,
        image: torch.Tensor,
        network: FeatureNetwork,
        content: Sequence[str],
        wrap: bool = False,
        visit: Callable[[str, torch.Tensor], torch.Tensor] | None = None,
    ) -> dict[str, torch.Tensor]:
        """The features of `content` layers of an image as the network sees it; `visit` sees those of style layers."""
        layers = {*content, *(layer for term in self._terms if visit for layer in term.layers)}
        if self._enlarge != 1 and layers:
            size = round(image.shape[-2] * self._enlarge), round(image.shape[-1] * self._enlarge)
            if wrap:
                image = periodic_bilinear(image, size)
            else:
                image = torch.nn.functional.interpolate(image, size=size, mode="bilinear", align_corners=False)

        def precisely(layer: str, features: torch.Tensor) -> torch.Tensor:
            with torch.autocast(image.device.type, enabled=False):
                return features if visit is None else visit(layer, features)

        with torch.autocast(image.device.type, torch.bfloat16, enabled=self._config.precision == "bf16"):
            found = features_of(network, image, layers, precisely, wrap=wrap)
        return {layer: found[layer].float() for layer in content}

    def _content_distance(self, features: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        match self._config.gram_form:
            case "relative":
                return content_loss(features, target, "relative")
            case "paper":
                return content_loss(features, target, "half-sum")
            case _:
                return content_loss(features, target, "sum") / target.numel()
