"""What a method's command does: resolve the config, make one run for each picture, say how each went."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from impasto.cli.app import DONE, STREAM, USAGE
from impasto.cli.assign import Pictures, assign, stem, subject
from impasto.cli.clips import is_clip
from impasto.cli.environment import every, runs_root, threads
from impasto.cli.interrupt import Stopping
from impasto.cli.naming import STANDARD_OUTPUT, beside, destinations
from impasto.cli.progress import progress
from impasto.cli.settings import resolve
from impasto.cli.shared import Shared
from impasto.cli.speech import answer, say
from impasto.cli.telling import deliver, forecast_line, summary
from impasto.errors import InputError
from impasto.images import check_target, encode, write
from impasto.methods import Method, MethodConfig
from impasto.runs.execute import execute
from impasto.runs.job import Job, prepare
from impasto.runs.limits import check_folder
from impasto.runs.model import find_trained
from impasto.runs.sources import CONTENT
from impasto.video import check_clip_target, clip_ending


@dataclass(frozen=True)
class Order:
    """One run to make: its inputs by name, and where the picture goes ("-" for standard output; None for nowhere)."""

    pictures: Pictures
    output: Path | None
    clip: bool = False  # whether every frame of the content is wanted


def make(method: type[Method[Any]], words: Sequence[str], flags: dict[str, Any], shared: Shared) -> int:
    """Run a method on the pictures that the words name; returns the exit status."""
    to_stream = shared.output == STREAM
    if shared.json and to_stream:
        raise InputError("--json and -o - both want standard output; give -o a file")
    if shared.bits not in (8, 16):
        raise InputError(f"bits must be 8 or 16, got {shared.bits}")
    if shared.output == "":
        raise InputError("-o: the name of the output is empty; give a path, a folder, or -")
    if method.trains and not shared.record:
        raise InputError("--no-record: a training keeps its model in the run's folder; leave it out")
    if shared.out is not None and not shared.record:
        raise InputError("--out and --no-record: a run's folder is named, and none wanted; leave one out")
    every()  # says now if the environment asks for what cannot be
    config = resolve(method.Config, flags=flags, preset_name=shared.preset, file=shared.config)
    batch, sets = assign(method, ["-" if word == STREAM else word for word in words])
    if shared.out is not None and batch:
        raise InputError(f"--out {shared.out}: one folder for several runs; give --runs DIR")
    if to_stream and getattr(config, "count", 1) > 1:
        raise InputError("-o -: only one picture fits on standard output; give a file")
    sets = [_found(method, pictures, runs_root(shared.runs)) for pictures in sets]
    clip = not batch and is_clip(method, sets[0], "-" if to_stream else shared.output, shared.bits)
    places: Sequence[Path | None] = [None] * len(sets)
    if shared.output is not None or not method.trains:
        stems = [stem(method, pictures) for pictures in sets]
        output = "-" if to_stream else shared.output
        ending = clip_ending(sets[0][CONTENT][0]) if clip else ".png"
        places = destinations(output, stems, method=method.name, seed=config.seed, batch=batch, ending=ending)
    orders = [Order(pictures, place, clip) for pictures, place in zip(sets, places, strict=True)]
    named = method(config).extra_inputs().values()
    for order in orders:
        _check_places(order, getattr(config, "count", 1), shared.bits, named)
    runs = _Runs(method, config, shared, batch)
    with Stopping() as stopping:
        for order in orders:
            runs.make(order, stopping)
            if stopping.asked is not None:
                break
    if shared.json or shared.dry_run:
        answer({"method": method.name, "runs": runs.answers} if batch else runs.answers[0])
    return runs.status


class _Runs:
    """The runs of one command, and what came of them."""

    def __init__(self, method: type[Method[Any]], config: MethodConfig, shared: Shared, batch: bool) -> None:
        self._method, self._config, self._shared, self._batch = method, config, shared, batch
        self.answers: list[dict[str, Any]] = []
        self.status = DONE

    def make(self, order: Order, stopping: Stopping) -> None:
        """Make one run. In a batch, bad input is told and the rest go on; alone, it is raised."""
        shared = self._shared
        try:
            job = prepare(
                self._method.name,
                self._config,
                order.pictures,
                background=shared.background,
                bits=shared.bits,
                threads=threads(shared.threads),
                clip=order.clip,
            )
            self.answers.append(_plan(job, order) if shared.dry_run else self._run(job, order, stopping))
        except InputError as error:
            if not self._batch:
                raise
            say(f"impasto: {error}")
            self.answers.append({"input": subject(self._method, order.pictures), "error": str(error)})
            self.status = USAGE

    def _run(self, job: Job, order: Order, stopping: Stopping) -> dict[str, Any]:
        shared = self._shared
        root = runs_root(shared.runs) if shared.record else None
        if root is not None:
            check_folder(root)
        job.pictures()  # so that whatever is wrong with them is said before anything else
        if job.forecast is not None and not shared.quiet:
            say(forecast_line(job.forecast))
        stopping.begin()
        to_stream = order.output == STANDARD_OUTPUT
        title = f"{job.method.name} {stem(self._method, order.pictures)}"
        notice = "" if job.forecast is None else job.forecast.notice
        with progress(title, quiet=shared.quiet, notice=notice) as watching:
            outcome = execute(
                job,
                output=None if to_stream else order.output,
                observers=[*watching, stopping],
                root=root,
                place=None if shared.out is None else Path(shared.out),
                every=every(),
            )
        for number, (name, image) in enumerate(outcome.images.items()):
            if order.output is None:
                break
            recipe = outcome.embedded(name)
            if to_stream and number == 0:
                sys.stdout.buffer.write(encode(image, "png", recipe=recipe, bits=shared.bits))
                sys.stdout.buffer.flush()
            elif (shared.parts or outcome.each) and number > 0 and not to_stream:
                write(image, beside(order.output, name), recipe=recipe, bits=shared.bits)
        if outcome.state == "cancelled":
            self.status = stopping.status
        deliver(outcome, to_stream=to_stream, quiet=shared.quiet)
        return summary(outcome)


def _plan(job: Job, order: Order) -> dict[str, Any]:
    """What `--dry-run` shows."""
    job.pictures()  # which may be of no use
    forecast = job.forecast
    return {
        "method": job.method.name,
        "config": job.recipe.config,
        "inputs": [record.model_dump(include={"name", "path", "size"}) for record in job.recipe.inputs],
        "output": None if order.output is None else str(order.output),
        "device": job.recipe.device,
        "threads": job.recipe.threads,
        "forecast": None if forecast is None else {"seconds": forecast.seconds, "memory": forecast.memory},
    }


def _found(method: type[Method[Any]], pictures: Pictures, root: Path) -> Pictures:
    """The inputs of a run, with folders for the names of training runs."""
    trained = {item.name: item.models for item in method.inputs if item.models}
    return {
        name: [str(find_trained(word, root, trained[name])) for word in words] if name in trained else words
        for name, words in pictures.items()
    }


def _check_places(order: Order, count: int, bits: int, named: Collection[str]) -> None:
    """Raise InputError if one of `count` pictures cannot be written to its place, or would replace an input."""
    if order.output is None or order.output == STANDARD_OUTPUT:
        return
    for place in (order.output, *(beside(order.output, str(number)) for number in range(2, count + 1))):
        if order.clip:
            check_clip_target(place)
        else:
            check_target(place, bits=bits)
        for paths in (*order.pictures.values(), named):
            for path in paths:
                if path != "-" and place.exists() and Path(path).exists() and place.samefile(path):
                    raise InputError(f"-o {place}: is an input of this run; give the output another name")
