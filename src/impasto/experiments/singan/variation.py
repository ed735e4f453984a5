"""Where samples of a single picture vary, and whether that is where the picture tells most (experiment 5)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from pydantic import Field

from impasto.experiments import claims
from impasto.experiments.claims import Claim
from impasto.experiments.experiment import Row, Rows
from impasto.experiments.singan.trainings import SinGANExperiment, SinGANExperimentConfig, Variant
from impasto.images import contact_sheet, luminance
from impasto.inputs import Inputs
from impasto.networks.pyramid_sizes import SCALES
from impasto.runs.job import Job
from impasto.tables import Column, Figure, Sheet, Table

RADIUS = 5  # pixels about one whose entropy is measured


class SinGANVariationConfig(SinGANExperimentConfig):
    """Parameters of `experiment singan-variation`."""

    samples: int = Field(50, ge=2, le=10_000, description="samples whose deviation is measured")
    start_scale: int = Field(0, ge=0, le=SCALES, description="scale from which on the samples are new")


class SinGANVariation(SinGANExperiment[SinGANVariationConfig]):
    """Map where samples of one picture vary, beside the picture's local entropy."""

    name = "experiment singan-variation"
    title = "Where samples vary"
    question = (
        "Samples of one picture differ more in some places than in others. Are these the places where the picture "
        "itself holds most information, measured as the entropy of the grey values about each pixel?"
    )
    Config = SinGANVariationConfig
    columns = (
        Column("picture"),
        Column("seed"),
        Column("with entropy", "rank correlation of the samples' deviation with the picture's local entropy", ".3f"),
        Column("with contrast", "the same, with the local deviation of the picture's own grey values", ".3f"),
        Column("diversity", "mean deviation of a pixel over samples, for that of the picture's pixels", ".3f"),
        Column("seconds", "of the training", ".0f"),
    )
    says = (
        Claim[Sequence[Row]](
            5,
            "regions with high variation are regions of high information",
            (),
            lambda rows: ", ".join(f"{row.text('picture')} {row.number('with entropy'):.2f}" for row in rows),
            lambda rows: all(row.number("with entropy") > 0.3 for row in rows),
        ),
    )

    def variants(self) -> Sequence[Variant]:
        """One."""
        return (Variant("as usual", {}),)

    def row(self, name: str, variant: Variant, seed: int, job: Job, rows: Rows) -> Row:
        """The deviation of every pixel over the samples, and how it goes with what the picture has there."""
        del variant
        found = self.trained(job, rows, lambda _: {})
        start = min(self.config.start_scale, found.sampler.scales - 1)
        drawn = found.samples(self.config.samples, self.config.seed, start=start)
        varies, tells, contrast = drawn.std(0).mean(0), entropy(found.picture), local_deviation(found.picture)
        values: dict[str, object] = {"picture": name, "seed": self.config.seed + seed, "seconds": found.seconds}
        values |= {"with entropy": correlation(varies, tells), "with contrast": correlation(varies, contrast)}
        values |= {"diversity": float(varies.mean() / found.picture.std())}
        maps = torch.stack([varies / varies.max().clamp(min=1e-6), tells / tells.max().clamp(min=1e-6)])
        return Row(values, {"picture": found.picture, "maps": maps, "sample": drawn[0].clone()}, rows.trace)

    def tables(self, rows: Sequence[Row], inputs: Inputs) -> Sequence[Table]:
        """What the document says."""
        del inputs
        return [claims.table(self.says, rows, (), "What the fifth document says, and what was measured here.")]

    def figures(self, rows: Sequence[Row], inputs: Inputs) -> Sequence[Figure]:
        """The picture, a sample, where samples vary, and where the picture has entropy."""
        del inputs
        pictures, captions = list[torch.Tensor](), list[str]()
        for row in rows:
            varies, tells = (each.expand(3, -1, -1) for each in row.pictures["maps"])
            pictures += [row.pictures["picture"], row.pictures["sample"], varies, tells]
            captions += [row.text("picture"), "a sample", "deviation over samples", "local entropy"]
        caption = "White is where samples vary most, and where the picture's entropy is greatest."
        return [Sheet("maps", caption, contact_sheet(pictures, captions, 4))]


def entropy(picture: torch.Tensor) -> torch.Tensor:
    """The entropy in bits of the grey values about each pixel, (H, W), of a picture (3, H, W) in [0, 1]."""
    from skimage.filters import rank
    from skimage.morphology import disk

    grey = (luminance(picture)[0].clamp(0, 1) * 255).round().to(torch.uint8).numpy()
    return torch.from_numpy(rank.entropy(grey, disk(RADIUS))).float()  # type: ignore[no-untyped-call]


def local_deviation(picture: torch.Tensor) -> torch.Tensor:
    """The deviation of the grey values in a square about each pixel, (H, W), of a picture (3, H, W)."""
    around = torch.nn.functional.pad(luminance(picture)[None], [RADIUS] * 4, "reflect")
    squares = torch.nn.functional.unfold(around, 2 * RADIUS + 1)[0]
    return squares.std(0).reshape(picture.shape[1:])


def correlation(first: torch.Tensor, second: torch.Tensor) -> float:
    """Spearman's rank correlation of two maps."""
    from scipy.stats import spearmanr

    return float(spearmanr(first.flatten().numpy(), second.flatten().numpy()).statistic)
