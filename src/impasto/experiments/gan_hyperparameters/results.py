"""What the trainings of each variant found together, and the tables of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from impasto.experiments.experiment import Row, grouped
from impasto.experiments.gan_hyperparameters.judgement import Course, deviation, mean
from impasto.experiments.gan_hyperparameters.variants import BASE
from impasto.tables import Column, Table

LEVEL = 2.0  # times the base's best: whoever is there has learned the most of it

COLUMNS = (
    Column("family", "what is varied"),
    Column("variant"),
    Column("differs in", "its settings that are not the base's"),
    Column("end", "Fréchet distance at the end, mean over the seeds", ".4g"),
    Column("end +-", "its deviation over the seeds", ".3g"),
    Column("best", "smallest Fréchet distance, mean", ".4g"),
    Column("best +-", "its deviation", ".3g"),
    Column("reached", "step at which it was at twice the base's best, mean; none if a seed never was", ".0f"),
    Column("oscillation", "change of samples over a tenth of a measure's way, in their diversity; second half", ".3f"),
    Column(
        "setbacks", "mean factor by which the distance rises from measure to measure, falls being 1; second half", ".2f"
    ),
    Column("diversity", "of the samples at the end, over the real pictures'", ".2f"),
    Column("ms a step", "wall time of a step, measures included", ".0f"),
    Column("note", "what went wrong, and in how many of the trainings"),
)
OF_RUNS = (
    Column("variant"),
    Column("seed"),
    Column("end", "Fréchet distance at the end", ".4g"),
    Column("best", "its smallest", ".4g"),
    Column("best at", "the step of that"),
    Column("oscillation", "", ".3f"),
    Column("setbacks", "", ".2f"),
    Column("diversity", "", ".2f"),
    Column("seconds", "wall time of the training", ".0f"),
    Column("note", "what went wrong"),
)


@dataclass(frozen=True)
class Finding:
    """The trainings of one variant: a course and a row for each seed."""

    rows: Sequence[Row]
    courses: Sequence[Course]

    def each(self, name: str) -> list[float]:
        """A number of every course."""
        return [float(getattr(course, name)) for course in self.courses]

    def reached(self, level: float) -> list[float]:
        """The step at which each was at a level."""
        return [course.reached(level) for course in self.courses]

    @property
    def diversity(self) -> list[float]:
        """That of the last samples of each."""
        return [course.diversity[-1] if course.diversity else math.nan for course in self.courses]

    @property
    def note(self) -> str:
        """What went wrong, and how often."""
        states = [course.state for course in self.courses if course.state]
        return ", ".join(f"{state} ({states.count(state)} of {len(self.courses)})" for state in dict.fromkeys(states))


Findings = Mapping[str, Finding]
"""By the variants' labels."""


def findings(rows: Sequence[Row]) -> dict[str, Finding]:
    """What was found of each variant."""
    return {name: Finding(mine, [course(row) for row in mine]) for name, mine in grouped(rows, "variant").items()}


def course(row: Row) -> Course:
    """That of one training."""
    moments = row.trace.moments
    values = {name: [moment.values[name] for moment in moments] for name in ("frechet", "diversity", "change")}
    return Course([moment.step for moment in moments], **values, broke=int(row.number("broke")))


def level(found: Findings) -> float:
    """Twice the base's best distance; NaN if the base was not trained."""
    return LEVEL * mean(found[BASE].each("best")) if BASE in found else math.nan


def main_table(found: Findings) -> Table:
    """A line for each variant."""
    lines = []
    for label, it in found.items():
        first = it.rows[0]
        ends, bests = it.each("end"), it.each("best")
        lines.append(
            {
                "family": first.values["family"],
                "variant": label,
                "differs in": first.values["differs in"],
                "end": _known(mean(ends)),
                "end +-": deviation(ends),
                "best": _known(mean(bests)),
                "best +-": deviation(bests),
                "reached": _known(mean(it.reached(level(found)))),
                "oscillation": _known(mean(it.each("oscillation"))),
                "setbacks": _known(mean(it.each("setbacks"))),
                "diversity": _known(mean(it.diversity)),
                "ms a step": _known(1000 * mean([row.number("seconds") / row.number("steps") for row in it.rows])),
                "note": it.note,
            }
        )
    return Table("table", "", COLUMNS, lines)


def runs_table(found: Findings) -> Table:
    """A line for each training."""
    lines: list[dict[str, object]] = []
    for label, it in found.items():
        for row, course in zip(it.rows, it.courses, strict=True):
            lines.append(
                {
                    "variant": label,
                    "seed": row.values["seed"],
                    "end": _known(course.end),
                    "best": _known(course.best),
                    "best at": course.best_step or None,
                    "oscillation": _known(course.oscillation),
                    "setbacks": _known(course.setbacks),
                    "diversity": _known(course.diversity[-1]) if course.diversity else None,
                    "seconds": row.values.get("seconds"),
                    "note": course.note(),
                }
            )
    return Table("runs", "Each training by itself.", OF_RUNS, lines)


def courses_table(found: Findings) -> Table:
    """All that was measured, for whoever wants to draw it anew."""
    columns = [Column(name) for name in ("variant", "seed", "step", "frechet", "diversity", "change")]
    lines: list[dict[str, object]] = []
    for label, it in found.items():
        for row in it.rows:
            for moment in row.trace.moments:
                numbers = {name: _known(value) for name, value in moment.values.items()}
                lines.append({"variant": label, "seed": row.values["seed"], "step": moment.step, **numbers})
    return Table("courses", "", columns, lines, shown=False)


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
