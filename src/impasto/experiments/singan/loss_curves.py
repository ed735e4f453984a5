"""The losses of a generator of a single picture, scale by scale, by the names of the fifth document's legend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from impasto.experiments import claims
from impasto.experiments.claims import Claim
from impasto.experiments.experiment import Row, Rows
from impasto.experiments.singan.trainings import SinGANExperiment, SinGANExperimentConfig, Variant
from impasto.inputs import Inputs
from impasto.observers import Step
from impasto.runs.job import Job
from impasto.tables import Chart, Column, Figure, Table

LEGEND = {
    "D_real2plot": "D/real",
    "D_fake2plot": "D/fake",
    "Critic Loss": "D",
    "z_opt2plot": "G/rec",
    "G_fake2plot": "G/fake",
    "Generator loss": "G",
}
"""The legend's names, and those of our losses: D(x), D(G(z)), D(G(z)) - D(x), the weighted reconstruction loss,
-D(G(z)) after the critic's update, and the sum of the last two. The authors' code keeps D(x) and D(G(z)) with these
signs; the legend gives both a minus."""

CURVES = 200  # places of a curve, at the most


class SinGANLossesConfig(SinGANExperimentConfig):
    """Parameters of `experiment singan-losses`."""


class SinGANLosses(SinGANExperiment[SinGANLossesConfig]):
    """Plot the losses of every scale of a generator of one picture, as the fifth document names them."""

    name = "experiment singan-losses"
    title = "The losses of every scale"
    question = (
        "Critic and generator pull at one number, D(G(z)), from both sides. How do their losses go at each scale, and "
        "is the generator's G_fake nearly the negative of the critic's D_fake?"
    )
    Config = SinGANLossesConfig
    columns = (
        Column("picture"),
        Column("seed"),
        Column("scale", "0 is the coarsest"),
        Column("correlation", "of G_fake2plot and D_fake2plot over the steps", ".3f"),
        Column("apart", "root mean square of G_fake2plot + D_fake2plot, over the deviation of D_fake2plot", ".3f"),
        Column("D(x) begins", "mean of the first tenth", ".3f"),
        Column("D(x) ends", "mean of the last tenth", ".3f"),
    )
    says = (
        Claim[Sequence[Mapping[str, Any]]](
            5,
            "G_fake2plot is almost the negative of D_fake2plot",
            (),
            lambda lines: ", ".join(f"scale {line['scale']}: {line['correlation']:.2f}" for line in lines),
            lambda lines: sum(line["correlation"] < -0.8 for line in lines) > len(lines) / 2,
        ),
        Claim[Sequence[Mapping[str, Any]]](
            5,
            "D(x) decreases",
            (),
            lambda lines: ", ".join(f"{line['D(x) begins']:.2f} to {line['D(x) ends']:.2f}" for line in lines),
            lambda lines: sum(line["D(x) ends"] < line["D(x) begins"] for line in lines) > len(lines) / 2,
        ),
    )

    def variants(self) -> Sequence[Variant]:
        """One."""
        return (Variant("as usual", {}),)

    def row(self, name: str, variant: Variant, seed: int, job: Job, rows: Rows) -> Row:
        """The losses are in the row's trace."""
        del variant
        rows.trace.carry_out(job, _noted)
        return Row({"picture": name, "seed": self.config.seed + seed}, {}, rows.trace)

    def table(self, rows: Sequence[Row]) -> Table:
        """A line for each scale of each training."""
        return Table("table", "", self.columns, self._lines(rows))

    def tables(self, rows: Sequence[Row], inputs: Inputs) -> Sequence[Table]:
        """What the document says."""
        del inputs
        caption = "What the fifth document says, and what was measured here."
        return [claims.table(self.says, self._lines(rows), (), caption)]

    def figures(self, rows: Sequence[Row], inputs: Inputs) -> Sequence[Figure]:
        """The six curves of every scale of the first training."""
        del inputs
        return [
            _chart(row, scale, curves)
            for number, row in enumerate(rows)
            if not number
            for scale, curves in _scales(row)
        ]

    def _lines(self, rows: Sequence[Row]) -> list[dict[str, Any]]:
        lines = []
        for row in rows:
            for scale, curves in _scales(row):
                ours, theirs, real = (curves[name] for name in ("G_fake2plot", "D_fake2plot", "D_real2plot"))
                tenth = max(1, len(real) // 10)
                both = torch.stack([ours, theirs])
                spread = float(theirs.std(correction=0))
                lines.append(
                    {**row.values, "scale": scale}
                    | {"correlation": float(torch.corrcoef(both)[0, 1]) if spread else 0.0}
                    | {"apart": float((ours + theirs).square().mean().sqrt()) / spread if spread else 0.0}
                    | {"D(x) begins": float(real[:tenth].mean()), "D(x) ends": float(real[-tenth:].mean())}
                )
        return lines


def _noted(step: Step) -> Mapping[str, float]:
    return step.losses


def _scales(row: Row) -> list[tuple[int, dict[str, torch.Tensor]]]:
    """The curves of each scale, by the legend's names."""
    found: dict[int, dict[str, list[float]]] = {}
    for moment in row.trace.moments:
        for name, value in moment.values.items():
            scale, _, loss = name.partition("/")
            found.setdefault(int(scale), {}).setdefault(loss, []).append(value)
    return [
        (scale, {name: torch.tensor(losses[ours], dtype=torch.float64) for name, ours in LEGEND.items()})
        for scale, losses in sorted(found.items())
    ]


def _chart(row: Row, scale: int, curves: Mapping[str, torch.Tensor]) -> Chart:
    def draw(axes: Any) -> None:
        for name, values in curves.items():
            width = -(-len(values) // CURVES)  # each place is the mean of so many steps
            count = len(values) // width
            means = values[: count * width].reshape(count, width).mean(1)
            axes.plot([width * (place + 0.5) for place in range(count)], means.tolist(), label=name, linewidth=1.2)
        axes.set(xlabel="step", ylabel="loss")
        axes.legend(fontsize=8, ncols=2)

    return Chart(f"losses-{scale}", f"{row.text('picture')}, scale {scale}.", draw, (8.0, 3.5))
