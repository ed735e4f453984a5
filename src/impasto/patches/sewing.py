"""Laying the blocks of a quilt (Efros & Freeman 2001), one row after another."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch

from impasto.patches.block_search import BlockSearch
from impasto.patches.quilting import Period, Sides, block_positions, cut_mask, pick, side_mask, sides_there

FLOOR = 1e-5  # squared difference of two values below which they look the same: rounding to 8 bits makes 1.5e-5
NEAR = 2  # blocks to each side within which a repetition catches the eye


@dataclass
class Sewing:
    """One laying of a picture; `canvas` and `sources` are filled in place."""

    exemplar: torch.Tensor  # (3, h, w)
    canvas: torch.Tensor  # (3, H, W)
    sources: torch.Tensor  # (rows, columns, 2) int32: where each block is in the exemplar; -1 before it is laid
    rows: list[int]
    columns: list[int]
    block: int
    period: Period
    random: torch.Generator
    tolerance: float
    copying: float  # cost of a copy as a share of the mean squared difference of two pixels of the exemplar
    previous: torch.Tensor | None = None  # (3, H, W), what the pass before made
    lightness: tuple[torch.Tensor, torch.Tensor] | None = None  # (1, H, W) of the guide, (1, h, w) of the exemplar
    alpha: float = 1.0  # the weight of fitting the overlaps and `previous` against `lightness`
    _squares: dict[Sides, torch.Tensor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        seen = self.exemplar if self.lightness is None else torch.cat([self.exemplar, self.lightness[1]])
        self._search = BlockSearch.of(seen, self.block)
        self._copy = 2 * self.copying * float(self.exemplar.var(dim=(1, 2), correction=0).mean())

    def lay_row(self, row: int) -> float:
        """Choose, cut and lay the blocks of a row; return the mean squared difference in their overlaps."""
        return sum(self._lay(row, column) for column in range(len(self.columns))) / len(self.columns)

    def _lay(self, row: int, column: int) -> float:
        height, width = self.canvas.shape[1:]
        within = torch.arange(self.block, device=self.canvas.device)
        y, x = ((self.rows[row] + within) % height)[:, None], ((self.columns[column] + within) % width)[None]
        sides = sides_there(row, column, self.rows, self.columns, self.block, self.period)
        there = side_mask(sides, self.block).to(self.canvas)
        old = self.canvas[:, y, x]
        top, left = pick(self._errors(row, column, sides, there, old, y, x), self.tolerance, self.random)
        chosen = self.exemplar[:, top : top + self.block, left : left + self.block]
        difference = (old - chosen).square().sum(0)
        new = cut_mask(difference, sides).to(old.device)
        self.canvas[:, y, x] = torch.where(new, chosen, old)
        self.sources[row, column] = torch.tensor([top, left], dtype=torch.int32)
        return float((difference * there).sum() / (3 * there.sum()).clamp_min(1))

    def _errors(
        self,
        row: int,
        column: int,
        sides: Sides,
        there: torch.Tensor,
        old: torch.Tensor,
        y: torch.Tensor,
        x: torch.Tensor,
    ) -> torch.Tensor:
        """What each block of the exemplar costs, (h, w): the paper's errors, and those of copying."""
        weights, goal, rest = there.expand(3, -1, -1), old, 0.0
        if self.previous is not None:  # two goals for a pixel are one: their mean, of twice the weight, and a rest
            before = self.previous[:, y, x]
            rest = self.alpha * float((there * (old - before).square()).sum()) / 2
            goal = torch.lerp(before, old, there / 2)
            weights = weights + 1
        weights = self.alpha * weights
        if self.lightness is not None:
            goal = torch.cat([goal, self.lightness[0][:, y, x]])
            weights = torch.cat([weights, torch.full_like(there, 1 - self.alpha)[None]])
        if sides not in self._squares:
            self._squares[sides] = self._search.squares(weights)
        errors = self._search.errors(goal, weights, self._squares[sides]) + rest
        if self.copying and any(sides):
            self._charge_copies(errors, row, column, self._copy * float(weights.sum()))
        return errors + FLOOR * float(weights.sum())

    def _charge_copies(self, errors: torch.Tensor, row: int, column: int, cost: float) -> None:
        """Make dearer what goes on from a neighbour as it did in the exemplar, and what is the same as a block near by.

        Without it the least error is that of copying on up to the exemplar's edge, or that of a smooth place which is
        taken again and again.
        """
        block, reach = self.block, self.block // 4
        for i in range(row - NEAR, row + NEAR + 1):
            for j in range(column - NEAR, column + NEAR + 1):
                at = self._on_grid(i, j)
                if at is None or (at == (row, column)) or int(self.sources[at][0]) < 0:
                    continue
                top, left = self.sources[at].tolist()
                _charge(errors, top, left, block // 3, cost)
                if self.lightness is None and abs(i - row) <= 1 and abs(j - column) <= 1:
                    down, right = self._way(at, (row, column))
                    _charge(errors, top + down, left + right, reach, cost)

    def _on_grid(self, row: int, column: int) -> tuple[int, int] | None:
        if self.period is not None:
            return row % len(self.rows), column % len(self.columns)
        return (row, column) if 0 <= row < len(self.rows) and 0 <= column < len(self.columns) else None

    def _way(self, start: tuple[int, int], end: tuple[int, int]) -> tuple[int, int]:
        """Pixels down and right from one block to another, the short way round if the picture tiles."""
        down = self.rows[end[0]] - self.rows[start[0]]
        right = self.columns[end[1]] - self.columns[start[1]]
        if self.period is not None:
            height, width = self.period
            down, right = (down + height // 2) % height - height // 2, (right + width // 2) % width - width // 2
        return down, right


def _charge(errors: torch.Tensor, row: int, column: int, reach: int, cost: float) -> None:
    """Add a cost to the errors (h, w) within `reach` of a place."""
    errors[max(0, row - reach) : max(0, row + reach + 1), max(0, column - reach) : max(0, column + reach + 1)] += cost


def sewn(
    exemplar: torch.Tensor, size: tuple[int, int], block: int, random: torch.Generator, *, wrap: bool = False
) -> torch.Tensor:
    """Return a quilt (3, H, W) of `size` = (H, W) from blocks of an exemplar (3, h, w), overlapping by a quarter.

    Raises InputError if the exemplar or the size is smaller than a block.
    """
    canvas = exemplar.new_zeros(3, *size)
    rows, columns = (block_positions(side, block, max(1, block // 4), wrap=wrap) for side in size)
    sources = torch.full((len(rows), len(columns), 2), -1, dtype=torch.int32)
    sewing = Sewing(
        exemplar,
        canvas,
        sources,
        rows,
        columns,
        block,
        period=size if wrap else None,
        random=random,
        tolerance=0.1,
        copying=0.05,
    )
    for row in range(len(rows)):
        sewing.lay_row(row)
    return canvas
