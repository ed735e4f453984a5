"""What is drawn of the comparison: textures over their position maps, losses, Gram matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from impasto.experiments.experiment import Chart, Row, Sheet
from impasto.experiments.grids import paired
from impasto.experiments.texture_methods.measures import GramJudge
from impasto.experiments.texture_methods.results import Line, by_exemplar

ACROSS = 4  # pictures in a row
CELL = 256  # pixels


def textures(name: str, mine: Sequence[Line]) -> Sheet:
    """An exemplar and its textures; beneath each where its patches come from."""
    first = mine[0]
    upper = [(first.pictures["exemplar"], name)]
    lower = [(first.pictures["key"], "the colours of its places")]
    for line in mine:
        time = f"{line.number('seconds'):.3g} s"
        copied = f"{line.number('copied'):.0%} in runs, mean run {line.number('run px'):.1f} px"
        upper.append((line.picture("texture"), f"{line.label}, {time}" if line.made else f"{line.label}: failed"))
        lower.append((line.picture("map"), copied if line.made else ""))
    caption = (
        f"{name}: textures of the same size, and beneath each its position map: a pixel has the colour of the place in "
        "the exemplar where the patch around it is found, or the one most like it. Zones of one run of colours were "
        "copied in one piece."
    )
    cell = max(CELL // 2, min(CELL, max(first.pictures["exemplar"].shape[1:])))
    return Sheet(f"textures-{name}", caption, paired(upper, lower, across=ACROSS, cell=(cell, cell)))


def written(name: str, mine: Sequence[Line]) -> list[Sheet]:
    """The pictures themselves, for whoever wants to measure them again."""
    sheets = [Sheet(f"{name}-exemplar", "", mine[0].pictures["exemplar"], shown=False)]
    for line in mine:
        file = f"{name}-{line.label.replace(':', '-')}"
        if line.made:
            sheets.append(Sheet(file, "", line.pictures["texture"], shown=False))
            sheets.append(Sheet(f"{file}-positions", "", line.pictures["map"], shown=False))
    return sheets


def losses(rows: Sequence[Row]) -> Chart:
    """Each method's own loss against seconds, one panel a method, one curve an exemplar."""
    exemplars = by_exemplar(rows)
    labels = list(dict.fromkeys(line.label for mine in exemplars.values() for line in mine))
    curves = {
        label: [
            (name, line.curve)
            for name, mine in exemplars.items()
            for line in mine
            if line.label == label and line.curve.losses
        ]
        for label in labels
    }

    def draw(axes: Any) -> None:
        for panel, label in zip(_panels(axes, len(labels)), labels, strict=True):
            for name, curve in curves[label]:
                mark = "." if len(curve.losses) < 40 else ""
                panel.plot(curve.seconds, curve.losses, marker=mark, linewidth=1, label=name)
            positive = all(loss > 0 for _, curve in curves[label] for loss in curve.losses)
            if curves[label]:
                panel.set(yscale="log" if positive else "linear", ylabel=curves[label][0][1].name)
            panel.set_title(label, fontsize=10)
            panel.set(xlabel="seconds" if curves[label] else "no losses")
            panel.tick_params(which="both", labelsize=7)
            if len(exemplars) > 1 and panel.lines:
                panel.legend(fontsize=7)

    caption = (
        "The loss that each method makes small, its own and in its own units, against seconds; of the texture network, "
        "that of its training. Methods that go from coarse to fine begin anew at each size."
    )
    return Chart("losses", caption, draw, _size(len(labels), 2.4))


def gram_matrices(name: str, mine: Sequence[Line], judge: GramJudge) -> Chart:
    """The Gram matrices of one layer: exemplar, textures."""
    pictures = [(name, mine[0].pictures["exemplar"])]
    pictures += [(line.label, line.pictures["texture"]) for line in mine if line.made]
    goal = judge.matrices(pictures[0][1])[judge.shown]
    order = goal.diagonal().argsort(descending=True)
    scale = float(goal.max().clamp_min(1e-12))

    def draw(axes: Any) -> None:
        for panel, (label, picture) in zip(_panels(axes, len(pictures)), pictures, strict=True):
            matrix = judge.matrices(picture)[judge.shown]
            apart = float((matrix - goal).norm() / goal.norm())
            shown = (matrix[order][:, order].clamp_min(0) / scale).sqrt()
            panel.imshow(shown.numpy(), vmin=0, vmax=1, cmap="magma", interpolation="nearest")
            panel.set_title(label if picture is pictures[0][1] else f"{label}: {apart:.1%} apart", fontsize=10)
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
