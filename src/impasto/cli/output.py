"""What the command line says: lines on standard error, tables or one JSON object on standard output."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TextIO

from impasto.runs.limits import duration, gigabytes

if TYPE_CHECKING:
    from impasto.runs.job import Job
    from impasto.runs.outcome import Outcome

DONE, OWN_FAULT, USAGE, STOPPED = 0, 1, 2, 130  # exit statuses
READER_LEFT = 1  # another: whoever read standard output has seen enough
LONGEST = 500  # letters of a word, and of a line
NAMED = 3  # of many names in a line
OUTPUT_NAME = "standard output"

STREAM = "\0-"  # stands for "-" until the words are parsed: a parser would take it for an option


def say(text: str) -> None:
    """One line on standard error; if nobody can hear it, nothing happens."""
    hear(one_line(text))


def hush(text: str) -> None:
    """Say nothing: for those who want no progress."""


def hear(text: str) -> None:
    """Lines on standard error; after the first that cannot be written there, all go nowhere."""
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        silence(sys.stderr)


def answer(value: Any) -> None:
    """One JSON object on standard output; what is not a number there (NaN, infinite) becomes null."""
    print(json.dumps(_plain(value), default=str, allow_nan=False), flush=True)


def one_line(text: str) -> str:
    """A message without line breaks or control characters, and without the middle of what nobody would read."""
    line = _printable(" ".join(text.split()))
    line = re.sub(rf"\S{{{LONGEST},}}", lambda match: f"{match[0][:80]}...{match[0][-20:]}", line)
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 200]} ... {line[-150:]}"


def first_few(names: Sequence[str]) -> str:
    """The first of some names, and how many more there are.

    >>> first_few(["a", "b", "c", "d", "e"])
    'a, b, c and 2 more'
    """
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]], title: str = "") -> None:
    """Print a table: drawn on a terminal, tab-separated for other programs."""
    heads, *lines = ([_printable(str(cell)) for cell in row] for row in (columns, *rows))
    if not sys.stdout.isatty():
        for row in [heads, *lines]:
            print("\t".join(row))
        return
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(*heads, box=box.SIMPLE_HEAD, title=escape(title) or None, title_justify="left")
    for row in lines:
        table.add_row(*map(escape, row))
    Console().print(table)


def cost_lines(job: Job) -> list[str]:
    """`about 40 s, 1.2 GB`, what a large run's folder and its sets need on the disk, and the method's notice."""
    disks = {"on the disk": job.forecast.disk if job.forecast else 0, "in the cache for its pictures": job.cache}
    needed = [f"{gigabytes(size)} {where}" for where, size in disks.items() if round(size / 1e6)]
    if job.forecast is None:
        return [", ".join(needed)] if needed else []
    notice = f"; {job.forecast.notice}" if job.forecast.notice else ""
    memory = gigabytes(job.forecast.memory) + (" of memory" if needed else "")
    return [", ".join([f"about {duration(job.forecast.seconds)}", memory, *needed]) + notice]


def deliver(outcome: Outcome, *, quiet: bool, json: bool = False, to_stream: bool = False) -> None:
    """Say what became of a run, and how to go on with a stopped one; print its tables, unless JSON has them."""
    from impasto.runs.model import uses_of
    from impasto.runs.pieces import PIECE

    folder = outcome.folder
    if not (json or to_stream):
        for table in outcome.tables:
            if table.shown:
                print_table([column.name for column in table.columns], table.cells(), table.caption)
    if to_stream:
        where = OUTPUT_NAME
    elif outcome.output or not folder or (outcome.state == "cancelled" and outcome.is_empty):
        where = str(outcome.output or "nothing")
    else:
        where = str(folder.report if outcome.tables else folder.output)
    size = _size(outcome)
    if outcome.output is not None and PIECE in outcome.output.name:
        size = ""  # each has its own
        count = len(outcome.places)
        where = f"{outcome.output.parent}/ with {count} picture{'' if count == 1 else 's'}"
    elif len(outcome.places) > 1:
        size = ""  # that of the sheet
        where += f" and {len(outcome.places) - 1} more"
    more = f"; go on with: impasto runs resume {folder.path}" if folder else ""
    if outcome.state == "cancelled":
        unit, total = ("step", outcome.total) if outcome.frames is None else ("frame", outcome.frames[1])
        if outcome.frames is not None and not outcome.frames[0]:
            say(f"stopped before the first of {total} frames was done; nothing was written{more}")
        else:
            say(f"stopped after {unit} {outcome.recipe.step} of {total}; saved {where}{more}")
    elif not quiet and (outcome.output or folder or to_stream):
        note = f" (run: {folder.path})" if folder else ""
        say(f"{where}: {size}{duration(outcome.seconds)}{note}")
    if (left := outcome.recipe.facts.get("left_out")) and not quiet:
        say(f"left out: {left['count']} beside {left['used']} pictures; the first, {left['first']}")
    if outcome.model is not None and folder and not quiet:
        say(f"model: {folder.path}; make pictures with it: {'; '.join(uses_of(folder.path))}")


def _size(outcome: Outcome) -> str:
    if not outcome.images:
        return ""
    height, width = next(iter(outcome.images.values())).shape[-2:]
    return f"{'' if outcome.frames is None else f'{outcome.frames[0]} frames of '}{width}x{height}, "


def summary(outcome: Outcome) -> dict[str, Any]:
    """What `--json` tells of a run."""
    from impasto.runs.model import FOLDER

    image = next(iter(outcome.images.values()), None)
    tables = {table.name: list(table.rows) for table in outcome.tables}
    figures = [str(outcome.folder.figures / f"{it.name}.png") for it in outcome.figures] if outcome.folder else []
    return {
        "method": outcome.recipe.method,
        "state": outcome.state,
        "output": str(outcome.output) if outcome.output else None,
        "run": str(outcome.folder.path) if outcome.folder else None,
        "model": str(outcome.folder.path / FOLDER) if outcome.folder and outcome.model else None,
        "size": [image.shape[-1], image.shape[-2]] if image is not None else None,
        **({} if outcome.frames is None else {"frames": outcome.frames[0]}),
        **({"pieces": [str(place) for place in outcome.places]} if outcome.places else {}),
        **({"tables": tables} if tables else {}),
        **({"figures": figures} if figures else {}),
        "seconds": round(outcome.seconds, 3),
        "seed": outcome.recipe.seed,
        "losses": dict(outcome.losses),
        "inputs": [record.model_dump(include={"name", "path", "sha256"}) for record in outcome.recipe.inputs],
        "facts": outcome.recipe.facts,
    }


def put(data: bytes) -> None:
    """Bytes on standard output. Raises OSError, which names it."""
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except OSError as error:
        raise OSError(error.errno, error.strerror, OUTPUT_NAME) from error


def lost_output() -> OSError | None:
    """Why standard output cannot be written, if that is so; all that waits for it, or comes, goes nowhere then."""
    try:
        sys.stdout.flush()
    except OSError as error:
        silence(sys.stdout)
        return OSError(error.errno, error.strerror, OUTPUT_NAME)
    return None


def silence(stream: TextIO) -> None:
    """Let what a stream is given, and the interpreter's last flush of it, go nowhere."""
    with contextlib.suppress(OSError):  # a stream of a test has no descriptor
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _printable(text: str) -> str:
    """Nothing that would change a terminal; what stands for bytes of a name that is not UTF-8 stays."""
    return "".join(letter if letter.isprintable() or "\udca0" <= letter <= "\udcff" else "?" for letter in text)


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
