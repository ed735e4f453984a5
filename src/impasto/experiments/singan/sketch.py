"""A generator whose coarsest scales learn the picture's sketch (the fifth document, experiment 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

import torch
from pydantic import Field

from impasto.edges.lines import lines_of
from impasto.edges.soft import soft_edges
from impasto.errors import InputError
from impasto.experiments import claims
from impasto.experiments.claims import Claim
from impasto.experiments.experiment import Row, Rows
from impasto.experiments.singan.sweep import SHOWN, measured
from impasto.experiments.singan.trainings import SinGANExperiment, SinGANExperimentConfig, Variant
from impasto.features import load_network
from impasto.gan.singan import TrainSinGAN
from impasto.images import contact_sheet
from impasto.inputs import Inputs
from impasto.networks.pyramid_sizes import SCALES
from impasto.runs.job import Job, prepare
from impasto.tables import Column, Figure, Sheet, Table

FACTOR = 0.8  # from one scale to the next: more of them, so that some are left to paint


class SinGANSketchConfig(SinGANExperimentConfig):
    """Parameters of `experiment singan-sketch`."""

    scales: int = Field(3, ge=1, le=SCALES, description="coarsest scales that learn the sketch")

    main = "size seeds steps samples scales full seed device"


class SinGANSketch(SinGANExperiment[SinGANSketchConfig]):
    """Train a generator of one picture whose coarsest scales learn its sketch, and draw from each of them on."""

    name = "experiment singan-sketch"
    title = "From a sketch to a picture"
    question = (
        "The coarsest scales learn a sketch of the picture, the finer ones to paint what was sketched. What comes of "
        "it where samples are new from each of these scales on, and where the sketch is the picture's own?"
    )
    Config = SinGANSketchConfig
    columns = (
        Column("picture"),
        Column("seed"),
        Column("from scale", "from which on samples are new; N is the coarsest, the last the first that paints"),
        Column("distance", "of samples' patches from the picture's (sliced 2-Wasserstein, 7x7, three sizes)", ".4f"),
        Column("diversity", "deviation of a pixel over samples, for that of the picture's pixels", ".3f"),
        Column("seconds", "of the training", ".0f"),
    )
    says = (
        Claim[Sequence[Mapping[str, Any]]](
            5,
            "from scale N-2 on samples are slightly better",
            (),
            lambda lines: ", ".join(f"{line['from scale']}: {line['distance']:.4f}" for line in lines),
            lambda lines: _mean(lines, "N-2") < min(_mean(lines, "N"), _mean(lines, "N-1")),
        ),
    )

    def check(self, inputs: Inputs) -> None:
        """Raise InputError for a picture that has no scale left to paint."""
        super().check(inputs)
        for name, picture in self.pictures(inputs).items():
            (variant,) = self.variants()
            scales = len(self.config.training(variant.settings, 0).learned((picture.shape[2], picture.shape[1])))
            if self.config.scales >= scales:
                raise InputError(
                    f"scales {self.config.scales}: {name} has {scales}, and the finest must paint: take fewer"
                )

    def variants(self) -> Sequence[Variant]:
        """One."""
        return (Variant("as usual", {"sketch_scales": self.config.scales, "scale_factor": FACTOR}),)

    def job(self, picture: torch.Tensor, variant: Variant, seed: int) -> Job:
        """With the picture's sketch."""
        config = self.config.training(variant.settings, seed)
        return prepare(TrainSinGAN(config), {"image": [picture], "sketch": [sketch_of(picture)]})

    def row(self, name: str, variant: Variant, seed: int, job: Job, rows: Rows) -> Row:
        """Samples from each scale on that learned the sketch, and from the next."""
        del variant
        found = self.trained(job, rows, lambda _: {})
        values: dict[str, object] = {"picture": name, "seed": self.config.seed + seed, "seconds": found.seconds}
        pictures = {"picture": found.picture, "sketch": sketch_of(found.picture)}
        for start in range(self.config.scales + 1):
            drawn = found.samples(self.config.samples, self.config.seed, start=start)
            measures = measured(drawn, found.picture, found.sampler.reconstruction(), found.picture)
            values |= {f"{column} {start}": measures[column] for column in ("distance", "diversity")}
            pictures[f"samples {start}"] = drawn[:SHOWN].clone()
        return Row(values, pictures if seed == 0 else {}, rows.trace)

    def table(self, rows: Sequence[Row]) -> Table:
        """A line for each training and scale."""
        return Table("table", "", self.columns, self._lines(rows))

    def tables(self, rows: Sequence[Row], inputs: Inputs) -> Sequence[Table]:
        """What the document says."""
        del inputs
        if self.config.scales < 3:
            return []
        caption = "What the fifth document says, and what was measured here."
        return [claims.table(self.says, self._lines(rows), (), caption)]

    def figures(self, rows: Sequence[Row], inputs: Inputs) -> Sequence[Figure]:
        """Of the first seed: the picture, its sketch, and samples from each scale on."""
        del inputs
        pictures, captions = list[torch.Tensor](), list[str]()
        for row in rows:
            if not row.pictures:
                continue
            for start in range(self.config.scales + 1):
                drawn = row.pictures[f"samples {start}"]
                pictures += [row.pictures["picture"], row.pictures["sketch"], *drawn]
                captions += [row.text("picture"), "its sketch", f"from {_name(start)}", *[""] * (len(drawn) - 1)]
        across = 2 + min(SHOWN, self.config.samples)
        return [Sheet("samples", "Samples of the first seed.", contact_sheet(pictures, captions, across))]

    def _lines(self, rows: Sequence[Row]) -> list[dict[str, Any]]:
        return [
            {name: row.values[name] for name in ("picture", "seed", "seconds")}
            | {"from scale": _name(start)}
            | {column: row.values[f"{column} {start}"] for column in ("distance", "diversity")}
            for row in rows
            for start in range(self.config.scales + 1)
        ]


def sketch_of(picture: torch.Tensor) -> torch.Tensor:
    """The lines of a picture (3, H, W) as `data edges` draws them, dark on white, of the same size."""
    lines = torch.from_numpy(lines_of(soft_edges(load_network(), picture))).to(picture)
    return (1 - lines).clamp(0, 1).expand(3, -1, -1).contiguous()


def _name(start: int) -> str:
    return f"N-{start}" if start else "N"


def _mean(lines: Sequence[Mapping[str, Any]], name: str) -> float:
    return fmean(line["distance"] for line in lines if line["from scale"] == name)
