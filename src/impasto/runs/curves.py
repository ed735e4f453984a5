"""Curves over the steps of a run, as SVG inside a page: no library, since to load one costs each run a second."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import numpy.typing as npt

from impasto.runs.figures import COLORS

WIDTH, HEIGHT = 900, 300  # of the drawing, in its own units
LEFT, TOP, BOTTOM = 64, 12, 40  # room around the curves: for numbers, for nothing, for the steps
LETTER = 7.5  # mean width of a letter
SPARSE = 0.5  # a curve with values at fewer of the steps has marks where they are
COLUMNS = 400  # a longer curve keeps the least and the greatest value of each so many parts
TICKS = 5
ROUND = (1.0, 2.0, 5.0, 10.0)

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Axis:
    """Where values lie between `start` and `end`, units of the drawing."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def at(self, values: Numbers) -> Numbers:
        """The places of values."""
        low, high = self._bent(np.array([self.low, self.high]))
        shares: Numbers = (self._bent(values) - low) / (high - low)
        return self.start + shares * (self.end - self.start)

    def ticks(self) -> list[float]:
        """A few round values, from the lowest to the highest."""
        if self.log and self.high / self.low > 10:
            first, last = math.ceil(math.log10(self.low)), math.floor(math.log10(self.high))
            stride = max(1, round((last - first) / TICKS))
            powers = [float(f"1e{power}") for power in range(first, last + 1, stride)]
            if len(powers) > 2:
                return powers
            between = [factor * power for power in [powers[0] / 10, *powers] for factor in ROUND[:3]]
            return [value for value in between if self.low <= value <= self.high]
        rough = (self.high - self.low) / TICKS
        power = 10.0 ** math.floor(math.log10(rough))
        width = next(factor * power for factor in ROUND if factor * power >= rough * 0.999)
        return [number * width for number in range(math.ceil(self.low / width), math.floor(self.high / width) + 1)]

    def _bent(self, values: Numbers) -> Numbers:
        return np.log10(values) if self.log else values


def loss_curves(losses: Mapping[str, Sequence[float]]) -> str:
    """Losses over the steps, logarithmic where all values are above 0; "" without at least two steps.

    A step may lack a value (NaN): what is there is joined, and marked where it is seldom there.
    """
    steps = np.array(losses["step"], dtype=np.float64)
    curves = {name: np.array(values, dtype=np.float64) for name, values in losses.items() if name != "step"}
    if len(steps) < 2 or steps[0] == steps[-1] or not curves:
        return ""
    right = WIDTH - 44 - LETTER * max(map(len, curves))
    x = Axis(steps[0], steps[-1], LEFT, right)
    y = _upright(np.concatenate(list(curves.values())))
    drawn = ""
    for number, (name, values) in enumerate(curves.items()):
        dashes = "" if number < len(COLORS) else ' stroke-dasharray="5 3"'
        stroke = f'stroke="{COLORS[number % len(COLORS)]}"{dashes}'
        drawn += _curve(x, y, steps, values, stroke) + _named(name, right + 14, TOP + 12 + 20 * number, stroke)
    height = max(HEIGHT, TOP + 20 + 20 * len(curves))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-size="13" fill="currentColor">'
        f"{_lattice(x, y)}{drawn}</svg>"
    )


def _upright(values: Numbers) -> Axis:
    """The axis of the values, with a little room beyond the lowest and the highest."""
    values = values[np.isfinite(values)]
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    if low > 0:
        room = max((high / low) ** 0.04, 1.01)
        return Axis(low / room, high * room, HEIGHT - BOTTOM, TOP, log=True)
    room = max(0.04 * (high - low), 0.01 * abs(high), 1e-9)
    return Axis(low - room, high + room, HEIGHT - BOTTOM, TOP)


def _lattice(x: Axis, y: Axis) -> str:
    """Lines at round values, with their numbers."""
    lines, numbers = [], []
    for value, at in zip(y.ticks(), y.at(np.array(y.ticks())), strict=True):
        lines.append(f"M{x.start:g} {at:.1f}H{x.end:g}")
        numbers.append(f'<text x="{x.start - 8:g}" y="{at + 4:.1f}" text-anchor="end">{value:.6g}</text>')
    for value, at in zip(x.ticks(), x.at(np.array(x.ticks())), strict=True):
        lines.append(f"M{at:.1f} {y.start:g}V{y.end:g}")
        numbers.append(f'<text x="{at:.1f}" y="{y.start + 18:g}" text-anchor="middle">{value:.9g}</text>')
    middle = (x.start + x.end) / 2
    numbers.append(f'<text x="{middle:.1f}" y="{HEIGHT - 4}" text-anchor="middle">step</text>')
    return f'<path d="{"".join(lines)}" stroke="currentColor" stroke-opacity=".15"/>{"".join(numbers)}'


def _curve(x: Axis, y: Axis, steps: Numbers, values: Numbers, stroke: str) -> str:
    there = np.isfinite(values)
    points = np.stack([x.at(steps[there]), y.at(values[there])], axis=1)
    line = " ".join(f"{across:.1f},{down:.1f}" for across, down in _thinned(points))
    marks = points if len(points) < SPARSE * len(steps) else points[:0]
    circles = "".join(f'<circle cx="{across:.1f}" cy="{down:.1f}" r="2" {stroke}/>' for across, down in marks)
    return f'<polyline points="{line}" fill="none" {stroke} stroke-width="1.6"/>{circles}'


def _thinned(points: Numbers) -> Numbers:
    """Of a long line, the highest and the lowest point of each part, and both ends."""
    if len(points) <= 2 * COLUMNS:
        return points
    kept = {0, len(points) - 1}
    for part in np.array_split(np.arange(len(points)), COLUMNS):
        kept |= {int(part[points[part, 1].argmin()]), int(part[points[part, 1].argmax()])}
    return points[sorted(kept)]


def _named(name: str, across: float, down: float, stroke: str) -> str:
    line = f'<path d="M{across:g} {down - 4:g}h14" {stroke} stroke-width="2"/>'
    return f'{line}<text x="{across + 20:g}" y="{down:g}">{escape(name)}</text>'
