"""Features put together from those of exemplars: each place gets the vector that is nearest to its own.

Source: Kolkin, Kucera, Paris, Sykora, Shechtman & Shakhnarovich, "Neural Neighbor Style Transfer", 2022.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import torch

from impasto.images import resize
from impasto.losses.neighbours import directions, nearest_directions

Features: TypeAlias = "Mapping[str, torch.Tensor]"
"""Layers by name, each (1, C, h, w)."""


class HypercolumnTarget:
    """All layers of a place find one neighbour together (section 3.2), once.

    The layers, brought to one grid and joined, are a place's hypercolumn; each layer has the same say in it, but for
    its weight. What a place should have are its neighbour's features, layer by layer.
    """

    def __init__(
        self,
        weights: Mapping[str, float],
        exemplars: Sequence[tuple[Features, tuple[int, int], float]],
        grid: tuple[int, int],
        most: int,
        random: torch.Generator,
    ) -> None:
        """Take at most `most` hypercolumns of exemplars, each given by its features, its grid and its share."""
        self._weights, self._grid = weights, grid
        columns = [hypercolumns(features, size) for features, size, _ in exemplars]
        sizes = [height * width for _, (height, width), _ in exemplars]
        chosen = drawn(sizes, [share for _, _, share in exemplars], most, random)
        self._keys = {layer: torch.cat([_rows(each[layer]) for each in columns])[chosen] for layer in weights}
        self._energy = {layer: keys.square().sum(1).mean().clamp_min(1e-12) for layer, keys in self._keys.items()}
        self.neighbours = torch.full((grid[0] * grid[1],), -1, dtype=torch.int64, device=chosen.device)
        self._targets: dict[str, torch.Tensor] = {}

    def seek(self, features: Features) -> None:
        """Find the neighbours of a picture's hypercolumns."""
        columns = hypercolumns(features, self._grid)
        queries = self._directions({layer: _rows(columns[layer]) for layer in self._weights})
        self.neighbours.copy_(nearest_directions(queries, self._directions(self._keys)))
        self._targets = {}

    def distance(self, features: Features, mask: torch.Tensor | None = None) -> torch.Tensor:
        """How far a picture's hypercolumns are from the neighbours, relative to the exemplars' own, a scalar.

        mask: how much each place counts, (1, 1, H, W) in [0, 1] of any size.
        """
        if not self._targets:  # of what was just found, or came from a checkpoint
            height, width = self._grid
            self._targets = {
                layer: keys[self.neighbours].T.reshape(1, -1, height, width) for layer, keys in self._keys.items()
            }
        columns = hypercolumns(features, self._grid)
        counts = None if mask is None else resize(mask, self._grid[::-1], filter="area")[0]
        distances = {
            layer: _counted((columns[layer] - target).square().sum(1), counts) / self._energy[layer]
            for layer, target in self._targets.items()
        }
        return _mean(distances, self._weights)

    def _directions(self, rows: Features) -> torch.Tensor:
        return directions(torch.cat([self._weights[layer] * _spread(rows[layer]) for layer in self._weights], dim=1))


class LayerTarget:
    """Each layer of a place finds a neighbour of its own (feature splitting, section 3.3), again and again."""

    def __init__(
        self, weights: Mapping[str, float], exemplars: Sequence[tuple[Features, float]], features: Features, most: int
    ) -> None:
        """Look at `most` places of a layer at a time, and at as many of the exemplars'.

        features: those of any picture of the size that is made.
        """
        self._weights, self._most = weights, most
        self._shares = [share for _, share in exemplars]
        self._sizes = {layer: [each[layer][0, 0].numel() for each, _ in exemplars] for layer in weights}
        self._keys = {layer: torch.cat([_rows(each[layer]) for each, _ in exemplars]) for layer in weights}
        self._energy = {layer: keys.square().sum(1).mean().clamp_min(1e-12) for layer, keys in self._keys.items()}
        self.neighbours = {
            layer: torch.full((min(most, places.shape[-2] * places.shape[-1]),), -1, device=places.device)
            for layer, places in features.items()
            if layer in weights
        }

    def distance(
        self, features: Features, random: torch.Generator, *, seek: bool, mask: torch.Tensor | None = None
    ) -> torch.Tensor:
        """How far some places' features are from their neighbours, a scalar; the neighbours are sought anew if asked.

        random: draws the places; the same as when they last sought.
        mask: how much each place counts, (1, 1, H, W) in [0, 1] of any size.
        """
        distances = {}
        for layer, keys in self._keys.items():
            rows = _rows(features[layer])
            places = drawn([len(rows)], [1.0], self._most, random).to(rows.device)
            chosen = drawn(self._sizes[layer], self._shares, self._most, random).to(rows.device)
            if seek:
                queries = directions(rows.detach()[places])
                self.neighbours[layer].copy_(chosen[nearest_directions(queries, directions(keys[chosen]))])
            target = keys[self.neighbours[layer]]
            counts = None
            if mask is not None:
                size = features[layer].shape[-2:]
                counts = resize(mask, (size[1], size[0]), filter="area").flatten()[places]
            distances[layer] = _counted((rows[places] - target).square().sum(1), counts) / self._energy[layer]
        return _mean(distances, self._weights)

    def keep(self) -> dict[str, Any]:
        """What a checkpoint must hold."""
        return {f"neighbours of {layer}": found for layer, found in self.neighbours.items()}


def hypercolumns(features: Features, grid: tuple[int, int]) -> dict[str, torch.Tensor]:
    """All layers brought to one grid (rows, columns): means of larger ones, smaller ones interpolated."""
    found = {}
    for layer, values in features.items():
        if values.shape[-2:] == grid:
            found[layer] = values
        elif values.shape[-2:].numel() > grid[0] * grid[1]:
            found[layer] = torch.nn.functional.adaptive_avg_pool2d(values, grid)
        else:
            found[layer] = torch.nn.functional.interpolate(values, size=grid, mode="bilinear", align_corners=False)
    return found


def drawn(sizes: Sequence[int], shares: Sequence[float], most: int, random: torch.Generator) -> torch.Tensor:
    """Numbers of at most `most` rows, drawn from several tables that lie below one another, by their shares.

    >>> drawn([3, 2], [0.5, 0.5], 8, torch.Generator())
    tensor([0, 1, 2, 3, 4])
    """
    parts, first = [], 0
    for size, share in zip(sizes, shares, strict=True):
        count = min(size, round(most * share)) if share else 0
        part = torch.arange(size) if count == size else torch.randperm(size, generator=random)[:count]
        parts.append(first + part)
        first += size
    return torch.cat(parts)


def _rows(values: torch.Tensor) -> torch.Tensor:
    """The vectors (h w, C) of a layer (1, C, h, w)."""
    return values[0].flatten(1).T


def _spread(rows: torch.Tensor) -> torch.Tensor:
    """Vectors (n, C) less their mean, of mean square length 1."""
    centred = rows - rows.mean(0)
    return centred / centred.square().sum(1).mean().sqrt().clamp_min(1e-8)


def _counted(values: torch.Tensor, counts: torch.Tensor | None) -> torch.Tensor:
    """The mean of some values, each as much as it counts."""
    return values.mean() if counts is None else (counts * values).mean()


def _mean(distances: Mapping[str, torch.Tensor], weights: Mapping[str, float]) -> torch.Tensor:
    total = torch.stack([weights[layer] * distance for layer, distance in distances.items()]).sum()
    return total / sum(weights.values())
