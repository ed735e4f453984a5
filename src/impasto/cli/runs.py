"""`impasto runs`: list, show, resume, repeat, report."""

from __future__ import annotations

from math import inf
from operator import itemgetter
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from impasto.cli.environment import every, runs_root
from impasto.cli.interrupt import Interrupt
from impasto.cli.naming import destinations
from impasto.cli.output import answer, deliver, forecast_line, print_table, say, summary
from impasto.cli.progress import progress
from impasto.errors import InputError
from impasto.runs.folder import RunFolder, all_runs, find_run
from impasto.runs.limits import duration
from impasto.runs.outcome import Outcome

app = App(name="runs", help="List, show, resume, repeat and report runs.")

Runs = Annotated[str | None, Parameter(help="folder of the run folders (default: runs, or $IMPASTO_RUNS)")]
Run = Annotated[str, Parameter(help="a run's folder, its name or a part of it, or latest")]
Json = Annotated[bool, Parameter(negative="", help="one JSON object on standard output")]
Quiet = Annotated[bool, Parameter(name=["--quiet", "-q"], negative="", help="no progress on standard error")]


@app.command(name="list")
def list_runs(*, runs: Runs = None, json: Json = False) -> None:
    """List the runs, oldest first, and then those whose record is damaged."""
    columns = ["run", "method", "state", "seed", "time"]
    dated = sorted((_row(run) for run in all_runs(runs_root(runs))), key=itemgetter(0))
    rows = [row for _, row in dated]
    if json:
        answer({"runs": [dict(zip(columns, row, strict=True)) for row in rows]})
    else:
        print_table(columns, [["" if cell is None else cell for cell in row] for row in rows])


@app.command
def show(run: Run = "latest", *, runs: Runs = None, json: Json = False) -> None:
    """Show what is known of a run."""
    folder = find_run(run, runs_root(runs))
    record = folder.read()
    fields = record.model_dump(mode="json") | {"run": str(folder.path), "state": _state(folder, record.state)}
    if json:
        answer(fields)
        return
    rows = [[f"config.{name}", value] for name, value in fields.pop("config").items()]
    rows += [[f"input.{it['name']}", f"{it['path']} sha256 {it['sha256']}"] for it in fields.pop("inputs")]
    print_table(["what", "value"], [[name, value] for name, value in fields.items()] + rows)


@app.command
def resume(run: Run = "latest", *, runs: Runs = None, json: Json = False, quiet: Quiet = False) -> int:
    """Finish a run that was killed or stopped, with the same bytes as if it had not been."""
    from impasto.runs.execute import carry_on

    folder = find_run(run, runs_root(runs))
    with Interrupt() as interrupt, progress(folder.read().method, quiet=quiet) as watching:
        outcome = carry_on(folder, observers=[*watching, interrupt], every=every(), say=say)
    return _end(outcome, interrupt, quiet=quiet, json=json)


@app.command
def repeat(
    picture: Annotated[str, Parameter(help="a picture that impasto made, or a run")],
    *,
    output: Annotated[str | None, Parameter(name=["--output", "-o"], help="picture to write")] = None,
    input: Annotated[list[str] | None, Parameter(negative="", help="NAME=PATH of an input that was moved")] = None,
    record: Annotated[bool, Parameter(help="keep a run's folder")] = True,
    runs: Runs = None,
    json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Make a picture again from the recipe it carries."""
    from impasto.runs.execute import carry_out
    from impasto.runs.products import check_output, ending_of
    from impasto.runs.recipe import recipe_of
    from impasto.runs.repeat import changed_facts, repeat_run
    from impasto.runs.repeat import repeat as again

    moved = _moved(input or [])
    path = Path(picture)
    if path.is_file():
        recipe = recipe_of(path)
        job = again(recipe, path, moved, say=say)
    else:
        folder = find_run(picture, runs_root(runs))
        recipe = folder.read()
        job = repeat_run(folder, moved, say=say)
    if recipe.state == "cancelled":
        say(f"note: the picture was stopped after step {recipe.step}; this one goes on to the end")
    place = None
    if output is not None or job.method.makes not in ("model", "table"):
        ending = ending_of(job)
        place = destinations(output, [path.stem], method="again", seed=recipe.seed, batch=False, ending=ending)[0]
        check_output(job, place)
    job.inputs()
    if job.forecast is not None and not quiet:
        say(forecast_line(job.forecast))
    with Interrupt() as interrupt, progress(recipe.method, quiet=quiet) as watching:
        root = runs_root(runs) if record else None
        outcome = carry_out(job, root=root, output=place, observers=[*watching, interrupt], every=every())
    for line in changed_facts(recipe, outcome.recipe):
        say(line)
    return _end(outcome, interrupt, quiet=quiet, json=json)


@app.command
def report(run: Run = "latest", *, runs: Runs = None) -> None:
    """Write a run's report again, and print where it is."""
    from impasto.runs.report import write_report

    print(write_report(find_run(run, runs_root(runs))))


def _end(outcome: Outcome, interrupt: Interrupt, *, quiet: bool, json: bool) -> int:
    """Say what became of a run; the exit status."""
    deliver(outcome, quiet=quiet, json=json)
    if json:
        answer(summary(outcome))
    return interrupt.status if outcome.state == "cancelled" else 0


def _row(run: RunFolder) -> tuple[float, list[str | int | None]]:
    """When a run began, and its line in the list; of one whose record is damaged only the name is known: it is last."""
    try:
        record = run.read()
    except InputError:
        return inf, [run.name, None, "damaged", None, None]
    return record.began, [run.name, record.method, _state(run, record.state), record.seed, duration(record.seconds)]


def _state(run: RunFolder, state: str) -> str:
    """A run that says it is running, with no process behind it, was killed."""
    return "killed" if state == "running" and not run.is_running() else state


def _moved(words: list[str]) -> dict[str, list[str]]:
    moved: dict[str, list[str]] = {}
    for word in words:
        name, equals, path = word.partition("=")
        if not equals or not path:
            raise InputError(f"--input must be NAME=PATH, got {word!r}")
        moved.setdefault(name, []).append(path)
    return moved
