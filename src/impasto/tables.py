"""Results that are no pictures: tables, and what is drawn of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


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
class Table:
    """Rows of values under columns. `name` is the file's, without its ending; one not `shown` is only that file."""

    name: str
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Mapping[str, object]]
    shown: bool = True

    def cells(self) -> list[list[str]]:
        """The rows as they are shown."""
        return [[column.text(row.get(column.name)) for column in self.columns] for row in self.rows]


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
