"""The tour's page: every picture beside its inputs, with the command that makes it again."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from impasto.demo.stops import shown_input
from impasto.demo.visited import Visited
from impasto.images import encode, reduced, write_atomically
from impasto.runs.limits import duration
from impasto.runs.recipe import now

INPUT_SIDE = 320  # pixels of the longer side of an input in the page


def write_page(visited: Sequence[Visited], folder: Path, *, done: bool) -> Path:
    """Write folder/index.html, with all pictures inside it; returns its path."""
    from jinja2 import Environment, PackageLoader

    environment = Environment(loader=PackageLoader("impasto.demo"), autoescape=True, keep_trailing_newline=True)
    recipe = visited[0].recipe
    html = environment.get_template("index.html").render(
        stops=[_shown(visit, folder) for visit in visited],
        done=done,
        date=now(),
        seconds=duration(sum(visit.seconds for visit in visited)),
        versions=recipe.versions,
        device=f"{recipe.device}, {recipe.threads} thread{'' if recipe.threads == 1 else 's'}",
    )
    path = folder / "index.html"
    write_atomically(path, html.encode())
    return path


def _shown(visit: Visited, folder: Path) -> dict[str, Any]:
    """A stop as the template takes it."""
    height, width = visit.picture().shape[-2:]
    return {
        "name": visit.stop.name,
        "title": visit.stop.title,
        "text": visit.stop.text,
        "inputs": [{"name": path.stem, "data": _url(reduced(shown_input(path), INPUT_SIDE))} for path in visit.inputs],
        "output": {"file": visit.output.name, "size": f"{width}x{height}", "data": _url(visit.shown())},
        "command": visit.stop.command(folder),
        "seconds": duration(visit.seconds),
        "early": None if visit.finished else f"stopped after step {visit.recipe.step} of {visit.total}",
        "recipe": json.dumps(visit.recipe.embedded(), indent=2),
    }


def _url(image: torch.Tensor) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(encode(image, 'jpeg', quality=90)).decode()}"
