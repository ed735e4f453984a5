"""What a method's command does: resolve the config, make one run for each picture, say how each went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from impasto.cli.assign import Given, assign, stem, subject
from impasto.cli.clips import is_clip
from impasto.cli.environment import every, runs_root, threads
from impasto.cli.interrupt import Interrupt
from impasto.cli.naming import STANDARD_OUTPUT, destinations
from impasto.cli.output import DONE, STREAM, USAGE, answer, deliver, forecast_line, put, say, summary
from impasto.cli.progress import progress
from impasto.cli.settings import resolve
from impasto.cli.shared import Shared
from impasto.errors import InputError
from impasto.images import encode, write
from impasto.methods import Method, MethodConfig
from impasto.runs.execute import carry_out
from impasto.runs.job import Job, prepare
from impasto.runs.limits import check_folder, reductions
from impasto.runs.model import find_trained
from impasto.runs.pieces import beside
from impasto.runs.products import check_places
from impasto.video import clip_ending

MANY = 1000  # of more places only so many are looked at before the run


@dataclass(frozen=True)
class Order:
    """One run to make: its inputs by name, and where the picture goes ("-" for standard output; None for nowhere)."""

    given: Given
    output: Path | None
    clip: bool = False  # whether every frame of the picture is wanted

    @property
    def paths(self) -> list[str]:
        """Those of all inputs."""
        return [path for paths in self.given.values() for path in paths]


def make(method: type[Method[Any]], words: Sequence[str], flags: dict[str, Any], shared: Shared) -> int:
    """Run a method on the pictures that the words name; returns the exit status."""
    _check_shared(method, shared)
    every()  # says now if the environment asks for what cannot be
    config, flagged = resolve(method, flags=flags, preset_name=shared.preset, file=shared.config)
    batch, sets = assign(method, ["-" if word == STREAM else word for word in words])
    if shared.out is not None and batch:
        raise InputError(f"--out {shared.out}: one folder for several runs; give --runs DIR")
    if shared.output == STREAM and getattr(config, "count", 1) > 1:
        raise InputError("-o -: only one picture fits on standard output; give a file")
    root = runs_root(shared.runs)
    orders = _orders(method, config, shared, batch, [_found(method, {**flagged, **given}, root) for given in sets])
    for order in orders:
        if order.output is not None and order.output != STANDARD_OUTPUT:
            further = range(2, 1 + min(MANY, getattr(config, "count", 1)))
            places = [order.output, *(beside(order.output, str(number)) for number in further)]
            check_places(places, order.paths, bits=shared.bits, clip=order.clip)
    runs = _Runs(method, config, shared, batch)
    with Interrupt() as interrupt:
        for order in orders:
            runs.make(order, interrupt)
            if interrupt.asked is not None:
                break
    if shared.json or shared.dry_run:
        answer({"method": method.name, "runs": runs.answers} if batch else runs.answers[0])
    return runs.status


def _check_shared(method: type[Method[Any]], shared: Shared) -> None:
    """Raise InputError for flags that cannot be, or do not go together."""
    if shared.json and shared.output == STREAM:
        raise InputError("--json and -o - both want standard output; give -o a file")
    if shared.bits not in (8, 16):
        raise InputError(f"bits must be 8 or 16, got {shared.bits}")
    if shared.output == "":
        raise InputError("-o: the name of the output is empty; give a path, a folder, or -")
    if method.makes == "model" and shared.record is False:
        raise InputError("--no-record: a training keeps its model in the run's folder; leave it out")
    if shared.out is not None and shared.record is False:
        raise InputError("--out and --no-record: a run's folder is named, and none wanted; leave one out")
    if shared.out is not None and Path(shared.out).is_file():
        raise InputError(f"--out {shared.out}: is a file, and cannot be a run's folder; give another name")


def _orders(
    method: type[Method[Any]], config: MethodConfig, shared: Shared, batch: bool, sets: Sequence[Given]
) -> list[Order]:
    """The runs to make, and the place of each one's result."""
    output = "-" if shared.output == STREAM else shared.output
    clip = not batch and is_clip(method, sets[0], output, shared.bits)
    if output is None and method.makes in ("model", "table"):
        return [Order(given, None) for given in sets]
    stems = [stem(method, given) for given in sets]
    framed = [given[item.name][0] for given in sets for item in method.inputs if clip and item.clips]
    ending = clip_ending(framed[0]) if framed else ".gif" if method.makes == "clip" else ".png"
    places = destinations(output, stems, method=method.name, seed=config.seed, batch=batch, ending=ending)
    return [Order(given, place, clip) for given, place in zip(sets, places, strict=True)]


