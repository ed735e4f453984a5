"""What an experiment is: a config, a sweep whose results are rows, and what to draw of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

import torch

from impasto.methods import Input, MethodConfig
from impasto.observers import Observer


@dataclass(frozen=True)
class Column:
    """A column of a table: its name (with the unit, if there is one), what it means, and how a number is shown."""

    name: str
    help: str = ""
    form: str = ""  # a format such as ".3g"; "" shows the value as it is

    def text(self, value: object) -> str:
        """A value as the table shows it; "" for None.

        >>> Column("seconds", form=".1f").text(2.345)
        '2.3'
        """
        if value is None:
            return ""
        return format(value, self.form) if self.form and isinstance(value, (int, float)) else str(value)


@dataclass(frozen=True)
class Row:
    """One result: a value for each column, and the pictures that figures may show."""

    values: Mapping[str, object]
    pictures: Mapping[str, torch.Tensor] = field(default_factory=dict)  # each (3, H, W) in [0, 1]


@dataclass(frozen=True)
class Table:
    """Rows of values under columns. `name` is the file's, without its ending; one not `shown` is only that file."""

    name: str
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Mapping[str, object]]
    shown: bool = True


@dataclass(frozen=True)
class Chart:
    """A figure that matplotlib draws: `draw` is given the axes."""

    name: str
    caption: str
    draw: Callable[[Any], None]
    size: tuple[float, float] = (8.0, 4.0)  # inches
    shown: bool = True


@dataclass(frozen=True)
class Sheet:
    """A figure that is a picture already, (3, H, W) in [0, 1]; one not `shown` is a file and not on the page."""

    name: str
    caption: str
    picture: torch.Tensor
    shown: bool = True


Figure = Chart | Sheet

C = TypeVar("C", bound=MethodConfig)


class Experiment(ABC, Generic[C]):
    """A question, the runs that answer it, and how the answer is shown.

    A subclass says its `name` (which calls it), `title`, `question` (a sentence or two for the page), Config,
    and columns, and writes `rows`. `inputs` has at most one entry: the pictures that a user may give.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    question: ClassVar[str]
    Config: ClassVar[type[MethodConfig]]
    inputs: ClassVar[tuple[Input, ...]] = ()
    columns: ClassVar[tuple[Column, ...]]

    def __init__(self, config: C) -> None:
        self.config = config

    @abstractmethod
    def rows(self, pictures: Mapping[str, torch.Tensor], observer: Observer) -> Iterator[Row]:
        """Make the runs, one row after the other; a row is on the disk before the next one is begun.

        pictures: what the user gave, by the file's stem; empty if nothing was given.
        """

    def tables(self, rows: Sequence[Row]) -> Sequence[Table]:
        """Further tables, beside that of the rows."""
        del rows
        return ()

    def figures(self, rows: Sequence[Row]) -> Sequence[Figure]:
        """What to draw of the rows."""
        del rows
        return ()
