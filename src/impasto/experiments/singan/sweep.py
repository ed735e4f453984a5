"""Trainings on a picture that differ in one thing, measured and compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import fmean, stdev
from typing import Any, ClassVar

import torch

from impasto.experiments import claims
from impasto.experiments.claims import Claim
from impasto.experiments.experiment import Row, Rows, grouped
from impasto.experiments.pictures import in_lines, with_long_side
from impasto.experiments.singan.trainings import C, SinGANExperiment, Variant
from impasto.inputs import Inputs
from impasto.metrics import pixel_diversity, sliced_patch_wasserstein
from impasto.observers import Step
from impasto.runs.job import Job
from impasto.tables import Chart, Column, Figure, Sheet, Table

PATCH = 7
NOTED = 10  # steps from one to the next whose losses are kept
SHOWN = 4  # samples of each training on the sheet

COLUMNS = (
    Column("picture"),
    Column("variant"),
    Column("seeds"),
    Column("scales"),
    Column("factor", "from one scale to the next, adjusted so that the coarsest fits", ".3f"),
    Column("distance", "of samples' patches from the picture's (sliced 2-Wasserstein, 7x7, three sizes)", ".4f"),
    Column("deviation", "of that, over the seeds", ".4f"),
    Column("diversity", "deviation of a pixel over samples, for that of the picture's pixels", ".3f"),
    Column("contrast", "deviation of samples' pixels, for that of the picture's", ".3f"),
    Column("reconstruction", "root mean square of what is given back against the picture", ".4f"),
    Column("seconds", "of a training", ".0f"),
)
MEASURED = tuple(column.name for column in COLUMNS[5:] if column.name != "deviation")


@dataclass(frozen=True)
class Found:
    """What the trainings of all variants measured, by variant and column: the mean over pictures and seeds."""

    rows: Mapping[str, Sequence[Row]]

    def mean(self, label: str, column: str) -> float:
        """The mean of a column."""
        return fmean(row.number(column) for row in self.rows[label])

    def told(self, column: str, form: str = ".3f") -> str:
        """All of a column, in words."""
        return ", ".join(f"{label}: {self.mean(label, column):{form}}" for label in self.rows)


class SinGANSweep(SinGANExperiment[C]):
    """Train a generator of one picture in several ways, and measure what it draws."""

    columns = COLUMNS
    says: ClassVar[Sequence[Claim[Found]]] = ()
    enlarged: ClassVar[int] = 1  # times the size of the picture that samples are drawn at

    def table(self, rows: Sequence[Row]) -> Table:
        """A line for each picture and variant, the mean of its seeds."""
        lines = []
        for name, of_picture in grouped(rows, "picture").items():
            for label, mine in grouped(of_picture, "variant").items():
                distances = [row.number("distance") for row in mine]
                line: dict[str, object] = {"picture": name, "variant": label, "seeds": len(mine)}
                line |= {name: mine[0].values[name] for name in ("scales", "factor")}
                line |= {column: fmean(row.number(column) for row in mine) for column in MEASURED}
                lines.append({**line, "deviation": stdev(distances) if len(mine) > 1 else None})
        return Table("table", "", self.columns, lines)

    def tables(self, rows: Sequence[Row], inputs: Inputs) -> Sequence[Table]:
        """What the document says; each training by itself."""
        del inputs
        shown = [it for it in self.columns if it.name not in ("seeds", "deviation")]
        columns = [*shown[:2], Column("seed"), *shown[2:]]
        runs = [{it.name: row.values[it.name] for it in columns} for row in rows]
        trainings = Table("trainings", "", columns, runs)
        if not self.says:
            return [trainings]
        found = Found(grouped(rows, "variant"))
        caption = "What the fifth document says, and what was measured here."
        return [claims.table(self.says, found, found.rows, caption), trainings]

    def figures(self, rows: Sequence[Row], inputs: Inputs) -> Sequence[Figure]:
        """Samples of the first seed, a variant a line, and what was measured of each."""
        known = self.pictures(inputs)
        lines = [
            ((known[name], label), list(mine[0].pictures["samples"]))
            for name, of_picture in grouped(rows, "picture").items()
            for label, mine in grouped(of_picture, "variant").items()
        ]
        words = "Each training: how far its samples' patches are, and how various they are."
        chart = Chart("distance", words, partial(against_diversity, rows, "variant", "distance", "distance of patches"))
        return [Sheet("samples", "The picture, and samples of the first seed.", in_lines(lines)), chart]

    def compared(self, drawn: torch.Tensor, picture: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Samples and the learned picture as they are compared, whatever the size that was learned."""
        return drawn, picture

    def row(self, name: str, variant: Variant, seed: int, job: Job, rows: Rows) -> Row:
        """What the samples of a training have of the picture."""
        found = self.trained(job, rows, _noted)
        drawn = found.samples(self.config.samples, self.config.seed, enlarged=self.enlarged)
        values: dict[str, object] = {"picture": name, "variant": variant.label, "seed": self.config.seed + seed}
        values |= {"scales": found.sampler.scales, "factor": found.factor, "seconds": found.seconds}
        values |= measured(*self.compared(drawn, found.picture), found.sampler.reconstruction(), found.picture)
        return Row(values, {"samples": drawn[:SHOWN].clone()} if seed == 0 else {}, rows.trace)


def measured(
    drawn: torch.Tensor, picture: torch.Tensor, given_back: torch.Tensor, learned: torch.Tensor
) -> dict[str, float]:
    """What is measured of samples (N, 3, H, W) beside a picture (3, h, w), and of what is given back of the learned."""
    distances = [torch.tensor(sliced_patch_wasserstein(each, picture, patch=PATCH)).mean() for each in drawn]
    like = picture if picture.shape == drawn.shape[1:] else with_long_side(picture, max(drawn.shape[2:]))
    return {
        "distance": float(torch.stack(distances).mean()),
        "diversity": pixel_diversity([*drawn], like),
        "contrast": float(torch.stack([each.std() for each in drawn]).mean() / picture.std()),
        "reconstruction": float((given_back - learned).square().mean().sqrt()),
    }


def _noted(step: Step) -> Mapping[str, float]:
    return step.losses if step.index % NOTED == 0 else {}


def against_diversity(rows: Sequence[Row], by: str, column: str, words: str, axes: Any) -> None:
    """Draw a point for each row, a distance over the diversity of what was drawn, with a colour for each `by`."""
    for label, mine in grouped(rows, by).items():
        axes.plot([row.number("diversity") for row in mine], [row.number(column) for row in mine], "o", label=label)
    axes.set(xlabel="diversity", ylabel=words)
    axes.legend(fontsize=8)
