"""From an experiment's class to the function that runs it: its config's fields become parameters."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args, get_origin

import torch

from impasto.errors import Cancelled, InputError
from impasto.experiments import EXPERIMENTS
from impasto.experiments.experiment import Experiment, Row, Table
from impasto.experiments.page import print_table, write_csv, write_figure, write_page
from impasto.images import read
from impasto.observers import Observer, Unobserved
from impasto.runs.configure import Layer, bounds, configure, preset

HOME = "experiments"  # the folder that holds results, unless --out names another

Runner = Callable[..., list[Path]]


def find(name: str) -> Runner:
    """The function that runs the experiment called `name`. Raises InputError with the nearest right name."""
    if name not in EXPERIMENTS:
        near = get_close_matches(name, EXPERIMENTS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"one of: {', '.join(EXPERIMENTS)}"
        raise InputError(f"no experiment is called {name!r}; {hint}")
    runner: Any = EXPERIMENTS[name].load()
    return runner  # type: ignore[no-any-return]


def runner(kind: type[Experiment[Any]]) -> Runner:
    """A function `run(*pictures, out=None, <the config's fields>, observer=None)` that returns the files it wrote.

    Lists are given as text with commas ("1,2,3") or as Python lists. A config that has presets gives it `preset=None`
    too. Its signature and docstring tell a command line all that it needs.
    """
    presets = tuple(getattr(kind.Config, "presets", {}))

    def run(*pictures: str, out: Path | None = None, observer: Observer | None = None, **fields: Any) -> list[Path]:
        named = preset(kind.Config, fields.pop("preset", None) if presets else None)
        given = {name: _plain(value, kind, name) for name, value in fields.items()}
        experiment = kind(configure(kind.Config, named, Layer(given)))
        folder = out or Path(HOME) / f"{kind.name}-{time.strftime('%Y%m%d-%H%M%S')}"
        return perform(experiment, _read(kind, pictures), Path(folder), observer or Unobserved())

    parameters = [inspect.Parameter("out", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Path | None)]
    if kind.inputs:
        picture = inspect.Parameter(kind.inputs[0].name, inspect.Parameter.VAR_POSITIONAL, annotation=str)
        parameters.insert(0, picture)
    helps = {"out": f"folder for the results (default: {HOME}/{kind.name}-DATE-TIME)"}
    if presets:
        parameters.append(
            inspect.Parameter("preset", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=str | None)
        )
        helps["preset"] = f"values that belong together: {', '.join(presets)}"
    helps |= {item.name: item.help for item in kind.inputs}
    for name, field in kind.Config.model_fields.items():
        shape, default = _shown(field.annotation, field.default)
        parameters.append(inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=shape))
        limits = bounds(field) if name != "seed" else ""
        helps[name] = " ".join(filter(None, [field.description, f"[{limits}]" if limits else ""]))
    watching = inspect.Parameter("observer", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Observer | None)
    run.__signature__ = inspect.Signature([*parameters, watching])  # type: ignore[attr-defined]
    run.__annotations__ = {it.name: it.annotation for it in (*parameters, watching)}
    run.__doc__ = "\n".join([kind.question, "", *(f":param {name}: {text}" for name, text in helps.items())])
    return run


def perform(
    experiment: Experiment[Any], pictures: Mapping[str, torch.Tensor], folder: Path, observer: Observer
) -> list[Path]:
    """Make an experiment's runs; write table.csv, figures/*.png and report.html into `folder`, return their paths.

    The table is printed too. If somebody cancels, what is ready is written before `Cancelled` goes on.
    """
    started = time.monotonic()
    rows: list[Row] = []
    main = Table("table", "", experiment.columns, [])
    cancelled = False
    try:
        for row in experiment.rows(pictures, observer):
            rows.append(row)
            main = Table("table", "", experiment.columns, [row.values for row in rows])
            write_csv(main, folder)
    except Cancelled:
        cancelled = True
        if not rows:
            raise
    tables = [main, *experiment.tables(rows)]
    files = [write_csv(table, folder) for table in tables]
    figures = experiment.figures(rows)
    files += [write_figure(figure, folder) for figure in figures]
    shown = [table for table in tables if table.shown]
    on_page = [figure for figure in figures if figure.shown]
    files.append(write_page(experiment, shown, on_page, folder, time.monotonic() - started, cancelled))
    for table in shown:
        print_table(table, experiment.title if table is main else table.caption)
    if cancelled:
        raise Cancelled
    return files


def _read(kind: type[Experiment[Any]], paths: Sequence[str]) -> dict[str, torch.Tensor]:
    """The pictures by their files' stems; a stem that comes twice gets a number."""
    if paths and not kind.inputs:
        raise InputError(f"{paths[0]}: the experiment {kind.name} takes no pictures")
    if len(paths) > 1 and not kind.inputs[0].many:
        raise InputError(f"{kind.inputs[0].name} must be one picture, got {len(paths)}")
    found: dict[str, torch.Tensor] = {}
    for path in paths:
        stem, number = Path(path).stem, 2
        while stem in found:
            stem, number = f"{Path(path).stem}-{number}", number + 1
        found[stem] = read(path)
    return found


def _shown(annotation: Any, default: Any) -> tuple[Any, Any]:
    """A field's type and default as a parameter's: numbers, text and yes-or-no as they are, all else as text."""
    if annotation in (int, float, bool, str):
        return annotation, default
    return str, ",".join(map(str, default)) if isinstance(default, (tuple, list)) else default


def _plain(value: Any, kind: type[Experiment[Any]], name: str) -> Any:
    """What pydantic is to judge: text with commas becomes a list where the field is one."""
    field = kind.Config.model_fields.get(name)
    several = field is not None and get_origin(field.annotation) in (tuple, list) and get_args(field.annotation)
    return [part.strip() for part in value.split(",") if part.strip()] if several and isinstance(value, str) else value
