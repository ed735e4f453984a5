"""Style transfer by the statistics of a painting's features (Gatys, Ecker & Bethge 2016), coarse to fine."""

from __future__ import annotations

from typing import Any, ClassVar

from impasto.styles.mixing import MixedStyle, MixedStyleConfig
from impasto.synthesis.settings import PLAIN


class GatysStyleConfig(MixedStyleConfig):
    """Parameters of `style gatys`; the defaults are preset `best`."""

    presets: ClassVar[dict[str, dict[str, Any]]] = {
        "best": {},
        # The numbers of the documents' script (document 4): 300 px, 1000 steps of Adam, sums of squares.
        "paper": PLAIN
        | {
            "network": "vgg16",
            "layers": ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1"),
            "weights": (1.0, 0.8, 0.4, 0.2, 0.1),
            "content_layers": ("conv4_2",),
            "content_weight": 100.0,
            "hold": 0.0,
            "style_weight": 1e8,
            "statistics": "gram",
            "gram_form": "mean-squared",
            "size": "300",
            "style_size": "stretch",
            "scales": 1,
            "iterations": (1000,),
            "learning_rate": 0.007,
        },
    }


class GatysStyle(MixedStyle[GatysStyleConfig]):
    """Give a photo the style of one or more paintings: means and covariances, or Gram matrices, of their features."""

    name = "style gatys"
    Config = GatysStyleConfig
