"""losses.csv: the step and one column per loss, on the disk as it goes, every step exactly once."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from impasto.errors import writing
from impasto.images.sources import label
from impasto.images.write import aside_of

DIGITS = re.compile(r"[0-9]{1,18}")


class LossTable:
    """Appends to a run's losses; opened again after a kill, it forgets the steps that will be done again.

    Raises InputError if the disk is full.
    """

    def __init__(self, path: Path, *, done: int = 0) -> None:
        """Open `path`, keeping the rows of the first `done` steps."""
        self._path = path
        names, rows = _rows(path)
        self._names = names
        self._file: TextIO
        rows = [row for row in rows if int(row["step"]) <= done]
        self._last = int(rows[-1]["step"]) if rows else 0
        self._rewrite(rows)

    def append(self, step: int, losses: Mapping[str, float]) -> None:
        """Write one row and hand it to the operating system: it outlives the process. The first of equals stays."""
        if step <= self._last:
            return
        self._last = step
        new = [name for name in losses if name not in self._names]
        if new:
            self._file.close()
            _, rows = _rows(self._path)
            self._names = [*self._names, *new]
            self._rewrite(rows)
        values = {name: repr(float(value)) for name, value in losses.items()}
        with writing(label(self._path), len(losses)):
            self._writer.writerow({"step": str(step), **values})
            self._file.flush()

    def sync(self) -> None:
        """Put the rows on the disk, so that a checkpoint never knows more than the table."""
        with writing(label(self._path), 1):
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _rewrite(self, rows: list[dict[str, str]]) -> None:
        aside = aside_of(self._path)
        with writing(label(self._path), 1):
            with aside.open("w", newline="") as file:
                writer = csv.DictWriter(file, ["step", *self._names], restval="")
                writer.writeheader()
                writer.writerows(rows)
            aside.replace(self._path)
            self._file = self._path.open("a", newline="")
        self._writer = csv.DictWriter(self._file, ["step", *self._names], restval="")


def read_losses(path: Path) -> dict[str, list[float]]:
    """The columns of a losses.csv by name, "step" among them; a loss that a step did not have is NaN."""
    names, rows = _rows(path)
    return {name: [float(row[name] or "nan") for row in rows] for name in ["step", *names]}


def _rows(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Column names (without "step") and the whole rows; what a kill cut short, or anything has damaged, is left out."""
    if not path.is_file():
        return [], []
    text = path.read_bytes().decode(errors="replace")
    lines = csv.reader(text[: text.rfind("\n") + 1].splitlines())
    names, rows, last = next(_each(lines), []), [], 0
    if names[:1] != ["step"] or len(set(names)) < len(names):
        return [], []
    for values in _each(lines):
        if len(values) == len(names) and all(map(_is_number, values)) and DIGITS.fullmatch(values[0]):
            if int(values[0]) > last:
                rows.append(dict(zip(names, values, strict=True)))
            last = max(last, int(values[0]))
    return names[1:], rows


def _each(lines: Iterator[list[str]]) -> Iterator[list[str]]:
    """The lines up to one of which nothing can be made."""
    with suppress(csv.Error):
        yield from lines


def _is_number(text: str) -> bool:
    try:
        float(text or "nan")
    except ValueError:
        return False
    return True
