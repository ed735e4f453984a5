"""A sweep: the same pictures and settings for all, one thing that differs from run to run, and one judge."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import ClassVar, TypeVar

import torch

from impasto.errors import Cancelled, InputError
from impasto.experiments.experiment import Column, Experiment, Row, Table
from impasto.experiments.style_variants.claims import Claim, claims_table
from impasto.experiments.style_variants.judge import Judge
from impasto.experiments.style_variants.results import Made, Trace, Variant, made
from impasto.experiments.style_variants.settings import SweepConfig
from impasto.features import load_network
from impasto.observers import Observer
from impasto.parts import Leg, Legs
from impasto.registry import method as find_method
from impasto.runs.configure import Layer, configure
from impasto.runs.execute import perform
from impasto.runs.job import Job, prepare

LINES = 10  # of each run in the table of its losses

FROM_WHERE = (
    Column("judge", "the network that measured content and style"),
    Column("weights", "the weights of the network that was optimised with, as a file"),
    Column("note"),
)

AT_THE_END = (
    Column("steps"),
    Column("seconds", "wall time of the run, after a first step that is not timed", ".1f"),
    Column("ms a step", "milliseconds, median", ".0f"),
    Column("loss", "the run's own, at its end; it can be compared where what is optimised is the same", ".4g"),
)


@dataclass(frozen=True)
class Task:
    """A variant, ready to run; why it cannot begin, if it cannot."""

    variant: Variant
    job: Job | None
    refusal: str = ""


S = TypeVar("S", bound=SweepConfig)


class Sweep(Experiment[S]):
    """Runs of one method, or two, that differ in one thing, judged alike."""

    claims: ClassVar[Sequence[Claim]] = ()

    @abstractmethod
    def variants(self) -> Sequence[Variant]:
        """The runs."""

    @abstractmethod
    def given(self, pictures: Mapping[str, torch.Tensor]) -> Mapping[str, torch.Tensor]:
        """The pictures that the runs begin with, by name, from what the user gave."""

    def inputs_of(self, variant: Variant, given: Mapping[str, torch.Tensor]) -> Mapping[str, torch.Tensor]:
        """What a variant's method is given, by the names of its inputs."""
        del variant
        return given

    @abstractmethod
    def measured(
        self, variant: Variant, result: torch.Tensor, given: Mapping[str, torch.Tensor], judge: Judge
    ) -> Mapping[str, object]:
        """The judge's numbers of a result (3, H, W)."""

    def rows(self, pictures: Mapping[str, torch.Tensor], observer: Observer) -> Iterator[Row]:
        """Run every variant; one that cannot begin, or breaks off, has a row that says why."""
        given = self.given(pictures)
        tasks = self._tasks(given)
        judge = Judge(self.config.judge, {each.job.method.config.network for each in tasks if each.job})
        legs = Legs([_leg(f"{number}/{len(tasks)}", task) for number, task in enumerate(tasks, 1)], observer)
        _warm_up(next(task.job for task in tasks if task.job))
        for number, task in enumerate(tasks):
            yield self._row(task, given, judge, legs.watch(number))

    def tables(self, rows: Sequence[Row]) -> Sequence[Table]:
        """What the documents say, and the losses on the way, as the third document prints them."""
        names = list(dict.fromkeys(name for each in made(rows) for name in (each.trace.parts or [{}])[-1]))
        columns = [Column("variant"), Column("step"), *(Column(name, form=".4g") for name in names)]
        lines: list[dict[str, object]] = []
        for each in made(rows):
            count = len(each.trace.parts)
            for n in range(1, LINES + 1):
                step = round(n * count / LINES)
                if step > round((n - 1) * count / LINES):
                    lines.append({"variant": each.label, "step": step, **each.trace.parts[step - 1]})
        course = Table("losses", "Each run's own losses on the way.", columns, lines)
        return [*([claims_table(self.claims, rows)] if self.claims else []), course]

    def _tasks(self, given: Mapping[str, torch.Tensor]) -> list[Task]:
        absent: dict[str, str] = {}  # why a network cannot be used, by its name; "" if it can
        like: dict[tuple[str, str], Job] = {}  # one job for each method and network: their cost is measured once
        tasks: list[Task] = []
        for variant in reversed(self.variants()):  # the last has the most layers
            method = find_method(variant.method)
            settings = {**self.config.common(), **variant.settings}
            config = configure(method.Config, Layer(settings))
            network = settings["network"]
            if network not in absent:
                absent[network] = _why_absent(network, settings["network_weights"])
            if absent[network]:
                tasks.append(Task(variant, None, absent[network]))
                continue
            kind = (variant.method, network)
            if kind not in like:
                inputs = {name: [picture] for name, picture in self.inputs_of(variant, given).items()}
                like[kind] = prepare(variant.method, config, inputs)
            tasks.append(Task(variant, replace(like[kind], method=method(config))))
        tasks.reverse()
        if not any(task.job for task in tasks):
            raise InputError(tasks[0].refusal)
        return tasks

    def _row(self, task: Task, given: Mapping[str, torch.Tensor], judge: Judge, observer: Observer) -> Made:
        names = {"group": task.variant.group, "variant": task.variant.label}
        if task.job is None:
            return Made({**names, "note": task.refusal}, given, task.variant)
        trace = Trace()
        try:
            outcome = perform(task.job, task.job.pictures(), [trace, observer])
        except InputError as error:  # such as a picture that is no longer finite
            return Made({**names, "steps": len(trace.parts), "note": str(error)}, given, task.variant, trace)
        if outcome.state == "cancelled":
            raise Cancelled
        result = list(outcome.images.values())[-1]
        per_step = trace.seconds_per_step
        values = {
            **names,
            "steps": outcome.total,
            "seconds": outcome.seconds,
            "ms a step": None if per_step is None else 1000 * per_step,
            "loss": outcome.losses.get("loss"),
            "own content": trace.part("content"),
            "own style": trace.part("style"),
            **self.measured(task.variant, result, given, judge),
            "judge": judge.name,
            "weights": outcome.recipe.facts["network"]["source"],
        }
        if task.job.method.config.network == judge.name:
            values["note"] = f"made with the judge's network, {judge.name}"
        return Made(values, {**given, "result": result}, task.variant, trace)


def _warm_up(job: Job) -> None:
    """Take a step that nobody times: what is imported with the first one is no part of the first run."""
    with suppress(InputError):  # the run itself will say it
        method = type(job.method)(job.method.config.model_copy(update={"iterations": (1,)}))
        perform(replace(job, method=method), job.pictures(), [])


def _why_absent(network: str, weights: str) -> str:
    try:
        load_network(network, weights=weights)
    except InputError as error:
        return str(error)
    return ""


def _leg(number: str, task: Task) -> Leg:
    seconds = task.job.forecast.seconds if task.job and task.job.forecast else 0.0
    return Leg(f"{number} {task.variant.label}", max(seconds, 0.1))
