"""What is drawn of the comparison: textures over their position maps, losses, Gram matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from impasto.experiments.experiment import Row, grouped
from impasto.experiments.judges import GramJudge
from impasto.experiments.pictures import paired
from impasto.metrics import position_key
from impasto.tables import Chart, Sheet

ACROSS = 4  # pictures in a row
CELL = 256  # pixels


def textures(name: str, exemplar: torch.Tensor, mine: Sequence[Row]) -> Sheet:
    """An exemplar and its textures; beneath each where its patches come from."""
    blank = torch.ones_like(exemplar)
    upper = [(exemplar, name)]
    lower = [(position_key((exemplar.shape[1], exemplar.shape[2])), "the colours of its places")]
    for row in mine:
        label, made = row.values["method"], "texture" in row.pictures
        copied = f"{row.number('copied'):.0%} in runs, mean run {row.number('run px'):.1f} px"
        upper.append(
            (
                row.pictures.get("texture", blank),
                f"{label}, {row.number('seconds'):.3g} s" if made else f"{label}: failed",
            )
        )
        lower.append((row.pictures.get("map", blank), copied if made else ""))
    caption = (
        f"{name}: textures of the same size, and beneath each its position map: a pixel has the colour of the place in "
        "the exemplar where the patch around it is found, or the one most like it. Zones of one run of colours were "
        "copied in one piece."
    )
    cell = max(CELL // 2, min(CELL, max(exemplar.shape[1:])))
    return Sheet(f"textures-{name}", caption, paired(upper, lower, across=ACROSS, cell=(cell, cell)))


def written(name: str, exemplar: torch.Tensor, mine: Sequence[Row]) -> list[Sheet]:
    """The pictures themselves, for whoever wants to measure them again."""
    sheets = [Sheet(f"{name}-exemplar", "", exemplar, shown=False)]
    for row in mine:
        file = f"{name}-{row.values['method']}".replace(":", "-")
        if "texture" in row.pictures:
            sheets.append(Sheet(file, "", row.pictures["texture"], shown=False))
            sheets.append(Sheet(f"{file}-positions", "", row.pictures["map"], shown=False))
    return sheets


def losses(rows: Sequence[Row]) -> Chart:
    """Each method's own loss against seconds, one panel a method, one curve an exemplar."""
    traces = {
        method: [(row.text("exemplar"), row.trace) for row in mine if row.trace.moments]
        for method, mine in grouped(rows, "method").items()
    }

    def draw(axes: Any) -> None:
        for panel, (label, mine) in zip(_panels(axes, len(traces)), traces.items(), strict=True):
            for name, trace in mine:
                mark = "." if len(trace.losses) < 40 else ""
                seconds = [moment.seconds for moment in trace.moments]
                panel.plot(seconds, trace.losses, marker=mark, linewidth=1, label=name)
            positive = all(loss > 0 for _, trace in mine for loss in trace.losses)
            if mine:
                panel.set(yscale="log" if positive else "linear", ylabel=mine[0][1].name)
            panel.set_title(label, fontsize=10)
            panel.set(xlabel="seconds" if mine else "no losses")
            panel.tick_params(which="both", labelsize=7)
            if len(grouped(rows, "exemplar")) > 1 and panel.lines:
                panel.legend(fontsize=7)

    caption = (
        "The loss that each method makes small, its own and in its own units, against seconds; of the texture network, "
        "that of its training. Methods that go from coarse to fine begin anew at each size."
    )
    return Chart("losses", caption, draw, _size(len(traces), 2.4))


def gram_matrices(name: str, exemplar: torch.Tensor, mine: Sequence[Row], judge: GramJudge) -> Chart:
    """The Gram matrices of one layer: exemplar, textures."""
    pictures = [(name, exemplar)]
    pictures += [(row.text("method"), row.pictures["texture"]) for row in mine if "texture" in row.pictures]
    goal = judge.matrices(exemplar)[judge.shown]
    order = goal.diagonal().argsort(descending=True)
    scale = float(goal.max().clamp_min(1e-12))

    def draw(axes: Any) -> None:
        for panel, (label, picture) in zip(_panels(axes, len(pictures)), pictures, strict=True):
            matrix = judge.matrices(picture)[judge.shown]
            apart = float((matrix - goal).norm() / goal.norm())
            shown = (matrix[order][:, order].clamp_min(0) / scale).sqrt()
            panel.imshow(shown.numpy(), vmin=0, vmax=1, cmap="magma", interpolation="nearest")
            panel.set_title(label if picture is exemplar else f"{label}: {apart:.1%} apart", fontsize=10)
            panel.set(xticks=[], yticks=[])
            panel.grid(visible=False)

    caption = (
        f"{name}: the Gram matrices of layer {judge.shown}, {len(order)} channels, those that are strongest in the "
        "exemplar first; the square root of each value, in the same colours for all. Beside each texture's name, how "
        "far its matrix is from the exemplar's, in Frobenius norms."
    )
    return Chart(f"gram-{name}", caption, draw, _size(len(pictures), 2.6))


def _size(panels: int, height: float) -> tuple[float, float]:
    return 2.7 * min(panels, ACROSS), height * -(-panels // ACROSS)


def _panels(axes: Any, count: int) -> list[Any]:
    """So many axes in rows, in place of the one."""
    figure = axes.figure
    axes.remove()
    across = min(count, ACROSS)
    panels: list[Any] = figure.subplots(-(-count // across), across, squeeze=False).flatten().tolist()
    for panel in panels[count:]:
        panel.set_axis_off()
    return panels[:count]
