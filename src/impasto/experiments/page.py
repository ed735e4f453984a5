"""How an experiment's results are shown: CSV, a table in the terminal, figures, one self-contained page."""

from __future__ import annotations

import base64
import csv
import io
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from impasto.experiments.experiment import Chart, Experiment, Figure, Table
from impasto.images import write, write_atomically
from impasto.runs.recipe import now, versions

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

DPI = 150
INK = "#23201c"
COLORS = ("#b4532a", "#2f6d8f", "#6a8c3a", "#8a5a9e", "#c9992e", "#4a4a4a")


def write_csv(table: Table, folder: Path) -> Path:
    """Write folder/NAME.csv with full precision; returns its path."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    names = [column.name for column in table.columns]
    writer.writerow(names)
    writer.writerows([row.get(name) for name in names] for row in table.rows)
    path = folder / f"{table.name}.csv"
    write_atomically(path, stream.getvalue().encode())
    return path


def write_figure(figure: Figure, folder: Path) -> Path:
    """Write folder/figures/NAME.png; returns its path."""
    path = folder / "figures" / f"{figure.name}.png"
    if isinstance(figure, Chart):
        write_atomically(path, _drawn(figure))
    else:
        write(figure.picture, path)
    return path


def write_page(
    experiment: Experiment[Any],
    tables: Sequence[Table],
    figures: Sequence[Figure],
    folder: Path,
    seconds: float,
    cancelled: bool = False,
) -> Path:
    """Write folder/report.html, with all figures inside it; returns its path. The figures are on the disk already."""
    from jinja2 import Environment, PackageLoader

    shown = []
    for figure in figures:
        data = base64.b64encode((folder / "figures" / f"{figure.name}.png").read_bytes()).decode()
        shown.append({"name": figure.name, "caption": figure.caption, "data": f"data:image/png;base64,{data}"})
    cells = [
        {
            "caption": table.caption,
            "columns": table.columns,
            "rows": [[column.text(row.get(column.name)) for column in table.columns] for row in table.rows],
        }
        for table in tables
    ]
    environment = Environment(loader=PackageLoader("impasto.experiments"), autoescape=True, keep_trailing_newline=True)
    html = environment.get_template("report.html").render(
        experiment=experiment,
        tables=cells,
        figures=shown,
        config=experiment.config.model_dump(mode="json"),
        versions=versions(),
        machine=f"{platform.machine()}, {torch.get_num_threads()} threads",
        date=now(),
        seconds=f"{seconds:.1f} s",
        cancelled=cancelled,
    )
    path = folder / "report.html"
    write_atomically(path, html.encode())
    return path


def print_table(table: Table, title: str) -> None:
    """Print a table on standard output: drawn on a terminal, tab-separated for other programs."""
    cells = [[column.text(row.get(column.name)) for column in table.columns] for row in table.rows]
    names = [column.name for column in table.columns]
    if not sys.stdout.isatty():
        for line in [names, *cells]:
            print("\t".join(line))
        return
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table as Drawn

    drawn = Drawn(title=escape(title), box=box.SIMPLE_HEAD, title_justify="left")
    numbers = [all(isinstance(row.get(name), (int, float)) for row in table.rows) for name in names]
    for name, right in zip(names, numbers, strict=True):
        drawn.add_column(escape(name), justify="right" if right else "left")
    for line in cells:
        drawn.add_row(*map(escape, line))
    Console().print(drawn)


def _drawn(chart: Chart) -> bytes:
    """The chart as a PNG, in the page's own look."""
    from cycler import cycler
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Drawing

    look: Any = {
        "axes.prop_cycle": cycler(color=COLORS),
        "axes.edgecolor": INK,
        "axes.labelcolor": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "grid.alpha": 0.25,
        "legend.frameon": False,
        "font.size": 10,
    }
    with rc_context(look):
        drawing: Drawing = Drawing(figsize=chart.size, layout="constrained")
        FigureCanvasAgg(drawing)
        chart.draw(drawing.add_subplot())
        stream = io.BytesIO()
        drawing.savefig(stream, format="png", dpi=DPI, metadata={"Software": None})
    return stream.getvalue()
