"""What is said of a run before it starts and after it ended."""

from __future__ import annotations

from typing import Any

from impasto.cli.speech import duration, say
from impasto.methods import Forecast
from impasto.runs.limits import gigabytes
from impasto.runs.model import FOLDER, use_of
from impasto.runs.outcome import Outcome


def forecast_line(forecast: Forecast) -> str:
    """`about 40 s, 1.2 GB`, and the method's notice if it has one."""
    notice = f"; {forecast.notice}" if forecast.notice else ""
    return f"about {duration(forecast.seconds)}, {gigabytes(forecast.memory)}{notice}"


def deliver(outcome: Outcome, *, quiet: bool, to_stream: bool = False) -> None:
    """Say what became of a run, and how to go on with a stopped one."""
    folder = outcome.folder
    where = "standard output" if to_stream else str(outcome.output or (folder.output if folder else "nothing"))
    if len(outcome.each) > 1:
        where += f" and {len(outcome.each) - 1} more"
    if outcome.frames == 0:
        more = f"; go on with: impasto runs resume {folder.path}" if folder else ""
        say(f"stopped before the first of {outcome.total} frames was done; nothing was written{more}")
    elif outcome.state == "cancelled":
        more = f"; go on with: impasto runs resume {folder.path}" if folder else ""
        unit = "step" if outcome.frames is None else "frame"
        say(f"stopped after {unit} {outcome.recipe.step} of {outcome.total}; saved {where}{more}")
    elif not quiet:
        height, width = next(iter(outcome.images.values())).shape[-2:]
        note = f" (run: {folder.path})" if folder else ""
        count = "" if outcome.frames is None else f"{outcome.frames} frames of "
        say(f"{where}: {count}{width}x{height}, {duration(outcome.seconds)}{note}")
    if outcome.model is not None and folder and not quiet:
        say(f"model: {folder.path}; make pictures with it: {use_of(outcome.recipe.method, folder.path)}")


def summary(outcome: Outcome) -> dict[str, Any]:
    """What `--json` tells of a run."""
    image = next(iter(outcome.images.values()), None)
    return {
        "method": outcome.recipe.method,
        "state": outcome.state,
        "output": str(outcome.output) if outcome.output else None,
        "run": str(outcome.folder.path) if outcome.folder else None,
        "model": str(outcome.folder.path / FOLDER) if outcome.folder and outcome.model else None,
        "size": [image.shape[-1], image.shape[-2]] if image is not None else None,
        **({} if outcome.frames is None else {"frames": outcome.frames}),
        "seconds": round(outcome.seconds, 3),
        "seed": outcome.recipe.seed,
        "losses": dict(outcome.losses),
        "inputs": [record.model_dump(include={"name", "path", "sha256"}) for record in outcome.recipe.inputs],
        "facts": outcome.recipe.facts,
    }
