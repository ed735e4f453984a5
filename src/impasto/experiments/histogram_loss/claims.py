"""What the document says of the time that histograms save, beside what was measured."""

from __future__ import annotations

from collections.abc import Sequence

from impasto.experiments.experiment import Column, Row, Table
from impasto.experiments.histogram_loss.drift import Drift, Standing
from impasto.experiments.histogram_loss.trials import GRAM, HISTOGRAM, Followed, Trial

CLAIM = 45.7  # % of Gram's time: 7 min 8 s against 15 min 35 s on 4 cores, 512 px (the fourth document, section 4)
STEPS_CLAIMED = (1000, 700)  # that the document takes for each


def claim(followed: Sequence[Followed], rows: Sequence[Row]) -> Table:
    """The document's claim beside ours; `rows` are those of what was followed, in its order."""
    columns = (
        Column("the document"),
        Column("size"),
        Column("per step", form=".1f"),
        Column("same quality", form=".1f"),
    )
    lines = [
        {
            "the document": f"histogram loss needs {CLAIM} % of Gram's time (512 px, VGG, its own program)",
            "size": f"{trial.name}, {trial.size} px",
            "per step": 100 * drift.per_step / _gram_of(trial, followed).per_step,
            "same quality": row.values["% of Gram's time"],
        }
        for (trial, drift), row in zip(followed, rows, strict=False)
        if trial.loss == HISTOGRAM
    ]
    steps = f"{STEPS_CLAIMED[0]} steps for Gram and {STEPS_CLAIMED[1]} with histograms"
    caption = f"Time with histograms in % of Gram's, by a step and until the same quality; it took {steps}."
    return Table("claim", caption, columns, lines)


def course(followed: Sequence[Followed]) -> Table:
    """Every measurement."""
    columns = [Column(name) for name in ("exemplar", "size", "loss", *Standing.__dataclass_fields__)]
    lines = [
        {"exemplar": trial.name, "size": trial.size, "loss": trial.loss, **vars(standing)}
        for trial, drift in followed
        for standing in drift.standings
    ]
    return Table("course", "Every measurement.", columns, lines, shown=False)


def _gram_of(trial: Trial, followed: Sequence[Followed]) -> Drift:
    return next(
        drift for other, drift in followed if (other.name, other.size, other.loss) == (trial.name, trial.size, GRAM)
    )
