"""What is drawn of the trainings: distances over the steps, the last samples, and samples over time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from impasto.experiments.experiment import Row
from impasto.experiments.gan_hyperparameters.judgement import Course, deviation, mean
from impasto.experiments.gan_hyperparameters.results import Finding, Findings
from impasto.experiments.gan_hyperparameters.variants import BASE
from impasto.experiments.sweep_results import file_name
from impasto.images import contact_sheet
from impasto.tables import Chart, Figure, Sheet

ACROSS = 4  # sheets in a row


def figures(found: Findings) -> list[Figure]:
    """For each family a chart, the last samples, and some samples at each measure; the base beside its variants."""
    families: dict[str, dict[str, Finding]] = {}
    for label, it in found.items():
        families.setdefault(it.rows[0].text("family"), {})[label] = it
    base = families.pop(BASE, {})
    drawn: list[Figure] = []
    for family, members in (families or {BASE: {}}).items():
        mine = base | members
        drawn += [_chart(family, mine), *_sheets(family, mine)]
    return drawn


def _chart(family: str, members: Findings) -> Chart:
    """Fréchet distance over the steps: the mean over the seeds, and around it the deviation."""

    def draw(axes: Any) -> None:
        for label, it in members.items():
            steps, values = together(it.courses)
            middle = [mean(each) for each in values]
            (line,) = axes.plot(steps, middle, "k--" if label == BASE else "-", linewidth=1.4, label=label)
            spread = [deviation(each) or 0.0 for each in values]
            lower = [max(at - by, at / 10) for at, by in zip(middle, spread, strict=True)]  # the axis knows no zero
            upper = [at + by for at, by in zip(middle, spread, strict=True)]
            axes.fill_between(steps, lower, upper, color=line.get_color(), alpha=0.15, linewidth=0)
        axes.set(xlabel="steps", ylabel="Fréchet distance", yscale="log")
        if axes.lines:
            axes.legend(fontsize=8)

    caption = f"{family}: the Fréchet distance over the steps, mean and deviation of the seeds; less is nearer."
    return Chart(f"frechet-{file_name(family)}", caption, draw, (8.0, 4.5))


def together(courses: Sequence[Course]) -> tuple[list[int], list[list[float]]]:
    """The steps at which any was measured, and the distances that there are at each."""
    at: dict[int, list[float]] = {}
    for course in courses:
        for step, value in zip(course.steps, course.frechet, strict=True):
            if math.isfinite(value):
                at.setdefault(step, []).append(value)
    steps = sorted(at)
    return steps, [at[step] for step in steps]


def _sheets(family: str, members: Findings) -> list[Sheet]:
    """Of the first seed, which draws of the same random numbers for all."""
    firsts = {label: it.rows[0] for label, it in members.items() if "samples" in it.rows[0].pictures}
    if not firsts:
        return []
    last = f"{family}: the last samples of the first seed, of the same random numbers for all."
    way = f"{family}: the first of these samples on their way, a row for each measure."
    name = file_name(family)
    return [
        Sheet(f"samples-{name}", last, _laid_out(firsts, members, "samples")),
        Sheet(f"course-{name}", way, _laid_out(firsts, members, "course")),
    ]


def _laid_out(firsts: Mapping[str, Row], members: Findings, what: str) -> Any:
    pictures = [row.pictures[what] for row in firsts.values()]
    captions = [_caption(label, members[label].courses[0]) for label in firsts]
    cell = (max(it.shape[2] for it in pictures), max(it.shape[1] for it in pictures))
    return contact_sheet(pictures, captions, min(ACROSS, len(pictures)), cell=cell)


def _caption(label: str, course: Course) -> str:
    if course.broke:
        return f"{label}: broke at step {course.broke}"
    return f"{label}: {course.end:.4g}" + (f", {course.state}" if course.state else "")
