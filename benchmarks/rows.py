"""The tables that a sweep fills row by row, so that a stopped one has lost nothing."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def record(path: Path, row: Mapping[str, Any]) -> None:
    """Add a row to a CSV table; a new table begins with the names of its columns. One of other columns is left."""
    new = not path.exists()
    if not new and path.read_text().splitlines()[0] != ",".join(row):
        raise SystemExit(f"{path} has other columns: take another --out, or move it away")
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        if new:
            writer.writeheader()
        writer.writerow(row)


def means(path: Path, by: str, *, wanted: Sequence[str] | None = None) -> str:
    """A Markdown table of the means of a CSV table's columns, for each value of column `by`, or each that is wanted.

    Only pictures (column "picture") that all of these have are counted.
    """
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    names = list(wanted or dict.fromkeys(row[by] for row in rows))
    pictures = set.intersection(*({row["picture"] for row in rows if row[by] == name} for name in names))
    columns = [column for column in rows[0] if column not in (by, "picture")]
    lines = [f"| {by} | {' | '.join(columns)} |", "|" + "---|" * (len(columns) + 1)]
    for name in names:
        kept = [row for row in rows if row[by] == name and row["picture"] in pictures]
        cells = [sum(float(row[column]) for row in kept) / len(kept) for column in columns]
        lines.append(f"| {name} | {' | '.join(f'{mean:.3g}' for mean in cells)} |")
    return "\n".join([*lines, "", f"Means over {', '.join(sorted(pictures))}."])
