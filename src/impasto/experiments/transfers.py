"""A sweep over style transfers: one photo, one painting, and Gram matrices as the documents have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, TypeVar

import torch
from pydantic import Field

from impasto.experiments import sweep_results as drawn
from impasto.experiments.experiment import Row, grouped
from impasto.experiments.judges import TransferJudge
from impasto.experiments.pictures import PAIR, photo_and_painting
from impasto.experiments.sweep import (
    AT_THE_END,
    FROM_WHERE,
    OneNetworkConfig,
    Sweep,
    SweepConfig,
    Variant,
    documents_layers,
)
from impasto.inputs import Input, Inputs
from impasto.metrics import sliced_patch_wasserstein
from impasto.tables import Column, Figure


class TransferConfig(SweepConfig):
    """What all style transfers of a sweep share."""

    init: Literal["noise", "content", "style"] = Field("content", description="what to start from")
    content_weight: float = Field(2.0, ge=0, le=1e12, description="alpha, the weight of the content")
    style_weight: float = Field(1.0, gt=0, le=1e12, description="beta, the weight of the style")

    def common(self) -> dict[str, Any]:
        """The method's settings that are the same for all variants."""
        return {
            **super().common(),
            **self.of_style(),
            "init": self.init,
            "content_weight": self.content_weight,
            "hold": 0.0,
            "style_weight": self.style_weight,
            "style_size": "stretch",  # "we always resized the style image to the same size as the content image"
        }


class OneNetworkTransferConfig(TransferConfig, OneNetworkConfig):
    """The same, with one network and the layers of the documents."""

    def common(self) -> dict[str, Any]:
        """The method's settings that are the same for all variants."""
        return super().common() | transfer_layers(self.network)


def transfer_layers(network: str) -> dict[str, Any]:
    """The documents' layers of a VGG; of another network, its own choice."""
    return {"layers": documents_layers(network), "content_layers": ("conv4_2",) if network.startswith("vgg") else ()}


PAPER: dict[str, Any] = {
    # The second and third documents: from white noise, pixels, sums of squares, 1000 steps. They give no weights; 1 to
    # 1e6 are those of PyTorch's tutorial, whose log the third one shows.
    "size": 512,
    "steps": 1000,
    "init": "noise",
    "canvas": "pixels",
    "gram_form": "paper",
    "content_weight": 1.0,
    "style_weight": 1e6,
}

T = TypeVar("T", bound=TransferConfig)


class TransferSweep(Sweep[T]):
    """Style transfers that differ in one thing."""

    inputs: tuple[Input, ...] = (PAIR,)
    columns = (
        Column("group", "what the run is compared for"),
        Column("variant"),
        *AT_THE_END,
        Column("own content", "the part of the loss that is the content's, weighted", ".4g"),
        Column("own style", "the part that is the style's, weighted", ".4g"),
        Column("content", "|F - P| / |P| by the judge: how far the result is from the photo", ".3f"),
        Column("style", "|G - A| / |A| by the judge, mean over layers: how far it is from the painting", ".3f"),
        Column("patches", "sliced Wasserstein distance of its patches from the painting's, without a network", ".4f"),
        *FROM_WHERE,
    )
    captions: ClassVar[Mapping[str, str]] = {}
    """What the picture of each group shows."""

    def given(self, inputs: Inputs) -> Mapping[str, torch.Tensor]:
        """The photo and the painting."""
        photo, painting = photo_and_painting(inputs, self.config.size, self.name)
        return {"content": photo, "style": painting}

    def measured(
        self, variant: Variant, result: torch.Tensor, given: Mapping[str, torch.Tensor], judge: TransferJudge
    ) -> Mapping[str, object]:
        """How far a result is from both pictures."""
        del variant
        patches = sliced_patch_wasserstein(result, given["style"])
        return {
            "content": judge.content(result, given["content"]),
            "style": judge.style(result, given["style"]),
            "patches": sum(patches) / len(patches),
        }

    def figures(self, rows: Sequence[Row], inputs: Inputs) -> Sequence[Figure]:
        """All results of a group side by side; both distances; the losses."""
        given = self.given(inputs)
        beside = {"photo": given["content"], "painting": given["style"]}
        groups = grouped(rows, "group")
        sheets: list[Figure] = [drawn.grid(name, self.captions[name], mine, beside) for name, mine in groups.items()]
        charts = [drawn.distances(rows), *(drawn.losses(name, mine) for name, mine in groups.items())]
        return [*sheets, *charts, *drawn.written(rows)]
