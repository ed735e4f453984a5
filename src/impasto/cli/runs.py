"""`impasto runs`: list, show, resume, repeat, report."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from impasto.cli.environment import every, runs_root
from impasto.cli.interrupt import Interrupt
from impasto.cli.naming import destinations
from impasto.cli.output import answer, cost_lines, deliver, hush, print_table, say, summary
from impasto.cli.progress import progress
from impasto.errors import InputError
from impasto.runs.folder import RunFolder, all_runs, find_run
from impasto.runs.limits import duration
from impasto.runs.outcome import Outcome

if TYPE_CHECKING:
    from impasto.runs.batch import BatchFile, Order
    from impasto.runs.limits import Allowed
    from impasto.runs.recipe import RunRecord

app = App(name="runs", help="List, show, resume, repeat and report runs.")

RunsFolder = Annotated[str | None, Parameter(help="folder of the run folders (default: runs, or $IMPASTO_RUNS)")]
Run = Annotated[str, Parameter(help="a run's folder, its name or a part of it, or latest")]
Json = Annotated[bool, Parameter(negative="", help="one JSON object on standard output")]
Moved = Annotated[list[str] | None, Parameter(name="--input", negative="", help="NAME=PATH of an input, by its hash")]
Yes = Annotated[
    bool,
    Parameter(negative="", help="begin another's recipe also if it takes over an hour, or more than the free memory"),
]
Train = Annotated[bool, Parameter(negative="", help="begin a training if another's recipe asks for one")]
Quiet = Annotated[bool, Parameter(name=["--quiet", "-q"], negative="", help="no progress on standard error")]


@app.command(name="list")
def list_runs(*, runs: RunsFolder = None, json: Json = False) -> None:
    """List the runs, oldest first, and then those whose record is damaged."""
    columns = ["run", "method", "state", "seed", "time"]
    dated = sorted((_row(run) for run in all_runs(runs_root(runs))), key=itemgetter(0))
    rows = [row for _, row in dated]
    if json:
        answer({"runs": [dict(zip(columns, row, strict=True)) for row in rows]})
    else:
        print_table(columns, [["" if cell is None else cell for cell in row] for row in rows])


@app.command
def show(
    run: Annotated[
        str, Parameter(help="a picture that impasto made, or a run: its folder, its name or a part of it, or latest")
    ] = "latest",
    *,
    runs: RunsFolder = None,
    json: Json = False,
) -> None:
    """Show what is known of a run, or the recipe that a picture carries."""
    from impasto.runs.recipe import recipe_of

    if Path(run).is_file():
        fields = recipe_of(Path(run)).model_dump(mode="json")
    else:
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
def resume(
    run: Run = "latest",
    *,
    rest: Annotated[
        bool, Parameter(negative="", help="of a batch make those too that were never begun, where it was begun")
    ] = False,
    output: Annotated[
        str | None, Parameter(name=["--output", "-o"], help="picture to write, in place of the first -o")
    ] = None,
    input: Moved = None,
    yes: Yes = False,
    train: Train = False,
    processes: Annotated[
        int | None, Parameter(help="how many processes share a training (default: as it was begun)")
    ] = None,
    runs: RunsFolder = None,
    json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Finish a run that was killed or stopped, with the same bytes as if it had not been.

    A run that was begun elsewhere writes into its own folder only, or where -o says.
    """
    from impasto.cli.orders import never_begun, rest_of
    from impasto.registry import method
    from impasto.runs.batch import BatchFile
    from impasto.runs.limits import Allowed

    if processes is not None and processes < 1:
        raise InputError(f"processes must be at least 1, got {processes}")
    root = runs_root(runs)
    unbegun = BatchFile.unbegun(run, root)
    if unbegun is not None:
        flags = {"-o": output, "--input": input, "--processes": processes, "--yes": yes, "--train": train}
        if given := [flag for flag, value in flags.items() if value]:
            raise InputError(f"{given[0]}: nothing of this batch was begun, and all of it is made as it was ordered")
        return _begin(unbegun, rest=rest, quiet=quiet, json=json)
    folder = find_run(run, root)
    record = folder.read()
    kept, left = _left(folder, record, wanted=rest)
    others = rest_of(kept, quiet=quiet, json=json) if kept is not None and left and rest else None
    status, answers = 0, []
    with Interrupt() as interrupt:
        if record.state != "done" or others is None:
            place = None if output is None else Path(output)
            outcome = _finish(
                folder, record, place, input or [], Allowed(yes, train), processes, interrupt, quiet=quiet
            )
            deliver(outcome, quiet=quiet, json=json)
            answers.append(summary(outcome))
            status = interrupt.status if outcome.state == "cancelled" else 0
        if others is not None and not status:
            others.make_all(left, interrupt, kept)
            status = others.status
        elif left:
            say(never_begun(method(record.method), left.values(), folder.path))
    if json:
        answer(answers[0] if others is None else {"method": record.method, "runs": [*answers, *others.answers]})
    return status


