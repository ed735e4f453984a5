"""What layers know: style found again from more and more of them, content from each (document 3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import torch
from pydantic import Field

from impasto.experiments import sweep_results as drawn
from impasto.experiments.claims import MARGIN
from impasto.experiments.experiment import Row, grouped
from impasto.experiments.judges import TransferJudge
from impasto.experiments.pictures import PAIR, photo_and_painting
from impasto.experiments.sweep import (
    AT_THE_END,
    FROM_WHERE,
    OneNetworkConfig,
    OneOptimizerConfig,
    Sweep,
    Variant,
    documents_layers,
)
from impasto.experiments.sweep_results import Claim, Found
from impasto.features import WEIGHTS, load_network, weights_of
from impasto.images import resize
from impasto.inputs import Inputs
from impasto.metrics import sliced_patch_wasserstein
from impasto.tables import Column, Figure

STYLE, CONTENT = "style", "content"
COARSE = 8  # the arrangement is that of pictures so many times smaller
DISCARDED = 0.3  # a correlation below which little is left of an arrangement


class StyleReconstructionConfig(OneNetworkConfig, OneOptimizerConfig):
    """Parameters of `experiment style-reconstruction`."""

    layers: tuple[str, ...] = Field(
        (), description="layers, shallow to deep (default: the first convolution of each block of a VGG)"
    )
    smoothness: float = Field(0.02, ge=0, le=1e6, description="weight of the total variation, for content")

    presets: ClassVar[dict[str, dict[str, Any]]] = {
        # The third document: white noise, pixels, the paper's losses, average pooling.
        "paper": {
            "size": 256,
            "steps": 200,
            "optimizer": "lbfgs",
            "canvas": "pixels",
            "gram_form": "paper",
            "smoothness": 0.0,
        }
    }


def arrangement(picture: torch.Tensor, other: torch.Tensor) -> float:
    """Pearson's correlation of two pictures (3, H, W) of one size, COARSE times smaller, colours less their means."""
    size = max(2, picture.shape[2] // COARSE), max(2, picture.shape[1] // COARSE)
    planes = [resize(each, size).double() for each in (picture, other)]
    values = torch.stack([(each - each.mean((1, 2), keepdim=True)).flatten() for each in planes])
    return float(torch.corrcoef(values)[0, 1].nan_to_num())


def _of(found: Found, group: str) -> list[Row]:
    return [row for row in found.values() if row.values["group"] == group]


def _said(group: str, column: str, form: str) -> Callable[[Found], str]:
    return lambda found: drawn.numbers(column, form, *map(drawn.label, _of(found, group)))(found)


class StyleReconstruction(Sweep[StyleReconstructionConfig]):
    """Reconstruct a painting's style from sets of layers, and a photo's content from each layer."""

    name = "experiment style-reconstruction"
    title = "What the layers of a network know"
    question = (
        "From white noise, a picture is sought that has the Gram matrices of a painting in the first layer, the first "
        "two, and so on; or the features of a photo in one layer. What comes back, and what has been lost?"
    )
    Config = StyleReconstructionConfig
    inputs = (PAIR, WEIGHTS)
    columns = (
        Column("group", "style of the painting by a set of layers, or content of the photo by one layer"),
        Column("variant", "the layers"),
        *AT_THE_END,
        Column(
            "style", "|G - A| / |A| by the judge, mean over layers: how far it is from what it is made after", ".3f"
        ),
        Column("content", "|F - P| / |P| by the judge", ".3f"),
        Column("fine patches", "sliced Wasserstein distance of its patches from the picture's, at full size", ".4f"),
        Column("coarse patches", "the same at a quarter of the size (half of it, if that is too small)", ".4f"),
        Column("arrangement", f"correlation of both pictures, {COARSE} times smaller: 1 if all is in its place", ".2f"),
        Column("pixels", "root mean square difference of the pixels", ".3f"),
        *FROM_WHERE,
    )
    claims = (
        Claim(
            3,
            "Style: deeper in the network the global arrangement, the structural features, are discarded.",
            (STYLE,),
            _said(STYLE, "arrangement", ".2f"),
            lambda found: all(abs(each.number("arrangement")) < DISCARDED for each in _of(found, STYLE)),
        ),
        Claim(
            3,
            "Style: with more layers the pictures match the style on an increasing scale.",
            (STYLE,),
            _said(STYLE, "coarse patches", ".3f"),
            lambda found: (
                MARGIN * _of(found, STYLE)[-1].number("coarse patches") < _of(found, STYLE)[0].number("coarse patches")
            ),
        ),
        Claim(
            3,
            "Content: gradient descent on noise visualises what is encoded at each layer.",
            (CONTENT,),
            _said(CONTENT, "pixels", ".3f"),
        ),
    )

    def given(self, inputs: Inputs) -> Mapping[str, torch.Tensor]:
        """The photo, and the painting in the same shape."""
        photo, painting = photo_and_painting(inputs, self.config.size, self.name)
        return {CONTENT: photo, STYLE: resize(painting, (photo.shape[2], photo.shape[1]))}

    def inputs_of(self, variant: Variant, given: Mapping[str, torch.Tensor]) -> Mapping[str, torch.Tensor]:
        """The painting for style, the photo for content."""
        return {"image": given[variant.group]}

    def variants(self, inputs: Inputs) -> Sequence[Variant]:
        """A run for each set of layers, and for each layer."""
        config = self.config
        network = load_network(config.network, weights=weights_of(config.network_weights, inputs))
        layers = config.layers or documents_layers(config.network) or network.default_style_layers
        network.check(layers)
        sets = [layers[:count] for count in range(1, len(layers) + 1)]
        return [
            *(
                Variant(
                    f"{each[0]} only" if len(each) == 1 else f"{each[0]} to {each[-1]}",
                    STYLE,
                    {**config.of_style(), "layers": each, "sets": "whole"},
                    "reconstruct style",
                )
                for each in sets
            ),
            *(
                Variant(layer, CONTENT, {"layers": (layer,), "smoothness": config.smoothness}, "reconstruct content")
                for layer in layers
            ),
        ]

    def measured(
        self, variant: Variant, result: torch.Tensor, given: Mapping[str, torch.Tensor], judge: TransferJudge
    ) -> Mapping[str, object]:
        """How far a reconstruction is from what it is one of."""
        goal = given[variant.group]
        patches = sliced_patch_wasserstein(result, goal)
        return {
            "style": judge.style(result, goal),
            "content": judge.content(result, goal),
            "fine patches": patches[0],
            "coarse patches": patches[-1],
            "arrangement": arrangement(result, goal),
            "pixels": float((result - goal).square().mean().sqrt()),
        }

    def figures(self, rows: Sequence[Row], inputs: Inputs) -> Sequence[Figure]:
        """Both kinds of reconstruction in a row each, and their losses."""
        given, groups = self.given(inputs), grouped(rows, "group")
        captions = {
            STYLE: "The painting, and its style found again from noise by more and more layers.",
            CONTENT: "The photo, and its content found again from noise, by one layer each.",
        }
        beside = {STYLE: {"painting": given[STYLE]}, CONTENT: {"photo": given[CONTENT]}}
        found: list[Figure] = [
            drawn.grid(group, captions[group], mine, beside[group], _said_below) for group, mine in groups.items()
        ]
        return [*found, *(drawn.losses(group, mine) for group, mine in groups.items()), *drawn.written(rows)]


def _said_below(row: Row) -> str:
    return f"arrangement {row.number('arrangement'):.2f}"
