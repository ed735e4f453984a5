"""What a picture should have: the statistics of exemplars, the content of a photo, the patches of a painting."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import torch

from impasto.errors import InputError
from impasto.losses import (
    Moments,
    content_loss,
    gram,
    gram_loss,
    moments_in_passing,
    relative_moment_loss,
    total_variation,
)
from impasto.synthesis.gamut import EveryColor, gamut_of
from impasto.synthesis.patches import PatchTarget
from impasto.synthesis.periodic import periodic_bilinear
from impasto.synthesis.settings import SynthesisConfig

if TYPE_CHECKING:
    from impasto.features.network import FeatureNetwork

RANGE_WEIGHT = 10.0  # of values outside [0, 1], where every colour is allowed: enough to keep them near
SCATTER = 7919  # a prime: the places of one step and the next are not neighbours

Exemplars = Sequence[tuple["torch.Tensor", float]]
"""Pictures (1, 3, H, W) whose style is wanted, each with its share; the shares add up to 1."""


class StyleObjective:
    """The losses of a picture at one scale. Its targets are computed once, when it is made.

    With `wrap` the picture is a tile; exemplars are none, so they may be seen by a network of another padding.
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
    ) -> None:
        self._network, self._config = network, config
        self._enlarge, self._wrap = enlarge, wrap
        self._style_weight, self._content_weight = style_weight, content_weight
        self._layers = style_layers(network, config) if exemplars and style_weight else {}
        self._content_layers = tuple(content_layers) if content is not None and content_weight else ()
        with torch.no_grad():
            looks = [
                (self._look(picture, exemplar_network or network, self._layers)[0], share)
                for picture, share in exemplars
            ]
            self._targets = {
                layer: _mixed([(_statistics(found[layer]), share) for found, share in looks]) for layer in self._layers
            }
            self._content = {}
            if content is not None:
                self._content = self._look(content, network, {}, self._content_layers, wrap)[1]
        wanted = bool(exemplars and style_weight)
        limited = wanted and config.gamut_weight
        self._gamut = gamut_of([picture for picture, _ in exemplars]) if limited else EveryColor()
        self._gamut_weight = config.gamut_weight if limited else RANGE_WEIGHT
        self._patches = PatchTarget(config, exemplars, wrap=wrap) if wanted and config.patch_weight else None

    def __call__(self, image: torch.Tensor, step: int) -> dict[str, torch.Tensor]:
        """The weighted losses of `image` (1, 3, H, W) at `step` of the run, by name."""
        config = self._config
        seen, features = self._look(image, self._network, self._layers, self._content_layers, self._wrap, step=step)
        losses: dict[str, torch.Tensor] = {}
        if self._layers:
            distances = [weight * self._distance(layer, seen[layer]) for layer, weight in self._layers.items()]
            losses["style"] = self._style_weight * torch.stack(distances).sum()
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

    def limit(self, image: torch.Tensor) -> torch.Tensor:
        """`image` (1, 3, H, W) with no colours but its exemplars'."""
        return self._gamut.limit(image)

    def _look(
        self,
        image: torch.Tensor,
        network: FeatureNetwork,
        style: Collection[str],
        content: Collection[str] = (),
        wrap: bool = False,
        *,
        step: int | None = None,
    ) -> tuple[dict[str, Moments | torch.Tensor], dict[str, torch.Tensor]]:
        """What is wanted of `image`: moments (or features) of the style layers, and features of the content layers.

        At a step of the run a large layer's moments are those of some of its places.
        """
        seen: dict[str, Moments | torch.Tensor] = {}

        def visit(layer: str, features: torch.Tensor) -> torch.Tensor:
            if layer in style and self._config.statistics == "moments":
                stride, offset = (1, (0, 0)) if step is None else self._places(features, step)
                features, seen[layer] = moments_in_passing(features, stride=stride, offset=offset)
            elif layer in style:
                seen[layer] = features.float()
            return features

        if self._enlarge != 1 and (style or content):
            size = round(image.shape[-2] * self._enlarge), round(image.shape[-1] * self._enlarge)
            if wrap:
                image = periodic_bilinear(image, size)
            else:
                image = torch.nn.functional.interpolate(image, size=size, mode="bilinear", align_corners=False)
        with torch.autocast(image.device.type, torch.bfloat16, enabled=self._config.precision == "bf16"):
            found = network(image, {*style, *content}, visit)
        return seen, {layer: found[layer].float() for layer in content}

    def _places(self, features: torch.Tensor, step: int) -> tuple[int, tuple[int, int]]:
        """Which places of a layer a step looks at: every stride-th, from an offset.

        A large layer is looked at in part, elsewhere each step: its statistics are as good, and cheaper.
        """
        if self._config.optimizer == "lbfgs":
            return 1, (0, 0)  # its curvature pairs need the same loss at every step
        stride = max(1, round((features.shape[-2] * features.shape[-1] / self._config.positions) ** 0.5))
        row, column = divmod(step * SCATTER % stride**2, stride)
        return stride, (row, column)

    def _distance(self, layer: str, found: Moments | torch.Tensor) -> torch.Tensor:
        target = self._targets[layer]
        if isinstance(found, Moments):
            assert isinstance(target, Moments)
            return relative_moment_loss(found, target)
        assert isinstance(target, torch.Tensor)
        form = self._config.gram_form
        distance = gram_loss(found, target, form)
        if form == "mean-squared":
            # Document 4's script: the mean square of raw Gram matrices, over C H W (its `/d*w*h`, as meant).
            _, channels, height, width = found.shape
            distance = distance * (height * width / channels)
        return distance

    def _content_distance(self, features: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        match self._config.gram_form:
            case "relative":
                return content_loss(features, target, "relative")
            case "paper":
                return content_loss(features, target, "half-sum")
            case _:
                return content_loss(features, target, "sum") / target.numel()


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


def _statistics(found: Moments | torch.Tensor) -> Moments | torch.Tensor:
    return found if isinstance(found, Moments) else gram(found)


def _mixed(parts: Sequence[tuple[Moments | torch.Tensor, float]]) -> Moments | torch.Tensor:
    """The statistics between those of several exemplars, by their shares."""

    def mean(tensors: Sequence[torch.Tensor]) -> torch.Tensor:
        return torch.stack([share * each for each, (_, share) in zip(tensors, parts, strict=True)]).sum(0)

    found = [statistics for statistics, _ in parts]
    if len(found) == 1:
        return found[0]
    gaussians = [each for each in found if isinstance(each, Moments)]
    if gaussians:
        return Moments(mean([each.mean for each in gaussians]), mean([each.covariance for each in gaussians]))
    return mean([each for each in found if not isinstance(each, Moments)])
