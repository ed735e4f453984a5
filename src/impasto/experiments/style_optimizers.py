"""Which optimiser: Adam, gradient descent with momentum, L-BFGS (document 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pydantic import Field

from impasto.experiments.claims import MARGIN
from impasto.experiments.experiment import Row
from impasto.experiments.pictures import PAIR
from impasto.experiments.sweep import Variant, optimizer_settings
from impasto.experiments.sweep_results import Claim, losses, numbers
from impasto.experiments.transfers import PAPER, OneNetworkTransferConfig, TransferSweep
from impasto.features import WEIGHTS
from impasto.inputs import Inputs
from impasto.tables import Figure

GROUP = "optimisers"
ADAM, SGD, LBFGS = "adam", "sgd", "lbfgs"


class StyleOptimizersConfig(OneNetworkTransferConfig):
    """Parameters of `experiment style-optimizers`."""

    optimizers: tuple[str, ...] = Field(
        (ADAM, f"{SGD}:0.3", LBFGS), min_length=1, max_length=24, description="optimisers, each NAME or NAME:RATE"
    )

    presets: ClassVar[dict[str, dict[str, Any]]] = {
        # Of the documents' sums of squares the gradient is much larger, and the step of SGD has to be smaller.
        "paper": {**PAPER, "optimizers": (ADAM, "sgd:0.00003", LBFGS)}
    }


class StyleOptimizers(TransferSweep[StyleOptimizersConfig]):
    """Transfer the same style with each optimiser, for the same number of steps."""

    name = "experiment style-optimizers"
    title = "Which optimiser a style transfer needs"
    question = (
        "The same photo and painting, the same losses, the same number of steps, each of one evaluation: how far does "
        "each optimiser come, and in what time?"
    )
    Config = StyleOptimizersConfig
    inputs = (PAIR, WEIGHTS)
    captions: ClassVar[Mapping[str, str]] = {
        GROUP: "The photo, the painting, and what each optimiser has made of them after the same steps."
    }
    claims = (
        Claim(
            3,
            "With Adam instead of SGD the output looks more realistic to the art of the artist.",
            (ADAM, SGD),
            numbers("style", ".3f", ADAM, SGD, LBFGS),
            lambda found: found[SGD].number("style") > MARGIN * found[ADAM].number("style"),
        ),
        Claim(
            3,
            "Which optimiser makes the losses smallest?",
            (ADAM, SGD, LBFGS),
            numbers("loss", ".4g", ADAM, SGD, LBFGS),
        ),
        Claim(3, "What does each cost?", (ADAM, SGD, LBFGS), numbers("ms a step", ".0f", ADAM, SGD, LBFGS)),
    )

    def variants(self, inputs: Inputs) -> Sequence[Variant]:
        """A run for each optimiser."""
        del inputs
        return [Variant(choice, GROUP, optimizer_settings(choice)) for choice in dict.fromkeys(self.config.optimizers)]

    def figures(self, rows: Sequence[Row], inputs: Inputs) -> Sequence[Figure]:
        """Also the losses over seconds, since a step of one may cost more than one of another."""
        return [*super().figures(rows, inputs), losses(GROUP, rows, over="second")]
