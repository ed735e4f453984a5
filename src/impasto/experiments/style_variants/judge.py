"""One measure for all variants, whatever each of them optimised."""

from __future__ import annotations

import math
from collections.abc import Collection

import torch

from impasto.errors import InputError
from impasto.experiments.texture_methods.measures import GramJudge
from impasto.features import load_network
from impasto.images import resize
from impasto.losses import content_loss

CANDIDATES = ("efficientnet-lite0", "efficientnet-lite1", "efficientnet-lite2")


class Judge:
    """Compares pictures by the layers that a network itself would choose: the same for every variant."""

    def __init__(self, name: str, contenders: Collection[str]) -> None:
        """Load the network called `name`.

        "auto" is the first EfficientNet on this machine that is none of the `contenders`, or else the first of all.
        """
        self.name = _choose(contenders) if name == "auto" else name
        self._style = GramJudge(self.name, "auto")
        self._network = load_network(self.name)

    def style(self, picture: torch.Tensor, painting: torch.Tensor) -> float:
        """The mean over layers of |G - A| / |A|, Gram matrices of two pictures (3, H, W), in Frobenius norms."""
        return self._style.distance(picture, _as_large(painting, picture))

    def content(self, picture: torch.Tensor, photo: torch.Tensor) -> float:
        """|F - P| / |P|, features of two pictures (3, H, W) at the layer of content, in Frobenius norms."""
        layers = self._network.default_content_layers
        with torch.inference_mode():
            ours = self._network(picture[None], layers)
            theirs = self._network(_as_large(photo, picture)[None], layers)
            found = [math.sqrt(content_loss(ours[layer], theirs[layer])) for layer in layers]
        return sum(found) / len(found)


def _as_large(picture: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """A picture at the size of another, as the documents take the painting."""
    return resize(picture, (other.shape[2], other.shape[1]))


def _choose(contenders: Collection[str]) -> str:
    for name in CANDIDATES:
        if name not in contenders:
            try:
                load_network(name)
            except InputError:  # it is not on this machine
                continue
            return name
    return CANDIDATES[0]
