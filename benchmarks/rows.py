"""The tables that a sweep fills row by row, so that a stopped one has lost nothing."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def record(path: Path, row: Mapping[str, Any]) -> None:
    """Add a row to a CSV table; a new table begins with the names of its columns."""
    new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        if new:
            writer.writeheader()
        writer.writerow(row)
