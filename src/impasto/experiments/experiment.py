"""What an experiment is: a question, the cases that answer it, a row for each, and how the rows are shown."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, TypeVar

import torch

from impasto.errors import Cancelled, InputError
from impasto.experiments.trace import Trace
from impasto.inputs import Input, Inputs, Sizes
from impasto.methods import Forecast, Method, MethodConfig, Result
from impasto.observers import Observer
from impasto.parts import Parts
from impasto.runs.job import Job
from impasto.tables import Column, Figure, Table

FIXED_MEMORY = 350_000_000  # bytes: Python and torch
SHOWING = 0.25  # seconds: tables and figures


@dataclass(frozen=True)
class Row:
    """One result: values by column, the pictures (3, H, W) in [0, 1] that were made, and how its run went.

    Values and pictures go into checkpoints: the values are numbers, text, or None.
    """

    values: Mapping[str, object]
    pictures: Mapping[str, torch.Tensor] = field(default_factory=dict)
    trace: Trace = field(default_factory=Trace)

    def number(self, column: str) -> float:
        """A number of the table; NaN where there is none."""
        value = self.values.get(column)
        return float(value) if isinstance(value, (int, float)) else math.nan

    def text(self, column: str) -> str:
        """A value of the table as words."""
        return str(self.values[column])


def grouped(rows: Sequence[Row], column: str) -> dict[str, list[Row]]:
    """The rows for each value of a column."""
    return {
        name: [row for row in rows if row.text(column) == name]
        for name in dict.fromkeys(row.text(column) for row in rows)
    }


def whole(rows: Sequence[Row]) -> list[Row]:
    """The rows that have a result."""
    return [row for row in rows if "result" in row.pictures]


class Rows(list[Row]):
    """The rows that are ready, and the trace of the one that is being made: what a checkpoint holds."""

    def __init__(self) -> None:
        super().__init__()
        self.trace = Trace()

    def add(self, row: Row) -> None:
        """The current row is ready; the next one begins with an empty trace."""
        self.append(row)
        self.trace = Trace()

    def state_dict(self) -> dict[str, Any]:
        """All rows, and how far the current one is."""
        rows = [
            {"values": dict(row.values), "pictures": dict(row.pictures), "trace": row.trace.state_dict()}
            for row in self
        ]
        return {"rows": rows, "trace": self.trace.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """The same, where a killed experiment goes on."""
        self[:] = [Row(each["values"], each["pictures"], Trace.of(each["trace"])) for each in state["rows"]]
        self.trace = Trace.of(state["trace"])


@dataclass(frozen=True)
class Case:
    """A row that is to be made: what it is called on the way, how it is made, and the run that is nearly all of it.

    make: given the rows that are ready; its runs are carried out by their `trace`, so that they are watched.
    """

    name: str
    make: Callable[[Rows], Row]
    job: Job | None = None
    beside: float = 0.0  # seconds that it takes beside the run
    foreseen: Forecast | None = None  # what the run will cost, where it is made ready only when its turn comes

    @property
    def cost(self) -> Forecast:
        """What it will cost."""
        run = self.foreseen or (self.job and self.job.forecast) or Forecast(1.0, FIXED_MEMORY)
        return replace(run, seconds=run.seconds + self.beside)


C = TypeVar("C", bound=MethodConfig)


class Experiment(Method[C]):
    """A question, the runs that answer it, and how the answer is shown.

    A subclass says its `name` (which calls it), `title`, `question` (a sentence or two for the page), Config, and
    columns, and writes `cases`. Whoever gives no pictures gets the house's own.
    """

    makes = "table"
    title: ClassVar[str]
    question: ClassVar[str]
    columns: ClassVar[tuple[Column, ...]]
    inputs: tuple[Input, ...] = ()
    _checked: tuple[Inputs, Sequence[Case]] | None = None  # which inputs, and the cases of these

    @abstractmethod
    def cases(self, inputs: Inputs) -> Sequence[Case]:
        """The rows that are to be made, in order; nothing is run yet. Raises InputError for what cannot be run."""

    def table(self, rows: Sequence[Row]) -> Table:
        """The main table: a line for each row."""
        names = [column.name for column in self.columns]
        shown = [{name: row.values[name] for name in names if name in row.values} for row in rows]
        return Table("table", "", self.columns, shown)

    def tables(self, rows: Sequence[Row], inputs: Inputs) -> Sequence[Table]:
        """Further tables, beside that of the rows, which may be fewer than the cases."""
        del rows, inputs
        return ()

    def figures(self, rows: Sequence[Row], inputs: Inputs) -> Sequence[Figure]:
        """What to draw of the rows."""
        del rows, inputs
        return ()

    def check(self, inputs: Inputs) -> None:
        """Raise InputError for pictures and settings that cannot be used."""
        self._checked = inputs, self.cases(inputs)

    def forecast(self, sizes: Sizes) -> Forecast | None:
        """All runs, one after the other; None if they cannot be made, which `check` tells with the pictures' names."""
        blank = {name: [torch.zeros(3, h, w) for w, h in each] for name, each in sizes.items() if (0, 0) not in each}
        try:
            costs = [case.cost for case in self.cases(blank)]
        except InputError:
            return None
        notice = next((cost.notice for cost in costs if cost.notice), "")
        return Forecast(
            SHOWING + sum(cost.seconds for cost in costs), max(cost.memory for cost in costs), notice=notice
        )

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Make one row after the other; whoever cancels it gets those that are ready."""
        rows, checked, self._checked = Rows(), self._checked, None
        cases = checked[1] if checked and checked[0] is inputs else self.cases(inputs)
        parts = Parts(observer, [it.name for it in cases], [it.cost.seconds for it in cases], keep={"rows": rows})
        try:
            for number, watch in parts:
                rows.trace.watch = watch
                rows.add(cases[number].make(rows))
                parts.done()
        except Cancelled:
            if not rows:
                raise
            raise Cancelled(self._result(rows, inputs)) from None
        return self._result(rows, inputs)

    def _result(self, rows: Sequence[Row], inputs: Inputs) -> Result:
        return Result(tables=[self.table(rows), *self.tables(rows, inputs)], figures=self.figures(rows, inputs))
