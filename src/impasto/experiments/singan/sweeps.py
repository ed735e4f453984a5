"""What a generator of a single picture depends on (the fifth document, experiments 1, 2, 6 and 7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import torch
from pydantic import Field

from impasto.experiments.claims import MARGIN, Claim
from impasto.experiments.pictures import with_long_side
from impasto.experiments.singan.sweep import Found, SinGANSweep
from impasto.experiments.singan.trainings import SinGANExperimentConfig, Variant
from impasto.images import fit_long_side, resize

Factor = Annotated[float, Field(ge=0.3, le=0.95)]
Weight = Annotated[float, Field(ge=0, le=1e6)]

WITHOUT, HALF, WITH = "without", "without, half the steps", "with"


class SinGANResidualConfig(SinGANExperimentConfig):
    """Parameters of `experiment singan-residual`."""


class SinGANResidual(SinGANSweep[SinGANResidualConfig]):
    """Train a generator of one picture with and without residual connections."""

    name = "experiment singan-residual"
    title = "Whether a scale should add to the picture below"
    question = (
        "With residual connections each scale begins near the enlarged picture of the scale below. Does it learn "
        "faster, and does what it draws vary more?"
    )
    Config = SinGANResidualConfig
    says = (
        Claim(
            5,
            "no difference in the speed of convergence: as near after as many steps",
            (WITHOUT, WITH),
            lambda found: found.told("distance", ".4f"),
            lambda found: 1 / MARGIN < found.mean(WITH, "distance") / found.mean(WITHOUT, "distance") < MARGIN,
        ),
        Claim(
            5,
            "samples vary a little more with residual connections",
            (WITHOUT, WITH),
            lambda found: found.told("diversity"),
            lambda found: found.mean(WITH, "diversity") > found.mean(WITHOUT, "diversity"),
        ),
    )

    def variants(self) -> Sequence[Variant]:
        """Without for all steps and for half of them, as the document has it, and with for all."""
        return (
            Variant(WITHOUT, {"residual": False}),
            Variant(HALF, {"residual": False, "steps": max(1, self.config.each // 2)}),
            Variant(WITH, {}),
        )


class SinGANReconstructionConfig(SinGANExperimentConfig):
    """Parameters of `experiment singan-reconstruction`."""

    of_document = 500
    weights: tuple[Weight, ...] = Field(
        (0.0, 0.1, 1.0, 10.0), min_length=2, max_length=12, description="weights of giving back the picture"
    )


class SinGANReconstruction(SinGANSweep[SinGANReconstructionConfig]):
    """Train a generator of one picture with more and less weight on giving it back."""

    name = "experiment singan-reconstruction"
    title = "What giving back the picture is good for"
    question = (
        "Beside the critic a generator has to give back the picture from one fixed noise, with weight alpha. How do "
        "samples change with alpha, and does their contrast near the picture's?"
    )
    Config = SinGANReconstructionConfig
    says = (
        Claim(
            5,
            "with the reconstruction loss the contrast of samples comes nearer to the picture's",
            ("alpha 0", "alpha 10"),
            lambda found: found.told("contrast"),
            lambda found: abs(found.mean("alpha 10", "contrast") - 1) < abs(found.mean("alpha 0", "contrast") - 1),
        ),
    )

    def variants(self) -> Sequence[Variant]:
        """One for each weight."""
        return [Variant(f"alpha {weight:g}", {"reconstruction": weight}) for weight in self.config.weights]


class SinGANScalesConfig(SinGANExperimentConfig):
    """Parameters of `experiment singan-scales`."""

    factors: tuple[Factor, ...] = Field(
        (0.5, 0.6, 0.7, 0.8, 0.9), min_length=2, max_length=12, description="sizes of a scale for that of the next"
    )


def _better_with_more(found: Found) -> bool:
    labels = list(found.rows)
    return MARGIN * found.mean(labels[-1], "distance") < found.mean(labels[0], "distance")


class SinGANScales(SinGANSweep[SinGANScalesConfig]):
    """Train a generator of one picture with few scales and with many."""

    name = "experiment singan-scales"
    title = "How many scales a picture needs"
    question = (
        "The nearer the factor between scales is to 1, the more there are, and the less each has to add. What is won?"
    )
    Config = SinGANScalesConfig
    says = (
        Claim(
            5,
            "the quality increases with the factor, because there are more scales",
            (),
            lambda found: found.told("distance", ".4f"),
            _better_with_more,
        ),
    )

    def variants(self) -> Sequence[Variant]:
        """One for each factor."""
        return [Variant(f"factor {factor:g}", {"scale_factor": factor}) for factor in sorted(self.config.factors)]


class SinGANSizesConfig(SinGANExperimentConfig):
    """Parameters of `experiment singan-sizes`."""


BASE, COARSER, LARGER = "as usual", "from half as small", "to twice as large"


class SinGANSizes(SinGANSweep[SinGANSizesConfig]):
    """Train a generator of one picture between other limits, and draw twice as large."""

    name = "experiment singan-sizes"
    title = "Where the scales should begin and end"
    question = (
        "The coarsest scale has 25 pixels on its short side and the finest 250 on its long one. What do scales below "
        "and above do for samples of twice the size? (Here the finest has --size pixels, and twice as many.)"
    )
    Config = SinGANSizesConfig
    enlarged = 2
    says = (
        Claim(
            5,
            "a larger greatest size gives better samples, for more scales",
            (BASE, LARGER),
            lambda found: found.told("distance", ".4f"),
            lambda found: MARGIN * found.mean(LARGER, "distance") < found.mean(BASE, "distance"),
        ),
        Claim(
            5,
            "a smaller least size gives more scales too, and no better samples",
            (BASE, COARSER),
            lambda found: found.told("distance", ".4f"),
            lambda found: found.mean(BASE, "distance") < MARGIN * found.mean(COARSER, "distance"),
        ),
    )

    def compared(self, drawn: torch.Tensor, picture: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Both reduced to the usual size where a larger one was learned: the smaller, the nearer patches are."""
        wanted = self.config.long
        if max(picture.shape[1:]) <= wanted:
            return drawn, picture
        size = fit_long_side((drawn.shape[3], drawn.shape[2]), self.enlarged * wanted)
        return torch.stack([resize(each, size) for each in drawn]), with_long_side(picture, wanted)

    def variants(self) -> Sequence[Variant]:
        """25 to 250, 12 to 250, and 25 to 520, in the document's own size; a factor of .75."""
        large = 520 if self.config.full else 2 * self.config.size
        factor = {"scale_factor": 0.75}
        return (Variant(BASE, factor), Variant(COARSER, factor | {"coarsest": 12}), Variant(LARGER, factor, size=large))
