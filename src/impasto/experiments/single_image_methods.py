"""The ways to make new pictures from one picture, compared: how near they come, how various they are, and the cost."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from statistics import fmean, stdev
from typing import Any, Literal

import torch
from pydantic import Field

from impasto.devices import pick_device
from impasto.errors import DiskFullError, InputError
from impasto.experiments.experiment import FIXED_MEMORY, Case, Experiment, Row, Rows, grouped
from impasto.experiments.pictures import in_lines, with_long_side
from impasto.experiments.singan.sweep import NOTED, PATCH, SHOWN, against_diversity
from impasto.experiments.singan.trainings import PICTURES, drawn, learned
from impasto.experiments.trace import Trace
from impasto.inputs import Inputs, NamedInputs
from impasto.kinds import sampler_of
from impasto.measures.single import MeasureSingle, MeasureSingleConfig
from impasto.methods import Forecast, MethodConfig
from impasto.metrics import sliced_patch_wasserstein
from impasto.networks.wish import Wish
from impasto.observers import Observer, Step
from impasto.parts import Parts
from impasto.registry import method as find_method
from impasto.runs.configure import Layer, configure, preset
from impasto.runs.execute import perform
from impasto.runs.job import Job, prepare
from impasto.tables import Chart, Column, Figure, Sheet, Table

Way = Literal["paper", "fast", "consingan", "patches", "sliced-patches"]

TRAINED: Mapping[str, str] = {"paper": "train singan", "fast": "train singan", "consingan": "train consingan"}
"""The methods that train a network, of which all samples are then drawn; of the others each sample is a run."""
WARM_SIZE = 64  # pixels of the picture that a method is run on first

LABELS = (Column("picture"), Column("method", "paper and fast are train singan with that preset"))
MEASURED = (
    Column("frechet", "of EfficientNet-Lite0's features at each place (single-image FID), mean over samples", ".4g"),
    Column("patches", "distance of samples' patches from the picture's (sliced 2-Wasserstein, three sizes)", ".4f"),
    Column("diversity", "deviation of a pixel over samples, for that of the picture's pixels", ".3f"),
    Column("feature diversity", "1 - cosine of features at one place, mean over all pairs of samples", ".3f"),
    Column("copied", "share of samples' patches that were copied in runs at least as long as a patch", ".2f"),
    Column("training s", "seconds of a training", ".3g"),
    Column("samples s", "seconds of all samples of a training, after a first one or a first small run", ".3g"),
)
NOTE = Column("note", "why there are no samples")


class SingleImageMethodsConfig(MethodConfig):
    """Parameters of `experiment single-image-methods`."""

    methods: tuple[Way, ...] = Field(
        ("fast", "consingan", "patches", "sliced-patches"), min_length=1, max_length=5, description="what is compared"
    )
    size: int = Field(100, ge=24, le=1024, description="long side of the pictures in pixels")
    samples: int = Field(16, ge=2, le=1000, description="samples that are measured, with seeds that follow one another")
    seeds: int = Field(1, ge=1, le=20, description="trainings of each method that trains, with seeds that follow")
    steps: int | None = Field(
        None, ge=1, le=100_000, description="steps at each size, of all methods but patches (default: the presets')"
    )
    width: int | None = Field(None, ge=2, le=256, description="channels of the networks (default: the presets')")
    full: bool = Field(False, description="the document's size, 250 pixels, and SinGAN as in its paper as well")

    main = "methods size samples seeds steps full seed device"

    @property
    def long(self) -> int:
        """The long side of the pictures."""
        return 250 if self.full else self.size

    @property
    def ways(self) -> Sequence[str]:
        """The methods, each once, the paper's first if all is wanted."""
        return list(dict.fromkeys([*(("paper",) if self.full else ()), *self.methods]))


