"""One variant: what is different about it, how its losses went, and what came of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from impasto.experiments.experiment import Row
from impasto.experiments.texture_methods.curves import Curve
from impasto.observers import Step


@dataclass(frozen=True)
class Variant:
    """One run of a sweep: its name, the question that it belongs to, and what is different about it."""

    label: str
    group: str
    settings: Mapping[str, Any]  # of the method, beside those that all variants have
    method: str = "style gatys"


@dataclass
class Trace(Curve):
    """An observer of one run that remembers all losses of each step."""

    parts: list[dict[str, float]] = field(default_factory=list)

    def step(self, step: Step) -> None:
        """Take note of a step's losses."""
        super().step(step)
        self.parts.append(dict(step.losses))

    @property
    def seconds_per_step(self) -> float | None:
        """The median, in which what is done once does not count; None for a single step."""
        pairs = zip(self.seconds, self.seconds[1:], strict=False)
        between = [after - before for before, after in pairs]
        return median(between) if between else None

    def part(self, name: str, step: int = -1) -> float | None:
        """The loss called `name` at a step, counted from 0; None if there is none."""
        return self.parts[step].get(name) if self.parts else None


@dataclass(frozen=True)
class Made(Row):
    """A row, with the variant and its losses.

    Its pictures are what the method was given, by name, and "result" if it made one; each (3, H, W) in [0, 1].
    """

    variant: Variant = field(default_factory=lambda: Variant("", "", {}))
    trace: Trace = field(default_factory=Trace)

    @property
    def label(self) -> str:
        """The variant's name."""
        return self.variant.label

    @property
    def whole(self) -> bool:
        """Whether there is a result."""
        return "result" in self.pictures

    def number(self, column: str) -> float:
        """A number of the table; NaN where there is none."""
        value = self.values.get(column)
        return float(value) if isinstance(value, (int, float)) else math.nan


def made(rows: Sequence[Row]) -> list[Made]:
    """The rows as what they are."""
    return [row for row in rows if isinstance(row, Made)]


def by_group(rows: Sequence[Row]) -> dict[str, list[Made]]:
    """The rows of each question."""
    found: dict[str, list[Made]] = {}
    for each in made(rows):
        found.setdefault(each.variant.group, []).append(each)
    return found
