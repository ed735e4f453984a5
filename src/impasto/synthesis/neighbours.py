"""What a picture should have: features that are each an exemplar's, in the arrangement of a content."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import torch

from impasto.features.tiles import features_of
from impasto.losses import content_loss
from impasto.methods import generator, step_seed
from impasto.synthesis.neighbour_settings import NeighbourConfig
from impasto.synthesis.neighbour_targets import Features, HypercolumnTarget, LayerTarget
from impasto.synthesis.objective import StyleObjective
from impasto.synthesis.regions import Exemplars
from impasto.synthesis.schedule import Scale
from impasto.synthesis.statistics import style_layers

if TYPE_CHECKING:
    from impasto.features.network import FeatureNetwork

EVERY = 5  # steps for which each layer's neighbours are held: no visible difference from 1
LEAST = 4  # places a side of a grid


class NeighbourObjective:
    """The losses of a picture at one scale (Kolkin et al. 2022, the optimised variant).

    What departs from the paper: distances are not of angles but of the features themselves, so that light and colour
    are found as well; the neighbours' loss stays while each layer seeks its own; the content may have a weight.
    """

    def __init__(
        self,
        network: FeatureNetwork,
        config: NeighbourConfig,
        exemplars: Exemplars,
        scale: Scale,
        *,
        content: torch.Tensor,
        content_layers: Sequence[str],
        content_weight: float,
        style_weight: float,
    ) -> None:
        """Look at the exemplars and at the content (1, 3, H, W), all at this scale's size."""
        self._network, self._config, self._scale = network, config, scale
        self._style_weight, self._content_weight = style_weight, content_weight
        self._layers = style_layers(network, config) if style_weight else {}
        self._content_layers = tuple(content_layers) if content_weight else ()
        self._picture = content
        polish = polish_steps(config, scale)
        self._polish_from = scale.first + scale.steps - polish
        self._columns: HypercolumnTarget | None = None
        self._split: LayerTarget | None = None
        with torch.no_grad():
            found = self._look(content, {*self._layers, *self._content_layers})
            self._content = {layer: found[layer] for layer in self._content_layers}
            if self._layers:
                looks = [(self._look(view, self._layers), view, share) for view, share in self._views(exemplars)]
                random = generator(step_seed(config.seed, scale.index))
                self._columns = HypercolumnTarget(
                    self._layers,
                    [(features, self._grid(view), share) for features, view, share in looks],
                    self._grid(content),
                    config.keys,
                    random,
                )
                if polish:
                    exemplar_features = [(features, share) for features, _, share in looks]
                    self._split = LayerTarget(self._layers, exemplar_features, found, config.positions)
        self._rest = StyleObjective(network, config, exemplars, style_weight=style_weight)  # patches, colours

    def __call__(self, image: torch.Tensor, step: int) -> dict[str, torch.Tensor]:
        """The weighted losses of `image` (1, 3, H, W) at `step` of the run, by name."""
        losses: dict[str, torch.Tensor] = {}
        if self._columns is not None and step == self._scale.first:
            self._seek(self._columns, image.detach())
        features = self._look(image, {*self._layers, *self._content_layers})
        if self._columns is not None:
            losses["style"] = self._style_weight * self._columns.distance(features)
        if self._split is not None and step >= self._polish_from:
            done = step - self._polish_from
            random = generator(step_seed(self._config.seed, self._polish_from + done // EVERY))
            distance = self._split.distance(features, random, seek=done % EVERY == 0)
            losses["polish"] = self._style_weight * distance
        if self._content_layers:
            distances = [content_loss(features[layer], target) for layer, target in self._content.items()]
            losses["content"] = self._content_weight * torch.stack(distances).mean()
        return {**losses, **self._rest(image, step)}

    def limit(self, image: torch.Tensor) -> torch.Tensor:
        """`image` (1, 3, H, W) with no colours but its exemplars'."""
        return self._rest.limit(image)

    def keep(self) -> dict[str, Any]:
        """What a checkpoint must hold: who the neighbours are."""
        columns = {} if self._columns is None else {"neighbours": self._columns.neighbours}
        return {**columns, **({} if self._split is None else self._split.keep())}

    def _seek(self, columns: HypercolumnTarget, image: torch.Tensor) -> None:
        """Find the neighbours of the content, seen through the picture so far (none at the coarsest scale)."""
        freedom = self._config.freedom if self._scale.index else 0.0
        with torch.no_grad():
            columns.seek(self._look(torch.lerp(self._picture, image, freedom), self._layers))

    def _views(self, exemplars: Exemplars) -> list[tuple[torch.Tensor, float]]:
        turns = range(4) if self._config.rotations else (0,)
        return [(picture.rot90(turn, (2, 3)), share / len(turns)) for picture, share in exemplars for turn in turns]

    def _grid(self, image: torch.Tensor) -> tuple[int, int]:
        return grid_of((image.shape[-2], image.shape[-1]), self._config.spacing)

    def _look(self, image: torch.Tensor, layers: Iterable[str]) -> Features:
        """The features of some layers of an image (1, 3, H, W) as the network sees it."""
        if self._scale.enlarge != 1:
            size = [round(side * self._scale.enlarge) for side in image.shape[-2:]]
            image = torch.nn.functional.interpolate(image, size=size, mode="bilinear", align_corners=False)
        with torch.autocast(image.device.type, torch.bfloat16, enabled=self._config.precision == "bf16"):
            found = features_of(self._network, image, set(layers))
        return {layer: features.float() for layer, features in found.items()}


def grid_of(size: tuple[int, int], spacing: int) -> tuple[int, int]:
    """The (rows, columns) of the hypercolumns of a picture (height, width)."""
    return max(LEAST, round(size[0] / spacing)), max(LEAST, round(size[1] / spacing))


def polish_steps(config: NeighbourConfig, scale: Scale) -> int:
    """The steps at a scale's end in which each layer seeks neighbours of its own."""
    return round(config.polish * scale.steps) if scale.factor == 1 else 0