@dataclass(frozen=True)
class Task:
    """One way of making pictures like one picture, (3, H, W); `number` counts its trainings from 0."""

    name: str
    picture: torch.Tensor
    way: str
    number: int
    job: Job  # the first run, ready to start

    @property
    def cost(self) -> Forecast:
        """What a run will cost."""
        return self.job.forecast or Forecast(1.0, FIXED_MEMORY)

    @property
    def trains(self) -> bool:
        """Whether one run is a training, of which all samples are drawn."""
        return self.way in TRAINED


class SingleImageMethods(Experiment[SingleImageMethodsConfig]):
    """Compare methods of making new pictures from one picture in distance, diversity, copies and time."""

    name = "experiment single-image-methods"
    title = "Ways to make new pictures from one picture"
    question = (
        "Networks that are trained on one picture (SinGAN, ConSinGAN), and its patches put together anew (GPNN, GPDM): "
        "how near to the picture is what they make, how various is it, what is copied, and what does it cost? "
        "A copy of the picture is the nearest of all, so no distance is told without a diversity."
    )
    Config = SingleImageMethodsConfig
    inputs = (PICTURES,)
    columns = (
        *LABELS,
        Column("trainings"),
        MEASURED[0],
        Column("deviation", "of that, over the trainings", ".2g"),
        *MEASURED[1:],
        NOTE,
    )

    @property
    def trains(self) -> bool:
        """Whether one of the methods does."""
        return any(way in TRAINED for way in self.config.ways)

    def cases(self, inputs: Inputs) -> Sequence[Case]:
        """Every method on every picture, with the first seed; then the trainings with the next."""
        tasks = [
            Task(name, picture, way, number, self._job(way, picture, number))
            for number in range(self.config.seeds)
            for name, picture in self._pictures(inputs).items()
            for way in self.config.ways
            if way in TRAINED or not number
        ]
        warm_up = cache(lambda way: self._warm_up(way, tasks[0].picture))
        return [
            Case(
                f"{number}/{len(tasks)} {task.name}, {task.way}, seed {self.config.seed + task.number}",
                partial(self._row, task, warm_up),
                task.job,
                self._measuring(task).seconds,
                self._drawing(task),
            )
            for number, task in enumerate(tasks, 1)
        ]

    def check(self, inputs: Inputs) -> None:
        """Raise InputError for pictures that one of the methods, or a measure, cannot use, before any is run."""
        super().check(inputs)
        for name, picture in self._pictures(inputs).items():
            self._measure.check(_named(name, picture))
            for way in self.config.ways:
                try:
                    self._job(way, picture, 0).inputs()
                except InputError as error:
                    raise InputError(f"{name}, {way}: {error}") from error

    def table(self, rows: Sequence[Row]) -> Table:
        """A line for each picture and method, the mean of its trainings."""
        lines: list[Mapping[str, object]] = [
            {"picture": name, "method": way, "trainings": len(mine) if way in TRAINED else None}
            | {**_means(mine), "deviation": _deviation(mine), "note": _notes(mine)}
            for name, of_picture in grouped(rows, "picture").items()
            for way, mine in grouped(of_picture, "method").items()
        ]
        return Table("table", "", self.columns, lines)

    def tables(self, rows: Sequence[Row], inputs: Inputs) -> Sequence[Table]:
        """The mean over pictures; each training by itself."""
        del inputs
        lines = [
            {
                "method": way,
                "pictures": len({row.text("picture") for row in mine if "note" not in row.values}),
                **_means(mine),
            }
            for way, mine in grouped(rows, "method").items()
        ]
        means = Table("means", "The mean over pictures.", (LABELS[1], Column("pictures"), *MEASURED), lines)
        columns = (*LABELS, Column("seed"), *MEASURED, NOTE)
        return [means, Table("trainings", "Each by itself.", columns, [row.values for row in rows])]

    def figures(self, rows: Sequence[Row], inputs: Inputs) -> Sequence[Figure]:
        """Each picture, and samples of every method; how far each is, and how various."""
        known, sheets = self._pictures(inputs), list[Figure]()
        for name, mine in grouped(rows, "picture").items():
            lines = [
                ((known[name], _caption(row)), list(row.pictures["samples"]))
                for row in mine
                if "samples" in row.pictures
            ]
            caption = f"{name}: the picture, and samples of each method, of the first training."
            sheets += [Sheet(f"samples-{name}", caption, in_lines(lines))] if lines else []
        words = "Each picture and training: how far samples are on the whole, and how various. A copy is at 0, 0."
        return [*sheets, Chart("distance", words, partial(_chart, rows))]

    @property
    def _measure(self) -> MeasureSingle:
        return MeasureSingle(MeasureSingleConfig(patch=PATCH, device=self.config.device))

    def _pictures(self, inputs: Inputs) -> dict[str, torch.Tensor]:
        """By name, as files have them."""
        return {name: _as_written(picture) for name, picture in learned(inputs, self.config.long).items()}

    def _job(self, way: str, picture: torch.Tensor, number: int, steps: int | None = None) -> Job:
        """A run with the seed of that number. Raises InputError for what cannot work."""
        config, kind = self.config, find_method(TRAINED.get(way, f"vary {way}"))
        given: dict[str, Any] = {"seed": (config.seed + number) % 2**63, "device": config.device}
        given |= {"max_size": config.long, "steps": steps or config.steps, "width": config.width}
        given |= {"widest": config.width}
        given = {name: each for name, each in given.items() if name in kind.Config.model_fields and each is not None}
        settings = configure(kind.Config, preset(kind.Config, "paper" if way == "paper" else None), Layer(given))
        return prepare(kind(settings), {"image": [picture]})

    def _warm_up(self, way: str, picture: torch.Tensor) -> None:
        """Run a method on a small picture: kernels are compiled before anything is timed."""
        perform(self._job(way, with_long_side(picture, min(WARM_SIZE, self.config.long)), 0, steps=1))

    def _runs(self, task: Task) -> int:
        """How many runs make all samples."""
        return 1 if task.trains else self.config.samples

    def _drawing(self, task: Task) -> Forecast:
        """What the runs of a task will cost."""
        cost = task.cost
        return Forecast(
            self._runs(task) * cost.seconds, max(cost.memory, self._measuring(task).memory), notice=cost.notice
        )

    def _measuring(self, task: Task) -> Forecast:
        """What it will cost to measure its samples."""
        size = task.picture.shape[2], task.picture.shape[1]
        return self._measure.forecast({"picture": [size] * self.config.samples, "image": [size]})

    def _row(self, task: Task, warm_up: Callable[[str], None], rows: Rows) -> Row:
        """Make samples, and measure them; a training that breaks off has a row that says why."""
        names = {"picture": task.name, "method": task.way, "seed": self.config.seed + task.number}
        try:
            samples, values = self._samples(task, warm_up, rows.trace)
        except DiskFullError:
            raise
        except InputError as error:  # such as a loss that is no longer finite
            return Row({**names, "note": str(error)})
        return Row({**names, **values}, {} if task.number else {"samples": samples[:SHOWN].clone()})

    def _samples(
        self, task: Task, warm_up: Callable[[str], None], trace: Trace
    ) -> tuple[torch.Tensor, dict[str, object]]:
        """Samples (N, 3, H, W) and what is measured: run after run, so that a killed one goes on in its middle."""
        count, runs = self.config.samples, self._runs(task)
        samples, spent = torch.zeros(count, *task.picture.shape), torch.full((2,), math.nan, dtype=torch.float64)
        names = [*("training" if task.trains else f"sample {run + 1}" for run in range(runs)), "measures"]
        seconds = [*[task.cost.seconds] * runs, self._measuring(task).seconds]
        values: dict[str, object] = {}
        parts = Parts(trace.watch, names, seconds, keep={"samples": samples, "spent": spent})
        for part, watch in parts:
            if part == runs:
                values = self._measured(samples, task.picture, watch)
                break
            trace.watch = watch
            if task.trains:
                samples.copy_(self._trained(task, trace, spent))
            else:
                warm_up(task.way)
                samples[part] = self._varied(task, part, trace, spent)
            parts.done()
        training, drawing = spent.tolist()
        return samples, values | {"training s": training if task.trains else None, "samples s": drawing}

    def _trained(self, task: Task, trace: Trace, spent: torch.Tensor) -> torch.Tensor:
        """All samples of a training, (N, 3, H, W). The seconds of both are `spent`."""
        model = trace.carry_out(task.job, _counted).model
        assert model is not None
        spent[0] = trace.moments[-1].seconds
        sampler, wish = sampler_of(model, pick_device(self.config.device)), Wish(model.size)
        drawn(sampler, wish, 1, self.config.seed)  # the first takes longer
        begun = time.perf_counter()
        samples = drawn(sampler, wish, self.config.samples, self.config.seed)
        spent[1] = time.perf_counter() - begun
        return _as_written(samples)

    def _varied(self, task: Task, number: int, trace: Trace, spent: torch.Tensor) -> torch.Tensor:
        """The sample (3, H, W) of that number. The seconds of all so far are `spent`."""
        outcome = trace.carry_out(self._job(task.way, task.picture, number), _counted)
        spent[1] = trace.moments[-1].seconds
        return _as_written(next(iter(outcome.images.values())))

    def _measured(self, samples: torch.Tensor, picture: torch.Tensor, watch: Observer) -> dict[str, object]:
        """What `measure single` says of samples (N, 3, H, W), and the distance of their patches at three sizes."""
        found = self._measure.run({"picture": list(samples), "image": [picture]}, watch)
        summary = next(table for table in found.tables if table.name == "summary")
        values = {str(line["measure"]): line["value"] for line in summary.rows}
        distances = [fmean(sliced_patch_wasserstein(sample, picture, patch=PATCH)) for sample in samples]
        return values | {"patches": fmean(distances)}


