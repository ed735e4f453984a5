"""Which layers: content by each convolution in turn, and more or fewer layers of style (documents 2 and 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, ClassVar

from pydantic import Field

from impasto.errors import InputError
from impasto.experiments.claims import MARGIN
from impasto.experiments.experiment import Row
from impasto.experiments.pictures import PAIR
from impasto.experiments.sweep import OneOptimizerConfig, Variant, documents_layers
from impasto.experiments.sweep_results import Claim, Found, judged, label
from impasto.experiments.transfers import PAPER, OneNetworkTransferConfig, TransferSweep
from impasto.features import WEIGHTS, load_network, weights_of
from impasto.inputs import Inputs

CONTENT, STYLE = "content layer", "style layers"
BASE, MORE, FEWER = "as they are", "3 more", "2 fewer"
ADDED, TAKEN = 3, 2
ALMOST = 0.1  # distances that are called almost the same differ by no more than this share


class StyleLayersConfig(OneNetworkTransferConfig, OneOptimizerConfig):
    """Parameters of `experiment style-layers`."""

    content_layers: tuple[str, ...] = Field(
        (), description="content layers, a run for each (default: all convolutions of a VGG, 0 to 12 of VGG-16)"
    )
    layers: tuple[str, ...] = Field(
        (), description="style layers, 3 or more (default: the first convolution of each block of a VGG)"
    )
    more: tuple[str, ...] = Field((), description="layers that are added (default: the next after each of the last 3)")

    # The third document's losses leap as only those of L-BFGS do, of the tutorial that its log is from.
    presets: ClassVar[dict[str, dict[str, Any]]] = {"paper": {**PAPER, "optimizer": "lbfgs"}}


def _best_content(found: Found) -> str:
    """The layers whose results are nearest to the photo, to the painting, and to both."""
    rows = [row for row in found.values() if row.values["group"] == CONTENT]
    if not rows:
        return "no content layer was tried"
    photo = min(rows, key=lambda row: row.number("content"))
    painting = min(rows, key=lambda row: row.number("style"))
    largest = {column: max(row.number(column) for row in rows) for column in ("content", "style")}
    both = min(rows, key=lambda row: max(row.number(column) / most for column, most in largest.items()))
    return (
        f"nearest to the photo: {label(photo)} (content {photo.number('content'):.2f}); "
        f"to the painting: {label(painting)} (style {painting.number('style'):.2f}); by the worse of both, each a "
        f"share of the largest: {label(both)} ({both.number('content'):.2f}, {both.number('style'):.2f})"
    )


def _distances(found: Found) -> str:
    return "; ".join(f"{name}: {judged(found[name])}" for name in (BASE, MORE, FEWER) if name in found)


def _leaps(found: Found) -> str:
    """How often a loss rises, and the largest rise."""
    those = {name: found[name] for name in (BASE, MORE, FEWER) if name in found}
    return "; ".join(
        f"{name}: rises at {row.trace.rises or 0:.0%} of its steps, at most {_largest_rise(row):.3g}-fold"
        for name, row in those.items()
    )


def _largest_rise(row: Row) -> float:
    return max((after / before for before, after in pairwise(row.trace.losses) if before), default=1.0)


def _ratio(found: Found, name: str, column: str) -> float:
    return found[name].number(column) / found[BASE].number(column)


class StyleLayers(TransferSweep[StyleLayersConfig]):
    """Transfer the same style with each content layer, and with more and fewer style layers."""

    name = "experiment style-layers"
    title = "Which layers a style transfer needs"
    question = (
        "The content can be asked for at any layer of the network, and the style at any set of them. What does each "
        "content layer keep of the photo, and what do three more or two fewer style layers change?"
    )
    Config = StyleLayersConfig
    inputs = (PAIR, WEIGHTS)
    captions: ClassVar[Mapping[str, str]] = {
        CONTENT: (
            "The photo, the painting, and the transfer with the content asked for at each layer in turn, from the "
            "first to the last; with the judge's distances from the photo and from the painting."
        ),
        STYLE: "The same with three more and with the two deepest fewer style layers.",
    }
    claims = (
        Claim(2, "Try several content layers and report which gave the best results.", (), _best_content),
        Claim(
            3,
            "Adding more layers does not give a better result; it becomes much worse (three more).",
            (BASE, MORE),
            _distances,
            lambda found: max(_ratio(found, MORE, "content"), _ratio(found, MORE, "style")) > MARGIN,
        ),
        Claim(
            3,
            "With three more layers the losses leap: the style's is 123 times higher after 400 steps than after 300.",
            (BASE, MORE),
            _leaps,
            lambda found: _largest_rise(found[MORE]) > 2 * _largest_rise(found[BASE]),
        ),
        Claim(
            3,
            "Removing two layers shows almost the same result.",
            (BASE, FEWER),
            _distances,
            lambda found: max(abs(_ratio(found, FEWER, column) - 1) for column in ("content", "style")) < ALMOST,
        ),
    )

    def variants(self, inputs: Inputs) -> Sequence[Variant]:
        """A run for each content layer, and three for style."""
        config = self.config
        network = load_network(config.network, weights=weights_of(config.network_weights, inputs))
        base = config.layers or documents_layers(config.network) or network.default_style_layers
        more = config.more or _next(network.layers, base)
        network.check((*base, *more))
        if len(base) <= TAKEN:
            raise InputError(f"layers must be at least {TAKEN + 1}, got {len(base)}")
        numbered = _comparable(network.layers, network.default_style_layers)
        contents = config.content_layers or numbered
        network.check(contents)
        order = network.layers.index
        of_style = {BASE: base, MORE: tuple(sorted({*base, *more}, key=order)), FEWER: base[:-TAKEN]}
        return [
            *(
                Variant(_numbered(layer, numbered), CONTENT, {"layers": base, "content_layers": (layer,)})
                for layer in contents
            ),
            *(Variant(label, STYLE, {"layers": layers}) for label, layers in of_style.items()),
        ]


def _comparable(layers: Sequence[str], default: Sequence[str]) -> tuple[str, ...]:
    """All convolutions of a VGG; of another network, its own style layers."""
    return tuple(layer for layer in layers if layer.startswith("conv")) or tuple(default)


def _numbered(layer: str, layers: Sequence[str]) -> str:
    """A layer with its number among `layers`, if it is one of them; "8 conv4_2"."""
    return f"{layers.index(layer)} {layer}" if layer in layers else layer


def _next(layers: Sequence[str], base: Sequence[str]) -> tuple[str, ...]:
    """After each of the last three of `base`, the next layer of its kind that is not there yet."""
    found: list[str] = []
    for layer in base[-ADDED:]:
        kind = layer.rstrip("0123456789_")
        after = (each for each in layers[layers.index(layer) + 1 :] if each.rstrip("0123456789_") == kind)
        found += [next((each for each in after if each not in (*base, *found)), layer)]
    return tuple(found)