@app.command
def repeat(
    picture: Annotated[str, Parameter(help="a picture that impasto made, or a run")],
    *,
    output: Annotated[str | None, Parameter(name=["--output", "-o"], help="picture to write")] = None,
    input: Moved = None,
    yes: Yes = False,
    train: Train = False,
    record: Annotated[bool, Parameter(help="keep a run's folder")] = True,
    runs: RunsFolder = None,
    json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Make a picture again from the recipe it carries.

    It may be somebody else's: no file is read that is neither given nor known by its hash.
    """
    from impasto.runs.execute import carry_out
    from impasto.runs.limits import Allowed
    from impasto.runs.products import check_output, ending_of
    from impasto.runs.recipe import recipe_of
    from impasto.runs.repeat import changed_facts, repeat_run
    from impasto.runs.repeat import repeat as repeat_picture

    moved, notes = _moved(input or []), list[str]()
    path = Path(picture)
    if path.is_file():
        recipe = recipe_of(path)
        job = repeat_picture(recipe, path, moved, allowed=Allowed(yes, train), say=notes.append)
    else:
        folder = find_run(picture, runs_root(runs))
        recipe = folder.read()
        job = repeat_run(folder, moved, allowed=Allowed(yes, train), say=notes.append)
    if recipe.state == "cancelled":
        notes.append(f"note: the picture was stopped after step {recipe.step}; this one goes on to the end")
    place = None
    if output is not None or job.method.makes not in ("model", "table"):
        ending = ending_of(job)
        apart = job.method.apart and not path.is_file()  # a picture's recipe makes it alone
        (place,) = destinations(
            output, [path.stem], method="again", seed=recipe.seed, batch=False, ending=ending, apart=apart
        )
        check_output(job, place)
    job.inputs()
    for note in notes:  # what is refused gets its own line alone
        say(note)
    for line in [] if quiet else cost_lines(job):
        say(line)
    with Interrupt() as interrupt, progress(recipe.method, quiet=quiet) as watching:
        root = runs_root(runs) if record else None
        outcome = carry_out(
            job, root=root, output=place, observers=[*watching, interrupt], every=every(), say=hush if quiet else say
        )
    for line in changed_facts(recipe, outcome.recipe):
        say(line)
    return _end(outcome, interrupt, quiet=quiet, json=json)


@app.command
def report(run: Run = "latest", *, runs: RunsFolder = None) -> None:
    """Write a run's report again, and print where it is."""
    from impasto.runs.report import write_report

    folder = find_run(run, runs_root(runs))
    folder.check_plain()
    print(write_report(folder))


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


def _left(folder: RunFolder, record: RunRecord, *, wanted: bool) -> tuple[BatchFile | None, Mapping[int, Order]]:
    """The batch that a run is of, and what of it was never begun. Raises InputError if that is all there is to do.

    wanted: whether that is to be made too.
    """
    from impasto.cli.orders import never_begun
    from impasto.registry import method
    from impasto.runs.batch import BatchFile

    kept = BatchFile.of(record, folder.path.parent, wanted=wanted)
    left = {} if kept is None or kept.is_running() else kept.left()
    if left and not wanted and record.state == "done":
        raise InputError(
            f"{folder.path}: this run is done; {never_begun(method(record.method), left.values(), folder.path)}"
        )
    return kept, left


def _finish(
    folder: RunFolder,
    record: RunRecord,
    output: Path | None,
    moved: list[str],
    allowed: Allowed,
    processes: int | None,
    interrupt: Interrupt,
    *,
    quiet: bool,
) -> Outcome:
    from impasto.runs.execute import carry_on

    with progress(record.method, quiet=quiet) as watching:
        return carry_on(
            folder,
            output=output,
            given=_moved(moved),
            allowed=allowed,
            observers=[*watching, interrupt],
            every=every(),
            processes=processes,
            say=say,
        )


def _begin(batch: BatchFile, *, rest: bool, quiet: bool, json: bool) -> int:
    """Make a batch of which nothing was begun; the exit status. Raises InputError if its `rest` is not asked for."""
    from impasto.cli.orders import never_begun, rest_of
    from impasto.registry import method

    name, left = batch.read().method, batch.left()
    if not rest:
        raise InputError(never_begun(method(name), left.values(), batch.path))
    others = rest_of(batch, quiet=quiet, json=json)
    with Interrupt() as interrupt:
        others.make_all(left, interrupt, batch)
    if json:
        answer({"method": name, "runs": others.answers})
    return others.status


def _moved(words: list[str]) -> dict[str, list[str]]:
    moved: dict[str, list[str]] = {}
    for word in words:
        name, equals, path = word.partition("=")
        if not equals or not path:
            raise InputError(f"--input must be NAME=PATH, got {word!r}")
        moved.setdefault(name, []).append(path)
    return moved
