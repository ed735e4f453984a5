"""`impasto demo`: real inputs, a few minutes, one contact sheet and one page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from impasto.demo.page import write_page
from impasto.demo.stops import STOPS, Stop, picture, quickened, size
from impasto.errors import Cancelled
from impasto.images import contact_sheet, read, write
from impasto.methods import MethodConfig
from impasto.observers import Observer, Step
from impasto.parts import Leg, Legs
from impasto.registry import method as find_method
from impasto.runs.configure import Layer, configure
from impasto.runs.execute import execute
from impasto.runs.job import prepare
from impasto.runs.limits import check_folder
from impasto.runs.outcome import Outcome

SHEET_COLUMNS = 6  # three stops with one input, or two with two
DRAWING_SECONDS = 1.5  # what an input takes to draw, about


@dataclass(frozen=True)
class Visited:
    """A stop of the tour with what came of it."""

    stop: Stop
    outcome: Outcome
    inputs: tuple[Path, ...]
    output: Path
    shown: torch.Tensor  # (3, H, W): the output, or the output laid 2 x 2

    @property
    def finished(self) -> bool:
        """Whether its run was not stopped early."""
        return self.outcome.state == "done"


def tour(out: Path = Path("demo"), *, quick: bool = False, observer: Observer | None = None) -> list[Path]:
    """Make textures, a wider photograph, stylised ones and a reconstruction; show them on one sheet and one page.

    Writes into `out`: inputs/*.png, a picture for each stop with its recipe inside, contact.png and index.html; returns
    their paths, the page first. If somebody cancels, what is ready is written before `Cancelled` goes on.

    :param out: folder for the pictures and the page
    :param quick: tiny pictures and a few steps: a trial of the installation, nothing to look at
    """
    check_folder(out)
    stops = [quickened(stop) if quick else stop for stop in STOPS]
    names = list(dict.fromkeys(name for stop in stops for names in stop.inputs.values() for name in names))
    legs = Legs([*(Leg(f"drawing {name}", DRAWING_SECONDS) for name in names), *_legs(stops, quick)], observer)
    drawn = {}
    for number, name in enumerate(names):
        image = picture(name, quick=quick)
        drawn[name] = out / "inputs" / f"{name}.png"
        write(image, drawn[name])
        legs.watch(number).step(Step(1, 1, {}, partial(torch.clone, image), dict))
    visited: list[Visited] = []
    cancelled = False
    for number, stop in enumerate(stops, len(names)):
        output = out / f"{stop.name}.png"
        pictures = {role: [str(drawn[name]) for name in names] for role, names in stop.inputs.items()}
        job = prepare(stop.method, _config(stop), pictures)
        outcome = execute(job, output=output, observers=[legs.watch(number)])
        cancelled = outcome.state == "cancelled"
        if outcome.images:
            visited.append(_visited(stop, outcome, drawn, output))
            _write_sheet(visited, out / "contact.png")
            write_page(visited, out, done=len(visited) == len(stops) and not cancelled)
        if cancelled:
            raise Cancelled
    outputs = [path for visit in visited for path in _outputs(visit)]
    return [out / "index.html", out / "contact.png", *outputs]


def _config(stop: Stop) -> MethodConfig:
    return configure(find_method(stop.method).Config, Layer(stop.flags))


def _legs(stops: Sequence[Stop], quick: bool) -> list[Leg]:
    """How long each stop will take."""
    legs = []
    for number, stop in enumerate(stops, 1):
        sizes = {role: [size(name, quick=quick) for name in names] for role, names in stop.inputs.items()}
        forecast = find_method(stop.method)(_config(stop)).forecast(sizes)
        legs.append(Leg(f"{number}/{len(stops)} {stop.title}", forecast.seconds if forecast else 1.0))
    return legs


def _visited(stop: Stop, outcome: Outcome, drawn: dict[str, Path], output: Path) -> Visited:
    image = next(iter(outcome.images.values()))
    if stop.tiled:
        image = image.repeat(1, 2, 2)
        write(image, output.with_name(f"{stop.name}-2x2.png"))
    inputs = tuple(drawn[name] for names in stop.inputs.values() for name in names)
    return Visited(stop, outcome, inputs, output, image)


def _outputs(visit: Visited) -> list[Path]:
    tiles = [visit.output.with_name(f"{visit.stop.name}-2x2.png")] if visit.stop.tiled else []
    return [visit.output, *tiles]


def _write_sheet(visited: Sequence[Visited], path: Path) -> None:
    """Each stop's inputs, then its output; first all stops with one input, then those with two."""
    images: list[torch.Tensor] = []
    captions: list[str] = []
    for count in sorted({len(visit.inputs) for visit in visited}):
        for visit in (visit for visit in visited if len(visit.inputs) == count):
            images += [*map(read, visit.inputs), visit.shown]
            captions += [*(source.stem for source in visit.inputs), visit.stop.title]
        blank = -len(images) % SHEET_COLUMNS  # the next group begins a row
        images += [torch.ones(3, 8, 8)] * blank
        captions += [""] * blank
    write(contact_sheet(images, captions, SHEET_COLUMNS, cell=(300, 260), title="A tour of Impasto"), path)
