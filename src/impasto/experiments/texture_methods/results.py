"""A line of the comparison: its values, its pictures, and the curve of its loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

from impasto.experiments.experiment import Row
from impasto.experiments.texture_methods.curves import Curve


@dataclass(frozen=True)
class Line(Row):
    """One method's texture of one exemplar.

    Its pictures are "exemplar", "key" (the colours of the exemplar's places) and, unless the method failed, "texture"
    and "map", each (3, H, W) in [0, 1].
    """

    curve: Curve = field(default_factory=Curve)

    @property
    def exemplar(self) -> str:
        """The exemplar's name."""
        return str(self.values["exemplar"])

    @property
    def label(self) -> str:
        """The method, such as "gram" or "gram:paper"."""
        return str(self.values["method"])

    @property
    def made(self) -> bool:
        """Whether there is a texture."""
        return "texture" in self.pictures

    def number(self, column: str) -> float:
        """A number of the table; NaN where there is none."""
        value = self.values.get(column)
        return float(value) if isinstance(value, (int, float)) else float("nan")

    def picture(self, name: str) -> torch.Tensor:
        """A picture; white where there is none."""
        return self.pictures[name] if name in self.pictures else torch.ones_like(self.pictures["exemplar"])


def lines(rows: Sequence[Row]) -> list[Line]:
    """The rows as what they are."""
    return [row for row in rows if isinstance(row, Line)]


def by_exemplar(rows: Sequence[Row]) -> dict[str, list[Line]]:
    """The lines of each exemplar."""
    found: dict[str, list[Line]] = {}
    for line in lines(rows):
        found.setdefault(line.exemplar, []).append(line)
    return found
