"""What is drawn of a sweep: results side by side, both distances, losses against steps and seconds."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import torch

from impasto.experiments.experiment import Chart, Sheet
from impasto.experiments.style_variants.results import Made, by_group
from impasto.images import contact_sheet, fit_long_side

ACROSS = 6  # pictures in a row
LONG = (160, 256)  # the long side of a picture's place in pixels, at least and at most


GIVEN = {"content": "photo", "style": "painting"}  # what a picture that was given is called below it


def judged(each: Made) -> str:
    """A result's caption: its label and the judge's distances."""
    return f"{each.label}\ncontent {each.number('content'):.2f}, style {each.number('style'):.2f}"


def grid(
    group: str,
    caption: str,
    mine: Sequence[Made],
    *,
    given: Sequence[str] = tuple(GIVEN),
    say: Callable[[Made], str] = judged,
) -> Sheet:
    """What was given, and then the results, with what `say` says of each."""
    pictures = [mine[0].pictures[name] for name in given]
    names = [GIVEN[name] for name in given]
    blank = torch.ones_like(pictures[0])
    for each in mine:
        pictures.append(each.pictures.get("result", blank))
        names.append(say(each) if each.whole else f"{each.label}: none")
    shape = (pictures[0].shape[2], pictures[0].shape[1])
    cell = fit_long_side(shape, min(max(max(shape), LONG[0]), LONG[1]))
    # Rows as even as they can be, none longer than ACROSS.
    across = -(-len(pictures) // -(-len(pictures) // ACROSS))
    return Sheet(file_name(group), caption, contact_sheet(pictures, names, across, cell=cell))


def distances(found: Sequence[Made]) -> Chart:
    """The judge's two distances of every result: down is nearer to the painting, left is nearer to the photo."""

    def draw(axes: Any) -> None:
        for group, mine in by_group([each for each in found if each.whole]).items():
            places = [(each.number("content"), each.number("style")) for each in mine]
            axes.plot(*zip(*places, strict=True), "o", markersize=4, label=group)
            for number, (each, place) in enumerate(zip(mine, places, strict=True)):
                beside = (4, 4) if number % 2 else (4, -10)  # neighbours are often near each other
                text = each.label.partition(" ")[0] if len(mine) > ACROSS else each.label  # their numbers, if many
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


def losses(group: str, mine: Sequence[Made], *, over: str = "step") -> Chart:
    """Each run's own loss, as a share of its first, over its steps or its seconds."""

    def draw(axes: Any) -> None:
        for number, each in enumerate(mine):
            values = each.trace.losses
            if values:
                begun = each.trace.seconds[0]
                places = range(1, len(values) + 1) if over == "step" else [s - begun for s in each.trace.seconds]
                line = ("-", "--", ":")[number // 6 % 3]  # six colours, and then another line
                axes.plot(places, [value / values[0] for value in values], line, linewidth=1.2, label=each.label)
        axes.set(xlabel=f"{over}s", ylabel="own loss / its first", yscale="log")
        if axes.lines:
            axes.legend(fontsize=7, ncols=1 if len(mine) < 9 else 2)

    caption = (
        f"{group}: each run's own loss over its {over}s, as a share of where it began. What is optimised may differ, "
        "so only the courses can be compared."
    )
    return Chart(f"losses-{file_name(group)}" + ("" if over == "step" else f"-{over}s"), caption, draw, (8.0, 4.5))


def written(found: Sequence[Made]) -> list[Sheet]:
    """The results themselves, for whoever wants to measure them again."""
    return [
        Sheet(
            f"result-{file_name(each.variant.group)}-{file_name(each.label)}", "", each.pictures["result"], shown=False
        )
        for each in found
        if each.whole
    ]


def file_name(words: str) -> str:
    """Words as part of a file's name.

    >>> file_name("+3: conv3_2, conv4_2")
    '+3-conv3_2-conv4_2'
    """
    return re.sub(r"[^\w+.-]+", "-", words).strip("-")
