"""`impasto demo`: real inputs, a few minutes, one contact sheet and one page."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch

from impasto.demo.page import write_page
from impasto.demo.stops import STOPS, Stop, draw, place_of, quickened, shown_input, size
from impasto.demo.visited import Visited, Visits
from impasto.errors import Cancelled
from impasto.images import contact_sheet, write
from impasto.methods import Method
from impasto.observers import Observer
from impasto.parts import Parts
from impasto.registry import method as find_method
from impasto.runs.configure import Layer, configure
from impasto.runs.execute import perform
from impasto.runs.job import prepare
from impasto.runs.limits import check_folder
from impasto.runs.outcome import Watch
from impasto.runs.recorder import Checkpoints

SHEET_COLUMNS = 6  # three stops with one input, or two with two
DRAWING_SECONDS = 1.5  # what an input takes to draw, about


def tour(out: Path = Path("demo"), *, quick: bool = False, observers: Sequence[Observer] = ()) -> list[Path]:
    """Make textures, a wider photograph, stylised ones, a reconstruction, a generator; show all on a sheet and a page.

    Writes into `out`: inputs/, a picture for each stop with its recipe inside, contact.png and index.html; returns
    their paths, the page first. If somebody cancels, what is ready is written before `Cancelled` goes on; a tour that
    was stopped in the middle, or killed, goes on from the checkpoint in `out`.

    quick: tiny pictures and a few steps: a trial of the installation, nothing to look at.
    """
    check_folder(out)
    stops = [quickened(stop) if quick else stop for stop in STOPS]
    drawn = {name: place_of(name, out) for stop in stops for names in stop.inputs.values() for name in names}
    foreseen = [_seconds(stop, quick) for stop in stops]
    titles = [f"{number}/{len(stops)} {stop.title}" for number, stop in enumerate(stops, 1)]
    names = [*(f"drawing {name}" for name in drawn), *titles]
    visited, state = Visits(), out / ("checkpoint-quick" if quick else "checkpoint")
    parts = Parts(
        Watch([Checkpoints(state), *observers]),
        names,
        [*[DRAWING_SECONDS] * len(drawn), *foreseen],
        keep={"visited": visited},
    )
    for number, observer in parts:
        if number < len(drawn):
            name = list(drawn)[number]
            draw(name, drawn[name], quick=quick)
            parts.done(preview=partial(shown_input, drawn[name]))
            continue
        stop = stops[number - len(drawn)]
        given = {role: [str(drawn[name]) for name in names] for role, names in stop.inputs.items()}
        output = out / f"{stop.name}.png"
        outcome = perform(prepare(_method(stop), given), [observer], output=output)
        if outcome.images:
            inputs = tuple(Path(path) for paths in given.values() for path in paths)
            visited.append(Visited(stop, outcome.recipe, outcome.seconds, inputs, output, outcome.total))
            if stop.tiled:
                write(visited[-1].shown(), _tiled(output))
            _write_sheet(visited, out / "contact.png")
            write_page(visited, out, done=len(visited) == len(stops) and outcome.state == "done")
        if outcome.state == "cancelled":
            raise Cancelled
        parts.done(preview=visited[-1].picture)
    shutil.rmtree(state, ignore_errors=True)
    outputs = [path for visit in visited for path in _outputs(visit)]
    return [out / "index.html", out / "contact.png", *outputs]


def _method(stop: Stop) -> Method[Any]:
    kind = find_method(stop.method)
    method: Method[Any] = kind(configure(kind.Config, Layer(stop.flags)))
    return method


def _seconds(stop: Stop, quick: bool) -> float:
    """How long a stop will take."""
    sizes = {role: [size(name, quick=quick) for name in names] for role, names in stop.inputs.items()}
    forecast = _method(stop).forecast(sizes)
    return forecast.seconds if forecast else 1.0


def _tiled(output: Path) -> Path:
    return output.with_name(f"{output.stem}-2x2.png")


def _outputs(visit: Visited) -> list[Path]:
    return [visit.output, *([_tiled(visit.output)] if visit.stop.tiled else [])]


def _write_sheet(visited: Sequence[Visited], path: Path) -> None:
    """Each stop's inputs, then its output; first all stops with one input, then those with two."""
    images: list[torch.Tensor] = []
    captions: list[str] = []
    for count in sorted({len(visit.inputs) for visit in visited}):
        for visit in (visit for visit in visited if len(visit.inputs) == count):
            images += [*map(shown_input, visit.inputs), visit.shown()]
            captions += [*(source.stem for source in visit.inputs), visit.stop.title]
        blank = -len(images) % SHEET_COLUMNS  # the next group begins a row
        images += [torch.ones(3, 8, 8)] * blank
        captions += [""] * blank
    write(contact_sheet(images, captions, SHEET_COLUMNS, cell=(300, 260), title="A tour of Impasto"), path)
