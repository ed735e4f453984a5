"""What is drawn: the textures side by side, and how each number goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from impasto.experiments.experiment import Chart, Row, Sheet
from impasto.experiments.histogram_loss.trials import GRAM, Followed
from impasto.images import contact_sheet

CHARTS = (  # a field of a standing, the caption, whether the axis is logarithmic
    ("mean", "How far the means of the features are off, in standard deviations.", True),
    ("variance", "How far their standard deviations are off, |log2| of the ratio.", True),
    ("brightness", "Mean luminance less the exemplar's.", False),
    ("gram", "Distance of Gram matrices, which both runs minimise.", True),
    ("patches", "Distance of the patches in pixels, which neither minimises.", True),
)


def textures(rows: Sequence[Row]) -> Sheet:
    """Each exemplar with its two textures."""
    pictures, captions = [], []
    for row in rows:
        if row.values["loss"] == GRAM:
            pictures.append(row.pictures["exemplar"])
            captions.append(f"{row.values['exemplar']}, {row.values['size']} px")
        pictures.append(row.pictures["output"])
        captions.append(str(row.values["loss"]))
    caption = "The exemplar; by Gram matrices; with histograms."
    return Sheet("textures", caption, contact_sheet(pictures, captions, 3))


def charts(followed: Sequence[Followed]) -> list[Chart]:
    """Each number against the steps."""
    return [Chart(name, caption, _drawn(followed, name, log)) for name, caption, log in CHARTS]


def _drawn(followed: Sequence[Followed], name: str, log: bool) -> Callable[[Any], None]:
    def draw(axes: Any) -> None:
        for trial, drift in followed:
            steps = [standing.step for standing in drift.standings]
            values = [getattr(standing, name) for standing in drift.standings]
            style = "--" if trial.loss == GRAM else "-"
            axes.plot(steps, values, style, label=f"{trial.name} {trial.size} px, {trial.loss}")
        axes.set(xlabel="step", ylabel=name, yscale="log" if log else "linear")
        axes.legend(fontsize="small")

    return draw
