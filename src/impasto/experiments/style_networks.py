"""Which network: VGG-16, VGG-19, max or average pooling, and what is used by default (document 3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from pydantic import Field

from impasto.experiments.claims import MARGIN
from impasto.experiments.experiment import Row
from impasto.experiments.sweep import OneOptimizerConfig, Variant, network_settings
from impasto.experiments.sweep_results import Claim, Found, judged
from impasto.experiments.transfers import PAPER, TransferConfig, TransferSweep, transfer_layers
from impasto.inputs import Inputs

GROUP = "networks"
DEFAULT = "efficientnet-lite0"


class StyleNetworksConfig(TransferConfig, OneOptimizerConfig):
    """Parameters of `experiment style-networks`."""

    networks: tuple[str, ...] = Field(
        ("vgg16:max", "vgg16:average", "vgg19:max", "vgg19:average", DEFAULT),
        min_length=1,
        max_length=24,
        description="networks, each NAME or NAME:POOLING",
    )

    presets: ClassVar[dict[str, dict[str, Any]]] = {"paper": PAPER}


def _said(*names: str) -> Callable[[Found], str]:
    return lambda found: "; ".join(
        f"{name}: {judged(found[name])}, patches {found[name].number('patches'):.3f}" for name in names
    )


def _fall(row: Row) -> float:
    """The own loss at the end, as a share of where it began."""
    return row.trace.losses[-1] / row.trace.losses[0]


def _better(ours: Row, theirs: Row) -> bool:
    """Whether a result is nearer to the painting by a tenth, and no farther from the photo by one."""
    return MARGIN * ours.number("style") < theirs.number("style") and ours.number("content") < MARGIN * theirs.number(
        "content"
    )


class StyleNetworks(TransferSweep[StyleNetworksConfig]):
    """Transfer the same style with each network."""

    name = "experiment style-networks"
    title = "Which network a style transfer needs"
    question = (
        "The same photo and painting, the same form of the losses, the same number of steps: what does the network "
        "change, and what its pooling? A network whose weights are not on this machine has a row that says so."
    )
    Config = StyleNetworksConfig
    captions: ClassVar[Mapping[str, str]] = {GROUP: "The photo, the painting, and the transfer with each network."}
    claims = (
        Claim(
            3,
            "Replacing max pooling by average pooling improves the gradient flow.",
            ("vgg16:max", "vgg16:average"),
            lambda found: (
                "own loss at the end / its first: "
                + "; ".join(f"{label} {_fall(found[label]):.2g}" for label in ("vgg16:max", "vgg16:average"))
            ),
            lambda found: MARGIN * _fall(found["vgg16:average"]) < _fall(found["vgg16:max"]),
        ),
        Claim(
            3,
            "With average pooling one obtains slightly more appealing results.",
            ("vgg16:max", "vgg16:average"),
            _said("vgg16:max", "vgg16:average"),
        ),
        Claim(
            3,
            "VGG-16 performs better than VGG-19, although it has fewer convolutions.",
            ("vgg16:average", "vgg19:average"),
            _said("vgg16:average", "vgg19:average"),
            lambda found: _better(found["vgg16:average"], found["vgg19:average"]),
        ),
    )

    def variants(self, inputs: Inputs) -> Sequence[Variant]:
        """A run for each network."""
        del inputs
        return [self._variant(choice) for choice in dict.fromkeys(self.config.networks)]

    def _variant(self, choice: str) -> Variant:
        name, _, pool = choice.partition(":")
        settings = {**network_settings(name), **transfer_layers(name), "pool": pool or self.config.pool}
        return Variant(choice, GROUP, settings)
