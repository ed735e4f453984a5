"""Texture synthesis by statistics of network features (Gatys, Ecker & Bethge 2015), coarse to fine."""

from __future__ import annotations

from typing import Any, ClassVar

from impasto.synthesis.settings import PLAIN
from impasto.textures.optimised import OptimisedTexture, OptimisedTextureConfig


class GramTextureConfig(OptimisedTextureConfig):
    """Parameters of `texture gram`; the defaults are preset `best`."""

    presets: ClassVar[dict[str, dict[str, Any]]] = {
        "best": {},
        # The first document's exercise 2: VGG, Gram matrices, L-BFGS in pixels.
        "paper": PLAIN
        | {
            "network": "vgg16",
            "layers": ("relu1_1", "pool1", "pool2", "pool3", "pool4"),
            "statistics": "gram",
            "gram_form": "paper",
            "optimizer": "lbfgs",
            "learning_rate": 1.0,
            "scales": 3,
            "iterations": (100, 100, 100),
        },
    }


class GramTexture(OptimisedTexture):
    """Make a texture of any size whose network features have the statistics of an exemplar's."""

    name = "texture gram"
    Config = GramTextureConfig
