"""What every perceptual network offers: named layers, computed once, and no further than needed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Generator

import torch
from torch import Tensor, nn

from impasto.errors import InputError, meant

LayerSize = tuple[str, int, int, int]
"""A layer's name, channels, height and width."""


class FeatureNetwork(nn.Module, ABC):
    """A frozen network whose layers are asked for by name.

    name: what `load_network` calls it.
    weights: where its numbers come from, for a run's recipe: network, source, sha256.
    layers: every layer's name, in the order of computation.
    minimum: the smallest side of a picture, in pixels, for which every layer has at least one value.
    in_place: layers whose values the next layer replaces, unless they are asked for.
    notice: a line to show the user once, or "".
    """

    name: str
    weights: dict[str, str]
    layers: tuple[str, ...]
    minimum: int
    default_style_layers: tuple[str, ...]
    default_content_layers: tuple[str, ...]
    default_histogram_layers: tuple[str, ...]
    in_place: frozenset[str] = frozenset()
    notice: str = ""

    def forward(
        self, image: Tensor, taps: Collection[str], visit: Callable[[str, Tensor], Tensor] | None = None
    ) -> dict[str, Tensor]:
        """Return the layers named in `taps`, each (N, C, h, w), for `image` (N, 3, H, W), sRGB in [0, 1].

        The network runs once, and stops after the last layer asked for. Differentiable in `image`.
        Features are laid out channels last, which the losses know how to use. `visit` is given each of those layers'
        name and features as they are computed; the network goes on from what it returns.

        Raises InputError for an unknown layer (with the nearest right name) and for too small a picture.
        """
        wanted = self.check(taps)
        height, width = image.shape[-2:]
        if min(height, width) < self.minimum:
            raise InputError(f"{self.name} needs at least {self.minimum} pixels a side, got {width}x{height}")
        found: dict[str, Tensor] = {}
        if not wanted:
            return found
        activations = self.activations(image.contiguous(memory_format=torch.channels_last), wanted)
        layer, features = next(activations)
        while True:
            if layer in wanted:
                found[layer] = features = features if visit is None else visit(layer, features)
                if len(found) == len(wanted):
                    return found
            layer, features = activations.send(features)

    def check(self, taps: Collection[str]) -> frozenset[str]:
        """Return `taps` as a set. Raises InputError for a name that is none of `layers`."""
        for tap in taps:
            if tap not in self.layers:
                raise InputError(f"{self.name} has no layer {tap!r}; {meant(tap, self.layers, 'its layers')}")
        return frozenset(taps)

    @abstractmethod
    def activations(self, image: Tensor, wanted: frozenset[str]) -> Generator[tuple[str, Tensor], Tensor, None]:
        """Yield every layer's name and features in order, and go on from the features that are sent back.

        A layer in `wanted` is never overwritten later.
        """

    @abstractmethod
    def sizes(self, height: int, width: int) -> list[LayerSize]:
        """Return every layer's size for a picture of that size in pixels; nothing is computed."""

    @abstractmethod
    def reach(self, layer: str) -> tuple[int, int]:
        """How many pixels two neighbours of a layer are apart, and how far beyond its own pixel each sees at the most.

        Features at a multiple of the stride are the same in a part of the picture that begins at such a multiple,
        has all that they see, and is as large as the picture but for a multiple of the stride.
        """

    def freeze(self) -> None:
        """Make the weights constant, channels last: a gradient goes to the picture only."""
        self.eval().requires_grad_(False)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
