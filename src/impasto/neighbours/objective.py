"""What a picture should have: features that are each an exemplar's, in the arrangement of a content."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from impasto.features import features_of
from impasto.images.periodic import periodic_bilinear
from impasto.losses.content import content_loss
from impasto.neighbours.settings import NeighbourConfig
from impasto.neighbours.targets import Features, HypercolumnTarget, LayerTarget, hypercolumns
from impasto.randomness import generator, step_seed
from impasto.synthesis.objective import StyleObjective
from impasto.synthesis.regions import Exemplars, Region
from impasto.synthesis.schedule import Scale
from impasto.synthesis.settings import style_layers

if TYPE_CHECKING:
    from impasto.features.network import FeatureNetwork

EVERY = 5  # steps for which each layer's neighbours are held: no visible difference from 1
LEAST = 4  # places a side of a grid


@dataclass(frozen=True)
class _Part:
    """What a region of the picture looks for."""

    mask: torch.Tensor | None  # (1, 1, H, W) in [0, 1]
    columns: HypercolumnTarget
    split: LayerTarget | None


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
        wrap: bool = False,
        exemplar_network: FeatureNetwork | None = None,
        mask: torch.Tensor | None = None,
        regions: Sequence[Region] = (),
    ) -> None:
        """Look at the exemplars and at the content (1, 3, H, W), all at this scale's size.

        The exemplars are wanted where the mask is, those of further regions in theirs; for that, and for tiles, see
        `StyleObjective`.
        """
        self._network, self._config, self._scale = network, config, scale
        self._wrap, self._exemplar_network = wrap, exemplar_network or network
        self._style_weight, self._content_weight = style_weight, content_weight
        self._layers = style_layers(network, config) if style_weight else {}
        self._content_layers = tuple(content_layers) if content_weight else ()
        self._picture = content
        polish = polish_steps(config, scale)
        self._polish_from = scale.first + scale.steps - polish
        self._parts: list[_Part] = []
        with torch.no_grad():
            found = self._look(content, {*self._layers, *self._content_layers})
            self._content = {layer: found[layer] for layer in self._content_layers}
            if self._layers:
                parts = [part for part in (Region(exemplars, mask), *regions) if part.area]
                self._parts = [self._part(part, self._grid(content), found if polish else None) for part in parts]
        self._rest = StyleObjective(  # patches, colours
            network, config, exemplars, wrap=wrap, style_weight=style_weight, mask=mask, regions=regions
        )

    def __call__(self, image: torch.Tensor, step: int) -> dict[str, torch.Tensor]:
        """The weighted losses of `image` (1, 3, H, W) at `step` of the run, by name."""
        losses: dict[str, torch.Tensor] = {}
        if self._parts and step == self._scale.first:
            self._seek(image.detach())
        features = self._look(image, {*self._layers, *self._content_layers})
        if self._parts:
            columns = hypercolumns({layer: features[layer] for layer in self._layers}, self._grid(image))
            distances = [part.columns.distance(columns, part.mask) for part in self._parts]
            losses["style"] = self._style_weight * torch.stack(distances).sum()
        if any(part.split is not None for part in self._parts) and step >= self._polish_from:
            losses["polish"] = self._style_weight * self._polished(features, step - self._polish_from)
        if self._content_layers:
            distances = [content_loss(features[layer], target) for layer, target in self._content.items()]
            losses["content"] = self._content_weight * torch.stack(distances).mean()
        return {**losses, **self._rest(image, step)}

    def limit(self, image: torch.Tensor) -> torch.Tensor:
        """`image` (1, 3, H, W) with no colours but its exemplars'."""
        return self._rest.limit(image)

    def keep(self) -> dict[str, Any]:
        """What a checkpoint must hold: who the neighbours are."""
        kept: dict[str, Any] = {}
        for number, part in enumerate(self._parts):
            found = {"neighbours": part.columns.neighbours} | ({} if part.split is None else part.split.keep())
            kept |= {f"{name} {number}": value for name, value in found.items()}
        return kept

    def _part(self, region: Region, grid: tuple[int, int], found: Features | None) -> _Part:
        """What a region looks for in its exemplars; `found` are a picture's features if there is to be a polish."""
        config = self._config
        looks = [
            (self._look(view, self._layers, exemplar=True), view, share)
            for view, share in self._views(region.exemplars)
        ]
        columns = HypercolumnTarget(
            self._layers,
            [(features, self._grid(view), share) for features, view, share in looks],
            grid,
            config.keys,
            generator(step_seed(config.seed, self._scale.index)),
        )
        exemplars = [(features, share) for features, _, share in looks]
        split = None if found is None else LayerTarget(self._layers, exemplars, found, config.positions)
        return _Part(region.mask, columns, split)

    def _seek(self, image: torch.Tensor) -> None:
        """Find the neighbours of the content, seen through the picture so far (none at the coarsest scale)."""
        freedom = self._config.freedom if self._scale.index else 0.0
        with torch.no_grad():
            features = self._look(torch.lerp(self._picture, image, freedom), self._layers)
            columns = hypercolumns(features, self._grid(image))
            for part in self._parts:
                part.columns.seek(columns)

    def _polished(self, features: Features, done: int) -> torch.Tensor:
        """How far layers are from neighbours of their own, in the step after `done` such ones."""
        distances = []
        for part in self._parts:
            if part.split is not None:
                random = generator(step_seed(self._config.seed, self._polish_from + done // EVERY))
                distances.append(part.split.distance(features, random, seek=done % EVERY == 0, mask=part.mask))
        return torch.stack(distances).sum()

    def _views(self, exemplars: Exemplars) -> list[tuple[torch.Tensor, float]]:
        turns = range(4) if self._config.rotations else (0,)
        return [(picture.rot90(turn, (2, 3)), share / len(turns)) for picture, share in exemplars for turn in turns]

    def _grid(self, image: torch.Tensor) -> tuple[int, int]:
        return grid_of((image.shape[-2], image.shape[-1]), self._config.spacing)

    def _look(self, image: torch.Tensor, layers: Iterable[str], *, exemplar: bool = False) -> Features:
        """The features of some layers of an image (1, 3, H, W) as the network sees it."""
        wrap, network = self._wrap and not exemplar, self._exemplar_network if exemplar else self._network
        if self._scale.enlarge != 1:
            size = round(image.shape[-2] * self._scale.enlarge), round(image.shape[-1] * self._scale.enlarge)
            if wrap:
                image = periodic_bilinear(image, size)
            else:
                image = torch.nn.functional.interpolate(image, size=size, mode="bilinear", align_corners=False)
        with torch.autocast(image.device.type, torch.bfloat16, enabled=self._config.precision == "bf16"):
            found = features_of(network, image, set(layers), wrap=wrap)
        return {layer: features.float() for layer, features in found.items()}


def grid_of(size: tuple[int, int], spacing: int) -> tuple[int, int]:
    """The (rows, columns) of the hypercolumns of a picture (height, width)."""
    return max(LEAST, round(size[0] / spacing)), max(LEAST, round(size[1] / spacing))


def polish_steps(config: NeighbourConfig, scale: Scale) -> int:
    """The steps at a scale's end in which each layer seeks neighbours of its own."""
    return round(config.polish * scale.steps) if scale.factor == 1 else 0
