"""Carry out what a command was given: one run, or those of a batch, which is kept until all were begun."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from impasto.cli.assign import stem, subject
from impasto.cli.complaints import with_samples
from impasto.cli.environment import every, runs_root, threads
from impasto.cli.interrupt import Interrupt
from impasto.cli.naming import STANDARD_OUTPUT
from impasto.cli.output import DONE, USAGE, cost_lines, deliver, first_few, hush, put, say, summary
from impasto.cli.progress import progress
from impasto.cli.shared import Shared
from impasto.errors import InputError
from impasto.images import encode, write
from impasto.methods import Method, MethodConfig
from impasto.registry import method as find_method
from impasto.runs.batch import BatchFile, Order
from impasto.runs.configure import Layer, configure
from impasto.runs.execute import carry_out
from impasto.runs.job import Job, prepare
from impasto.runs.limits import check_folder, coverages, reductions
from impasto.runs.pieces import PIECE, beside
from impasto.runs.products import check_places

MANY = 1000  # of more places only so many are looked at before the run


class Runs:
    """The runs of one command, and what came of them."""

    def __init__(
        self,
        method: type[Method[Any]],
        config: MethodConfig,
        shared: Shared,
        *,
        batch: bool,
        notices: Sequence[str] = (),
    ) -> None:
        """`notices` are lines that are said before the first of them."""
        self._method, self._config, self._shared, self._batch = method, config, shared, batch
        self._notices = list(notices)
        self.answers: list[dict[str, Any]] = []
        self.status = DONE

    def make_all(self, orders: Mapping[int, Order], interrupt: Interrupt, kept: BatchFile | None) -> None:
        """Make the orders of a batch, which is `kept`, or one; if that is stopped, say which were never begun."""
        left = dict(orders)
        with nullcontext() if kept is None else kept.going_on():
            for number, order in orders.items():
                del left[number]
                self._make(order, interrupt, None if kept is None else (kept.path.name, number))
                if interrupt.asked is not None:
                    break
        if left:  # also where the signal came after the last step of a run, which is done then
            self.status = interrupt.status
        if kept is not None and interrupt.asked is not None and kept.path.exists():
            begun = kept.begun()
            say(never_begun(self._method, kept.left().values(), begun[max(begun)].path))
        elif left:
            say(never_begun(self._method, left.values()))

    def _make(self, order: Order, interrupt: Interrupt, number: tuple[str, int] | None) -> None:
        """Make one run. In a batch, bad input is told and the rest go on; alone, it is raised."""
        shared = self._shared
        try:
            job = prepare(
                self._method(self._config),
                order.given,
                background=shared.background,
                bits=shared.bits,
                metadata=shared.metadata,
                threads=threads(shared.threads),
                clip=order.clip,
            )
            self.answers.append(self._plan(job, order) if shared.dry_run else self._run(job, order, interrupt, number))
        except InputError as error:
            if not self._batch:
                raise
            name = subject(self._method, order.given)
            line = with_samples(str(error))
            say(f"impasto: {line}" if line.startswith(name) else f"impasto: {name}: {line}")
            self.answers.append({"input": name, "error": line})
            self.status = USAGE

    def _run(self, job: Job, order: Order, interrupt: Interrupt, number: tuple[str, int] | None) -> dict[str, Any]:
        shared = self._shared
        recorded = is_recorded(self._method, shared)
        if recorded and shared.out is None:
            check_folder(runs_root(shared.runs))
        job.inputs()  # so that whatever is wrong with them is said before anything else
        name = f"{subject(self._method, order.given)}: " if self._batch else ""
        if not shared.quiet:
            for line in (*self._notices, *(name + line for line in (*_told(job), *cost_lines(job)))):
                say(line)
        self._notices = []
        interrupt.begin()
        to_stream = order.output == STANDARD_OUTPUT
        output = None if to_stream else order.output
        title = f"{job.method.name} {stem(self._method, order.given)}"
        notice = "" if job.forecast is None else job.forecast.notice
        with progress(title, quiet=shared.quiet, notice=notice, before=name) as watching:
            outcome = carry_out(
                job,
                root=runs_root(shared.runs) if recorded else None,
                place=None if shared.out is None else Path(shared.out),
                output=output,
                observers=[*watching, interrupt],
                every=every(),
                batch=number,
                events=shared.tensorboard,
                say=hush if shared.quiet else say,
            )
        for index, (part, image) in enumerate(outcome.images.items()):
            if to_stream and index == 0:
                recipe, kept = outcome.recipe.embedded(), outcome.metadata
                put(encode(image, "png", recipe=recipe, metadata=kept, bits=shared.bits))
            elif shared.parts and index > 0 and output is not None:
                place = beside(output, part)
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

    def _plan(self, job: Job, order: Order) -> dict[str, Any]:
        """What `--dry-run` shows."""
        inputs = job.inputs()  # so that whatever is wrong with them is said
        forecast = job.forecast
        return {
            "method": job.method.name,
            "config": job.recipe.config,
            "inputs": [record.model_dump(include={"name", "path", "size"}) for record in job.recipe.inputs],
            "output": None if order.output is None else str(order.output),
            "device": job.recipe.device,
            "threads": job.recipe.threads,
            "forecast": None if forecast is None else asdict(forecast),
            "cache": job.cache,
            "notices": [*self._notices, *_told(job), *coverages(inputs, job.recipe.inputs)],
        }


def _told(job: Job) -> list[str]:
    """What is otherwise than one might think: metadata that is lost, sizes that are reduced."""
    lost = () if job.metadata is None else job.metadata.notes
    return [*lost, *reductions(job.method, job.recipe.config, job.recipe.inputs, job.forecast)]


def rest_of(kept: BatchFile, *, quiet: bool, json: bool) -> Runs:
    """What makes the rest of a batch. Raises InputError if it is damaged, or was begun in another folder."""
    batch = kept.read()
    if Path(batch.where) != Path.cwd():
        raise InputError(f"--rest: the paths of this batch begin in {batch.where}; go there and say it again")
    method = find_method(batch.method)
    config = configure(method.Config, Layer(batch.config, str(kept.path)))
    try:
        shared = TypeAdapter(Shared).validate_python(batch.flags)
    except ValidationError as error:
        raise InputError(f"{kept.path}: cannot be read: {error.errors()[0]['msg']}") from error
    shared = replace(shared, runs=str(kept.root), quiet=quiet, json=json)
    check_all(method, kept.left().values(), config, shared)
    return Runs(method, config, shared, batch=True)


def never_begun(method: type[Method[Any]], left: Iterable[Order], place: Path | None = None) -> str:
    """The line about the orders of a batch that are left; `place` is a run of it, or its file if it has none."""
    line = f"never begun: {first_few([Path(subject(method, order.given)).name for order in left])}"
    return line if place is None else f"{line}; impasto runs resume {shlex.quote(str(place))} --rest makes them too"


def check_all(method: type[Method[Any]], orders: Iterable[Order], config: MethodConfig, shared: Shared) -> None:
    """Raise InputError for places where pictures, or clips, cannot be written, before anything is done."""
    for order in orders:
        clip = order.clip or method.makes == "clip"
        if order.output is not None and order.output != STANDARD_OUTPUT:
            further = [] if PIECE in order.output.name else range(2, 1 + min(MANY, config.made))
            places = [order.output, *(beside(order.output, str(number)) for number in further)]
            check_places(places, order.paths, bits=shared.bits, clip=clip)


def is_recorded(method: type[Method[Any]], shared: Shared) -> bool:
    """Whether a run's folder is kept."""
    return shared.record if shared.record is not None else (method.records or shared.out is not None)