class _Runs:
    """The runs of one command, and what came of them."""

    def __init__(self, method: type[Method[Any]], config: MethodConfig, shared: Shared, batch: bool) -> None:
        self._method, self._config, self._shared, self._batch = method, config, shared, batch
        self.answers: list[dict[str, Any]] = []
        self.status = DONE

    def make(self, order: Order, interrupt: Interrupt) -> None:
        """Make one run. In a batch, bad input is told and the rest go on; alone, it is raised."""
        shared = self._shared
        try:
            job = prepare(
                self._method(self._config),
                order.given,
                background=shared.background,
                bits=shared.bits,
                threads=threads(shared.threads),
                clip=order.clip,
            )
            self.answers.append(_plan(job, order) if shared.dry_run else self._run(job, order, interrupt))
        except InputError as error:
            if not self._batch:
                raise
            name = subject(self._method, order.given)
            say(f"impasto: {error}" if str(error).startswith(name) else f"impasto: {name}: {error}")
            self.answers.append({"input": name, "error": str(error)})
            self.status = USAGE

    def _run(self, job: Job, order: Order, interrupt: Interrupt) -> dict[str, Any]:
        shared = self._shared
        recorded = shared.record if shared.record is not None else (job.method.records or shared.out is not None)
        if recorded and shared.out is None:
            check_folder(runs_root(shared.runs))
        job.inputs()  # so that whatever is wrong with them is said before anything else
        if job.forecast is not None and not shared.quiet:
            for line in (*_reductions(job), forecast_line(job.forecast)):
                say(line)
        interrupt.begin()
        to_stream = order.output == STANDARD_OUTPUT
        output = None if to_stream else order.output
        title = f"{job.method.name} {stem(self._method, order.given)}"
        notice = "" if job.forecast is None else job.forecast.notice
        with progress(title, quiet=shared.quiet, notice=notice) as watching:
            outcome = carry_out(
                job,
                root=runs_root(shared.runs) if recorded else None,
                place=None if shared.out is None else Path(shared.out),
                output=output,
                observers=[*watching, interrupt],
                every=every(),
            )
        for number, (name, image) in enumerate(outcome.images.items()):
            if to_stream and number == 0:
                put(encode(image, "png", recipe=outcome.recipe.embedded(), bits=shared.bits))
            elif shared.parts and number > 0 and output is not None:
                place = beside(output, name)
                try:
                    check_places([place], order.paths, bits=shared.bits)
                    write(image, place, recipe=outcome.recipe.embedded(), bits=shared.bits)
                except InputError as error:  # the others, and the picture itself, are made
                    say(f"impasto: {error}")
                    self.status = USAGE
        if outcome.state == "cancelled":
            self.status = interrupt.status
        deliver(outcome, to_stream=to_stream, quiet=shared.quiet, json=shared.json)
        return summary(outcome)


def _plan(job: Job, order: Order) -> dict[str, Any]:
    """What `--dry-run` shows."""
    job.inputs()  # so that whatever is wrong with them is said
    forecast = job.forecast
    return {
        "method": job.method.name,
        "config": job.recipe.config,
        "inputs": [record.model_dump(include={"name", "path", "size"}) for record in job.recipe.inputs],
        "output": None if order.output is None else str(order.output),
        "device": job.recipe.device,
        "threads": job.recipe.threads,
        "forecast": None if forecast is None else asdict(forecast),
        "notices": _reductions(job),
    }


def _reductions(job: Job) -> list[str]:
    return reductions(job.recipe.config, job.recipe.inputs, job.forecast)


def _found(method: type[Method[Any]], given: Given, root: Path) -> Given:
    """The inputs of a run, with folders for the names of training runs."""
    accepts = {item.name: item.accepts for item in method.inputs if item.kind == "model"}
    return {
        name: [str(find_trained(word, root, accepts[name])) for word in words] if name in accepts else words
        for name, words in given.items()
    }