def _named(name: str, picture: torch.Tensor) -> Inputs:
    """What `measure single` is given to find out whether a picture can be measured."""
    given = NamedInputs({"picture": [picture], "image": [picture]})
    given.paths = {"picture": [name], "image": [name]}
    return given


def _as_written(picture: torch.Tensor) -> torch.Tensor:
    """A picture with 8 bits, as a file has it."""
    return (picture.clamp(0, 1) * 255).round() / 255


def _counted(step: Step) -> Mapping[str, float]:
    """What has to be noted for the clock, which goes on where it stood when a killed run goes on."""
    return {"step": step.index} if step.index % NOTED == 0 or step.index == step.total else {}


def _means(mine: Sequence[Row]) -> dict[str, float | None]:
    """The mean of each column over the rows that have a number."""
    numbers = {column.name: _numbers(mine, column.name) for column in MEASURED}
    return {name: fmean(each) if each else None for name, each in numbers.items()}


def _deviation(mine: Sequence[Row]) -> float | None:
    distances = _numbers(mine, "frechet")
    return stdev(distances) if len(distances) > 1 else None


def _numbers(mine: Sequence[Row], column: str) -> list[float]:
    return [each for row in mine if not math.isnan(each := row.number(column))]


def _notes(mine: Sequence[Row]) -> str | None:
    return "; ".join(dict.fromkeys(row.text("note") for row in mine if "note" in row.values)) or None


def _chart(rows: Sequence[Row], axes: Any) -> None:
    against_diversity(rows, "method", "frechet", "Fréchet distance", axes)
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)


def _caption(row: Row) -> str:
    return f"{row.text('method')}: Fréchet {row.number('frechet'):.3g}, diversity {row.number('diversity'):.2f}"
