"""What is said and drawn of a sweep: the documents' claims, results side by side, distances, losses against time."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import torch

from impasto.experiments import claims
from impasto.experiments.experiment import Row, grouped, whole
from impasto.images import contact_sheet, fit_long_side
from impasto.tables import Chart, Column, Sheet, Table

ACROSS = 6  # pictures in a row
LINES = 10  # of each run in the table of its losses
LONG = (160, 256)  # the long side of a picture's place in pixels, at least and at most

Found = Mapping[str, Row]
"""The rows that have a result, by their labels."""

Claim = claims.Claim[Found]
"""One that needs labels, or groups of which there must be one."""


def label(row: Row) -> str:
    """The variant's name."""
    return row.text("variant")


def claims_table(said: Sequence[Claim], rows: Sequence[Row]) -> Table:
    """The table of what the documents say and what was found."""
    found = {label(row): row for row in whole(rows)}
    # "sgd:0.1" is an SGD too; of several the one counts that came farthest.
    for row in sorted(found.values(), key=lambda row: row.number("loss")):
        found.setdefault(label(row).partition(":")[0], row)
    caption = (
        "What the documents say, and what was measured here. Larger means by a tenth at the least; content and style "
        "are the judge's distances."
    )
    return claims.table(said, found, {*found, *grouped(whole(rows), "group")}, caption)


def losses_table(rows: Sequence[Row]) -> Table:
    """Each run's losses on the way, as the third document prints them."""
    names = list(dict.fromkeys(name for row in rows for name in row.trace.last))
    columns = [Column("variant"), Column("step"), *(Column(name, form=".4g") for name in names)]
    lines: list[dict[str, object]] = []
    for row in rows:
        moments = row.trace.moments
        ends = [round(n * len(moments) / LINES) for n in range(LINES + 1)]
        for before, step in pairwise(ends):
            if step > before:
                lines.append({"variant": label(row), "step": step, **moments[step - 1].values})
    return Table("losses", "Each run's own losses on the way.", columns, lines)


def numbers(column: str, form: str, *labels: str) -> Callable[[Found], str]:
    """Words that give a column's number for each of these labels, as far as they were made."""

    def say(found: Found) -> str:
        parts = [f"{label} {format(found[label].number(column), form)}" for label in labels if label in found]
        return f"{column}: {'; '.join(parts)}"

    return say


def judged(row: Row) -> str:
    """The judge's distances, in words."""
    return f"content {row.number('content'):.2f}, style {row.number('style'):.2f}"


def grid(
    group: str, caption: str, mine: Sequence[Row], given: Mapping[str, torch.Tensor], say: Callable[[Row], str] = judged
) -> Sheet:
    """What was given, by what it is called, and then the results, with what `say` says of each."""
    names, pictures = list(given), list(given.values())
    blank = torch.ones_like(pictures[0])
    for row in mine:
        pictures.append(row.pictures.get("result", blank))
        names.append(f"{label(row)}\n{say(row)}" if "result" in row.pictures else f"{label(row)}: none")
    shape = (blank.shape[2], blank.shape[1])
    cell = fit_long_side(shape, min(max(max(shape), LONG[0]), LONG[1]))
    # Rows as even as they can be, none longer than ACROSS.
    across = -(-len(pictures) // -(-len(pictures) // ACROSS))
    return Sheet(file_name(group), caption, contact_sheet(pictures, names, across, cell=cell))


def distances(rows: Sequence[Row]) -> Chart:
    """The judge's two distances of every result: down is nearer to the painting, left is nearer to the photo."""

    def draw(axes: Any) -> None:
        for group, mine in grouped(whole(rows), "group").items():
            places = [(row.number("content"), row.number("style")) for row in mine]
            axes.plot(*zip(*places, strict=True), "o", markersize=4, label=group)
            for number, (row, place) in enumerate(zip(mine, places, strict=True)):
                beside = (4, 4) if number % 2 else (4, -10)  # neighbours are often near each other
                text = label(row).partition(" ")[0] if len(mine) > ACROSS else label(row)  # their numbers, if many
                axes.annotate(text, place, fontsize=7, textcoords="offset points", xytext=beside)
        axes.margins(0.12)
        axes.set(xlabel="content: distance from the photo", ylabel="style: distance from the painting")
        if axes.lines:
            axes.legend()

    caption = (
        "The judge's two distances of every result. To the left is nearer to the photo, down is nearer to the "
        "painting; what is nearer in both is better."
    )
    return Chart("distances", caption, draw, (8.0, 5.0))


def losses(group: str, mine: Sequence[Row], *, over: str = "step") -> Chart:
    """Each run's own loss, as a share of its first, over its steps or its seconds."""

    def draw(axes: Any) -> None:
        for number, row in enumerate(mine):
            values = row.trace.losses
            if values:
                seconds = [moment.seconds for moment in row.trace.moments]
                places = range(1, len(values) + 1) if over == "step" else [each - seconds[0] for each in seconds]
                line = ("-", "--", ":")[number // 6 % 3]  # six colours, and then another line
                axes.plot(places, [value / values[0] for value in values], line, linewidth=1.2, label=label(row))
        axes.set(xlabel=f"{over}s", ylabel="own loss / its first", yscale="log")
        if axes.lines:
            axes.legend(fontsize=7, ncols=1 if len(mine) < 9 else 2)

    caption = (
        f"{group}: each run's own loss over its {over}s, as a share of where it began. What is optimised may differ, "
        "so only the courses can be compared."
    )
    return Chart(f"losses-{file_name(group)}" + ("" if over == "step" else f"-{over}s"), caption, draw, (8.0, 4.5))


def written(rows: Sequence[Row]) -> list[Sheet]:
    """The results themselves, for whoever wants to measure them again."""
    return [
        Sheet(f"result-{file_name(row.text('group'))}-{file_name(label(row))}", "", row.pictures["result"], shown=False)
        for row in whole(rows)
    ]


def file_name(words: str) -> str:
    """Words as part of a file's name.

    >>> file_name("+3: conv3_2, conv4_2")
    '+3-conv3_2-conv4_2'
    """
    return re.sub(r"[^\w+.-]+", "-", words).strip("-")
