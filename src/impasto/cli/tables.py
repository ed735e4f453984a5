"""Tables on standard output: drawn on a terminal, tab-separated for other programs."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table."""
    if not sys.stdout.isatty():
        for row in [columns, *rows]:
            print("\t".join(str(cell) for cell in row))
        return
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(*columns, box=box.SIMPLE_HEAD)
    for row in rows:
        table.add_row(*(escape(str(cell)) for cell in row))
    Console().print(table)
