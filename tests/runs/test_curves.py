"""The curves of a report: where their points lie, what their axes say, and what is left out."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import pytest

from impasto.runs.curves import Axis, loss_curves

NAMES = "{http://www.w3.org/2000/svg}"
NAN, INF = float("nan"), float("inf")


def lines(svg: str) -> list[list[tuple[float, float]]]:
    """The points of each curve."""
    found = ElementTree.fromstring(svg).iter(NAMES + "polyline")
    return [[tuple(map(float, point.split(","))) for point in each.attrib["points"].split()] for each in found]


def texts(svg: str) -> list[str]:
    return [each.text or "" for each in ElementTree.fromstring(svg).iter(NAMES + "text")]


def test_losses_above_zero_are_logarithmic_and_others_are_not():
    positive = lines(loss_curves({"step": [1, 2, 3], "loss": [100.0, 10.0, 1.0]}))[0]
    others = lines(loss_curves({"step": [1, 2, 3], "loss": [1.0, 0.0, -1.0]}))[0]
    for (left, top), (middle, half), (right, bottom) in (positive, others):
        assert left < middle < right
        assert top < half < bottom  # as pixels go: the greatest is at the top
        assert middle - left == pytest.approx(right - middle, abs=0.11)
        assert half - top == pytest.approx(bottom - half, abs=0.11)


def test_what_is_missing_is_joined_over_and_seldom_values_are_marked():
    svg = loss_curves(
        {"step": [1, 2, 3, 4, 5], "often": [-1.0, NAN, 1.0, INF, 2.0], "seldom": [0.0, NAN, NAN, NAN, 1.0]}
    )
    assert [len(points) for points in lines(svg)] == [3, 2]
    assert svg.count("<circle") == 2


def test_a_long_curve_is_thinned_and_keeps_its_peaks():
    values = [2.0 + math.sin(step / 50) for step in range(20_000)]
    values[12_345] = 40.0
    points = lines(loss_curves({"step": range(20_000), "loss": values}))[0]
    assert len(points) < 1000
    assert [round(across) for across, _ in sorted(points)] == [round(across) for across, _ in points]
    whole, peak = lines(loss_curves({"step": [0, 12_345, 19_999], "loss": [min(values), 40.0, min(values)]}))[0][:2]
    assert min(points, key=lambda point: point[1]) == pytest.approx(peak, abs=0.11)
    assert points[0][0] == whole[0]


@pytest.mark.parametrize(
    ("axis", "ticks"),
    [
        (Axis(0, 300, 0, 1), [0, 100, 200, 300]),
        (Axis(-1.04, 1.04, 0, 1), [-1, -0.5, 0, 0.5, 1]),
        (Axis(0.02, 800, 0, 1, log=True), [0.1, 1, 10, 100]),
        (Axis(0.3, 7, 0, 1, log=True), [0.5, 1, 2, 5]),
        (Axis(0.5, 0.52, 0, 1, log=True), [0.5, 0.505, 0.51, 0.515, 0.52]),
    ],
)
def test_ticks_are_round(axis, ticks):
    assert axis.ticks() == pytest.approx(ticks)


def test_names_are_text_and_nothing_is_drawn_of_one_step():
    assert "<b>$x$" in texts(loss_curves({"step": [1, 2], "<b>$x$": [1.0, 1.0]}))
    assert re.search("nan|inf", loss_curves({"step": [1, 2], "loss": [NAN, INF]})) is None
    assert loss_curves({"step": [1], "loss": [1.0]}) == ""
