"""The ways to make new pictures from one picture, compared: how near they come, how various they are, and the cost."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from statistics import fmean, stdev
from typing import Any

import torch

from impasto.errors import DiskFullError, InputError
from impasto.experiments.experiment import Case, Experiment, Row, Rows, grouped
from impasto.experiments.pictures import in_lines
from impasto.experiments.singan.sweep import SHOWN, against_diversity
from impasto.experiments.singan.trainings import PICTURES, learned
from impasto.experiments.single_image_methods.runs import Runs, Task, as_written
from impasto.experiments.single_image_methods.settings import TRAINED, SingleImageMethodsConfig
from impasto.inputs import Inputs, NamedInputs
from impasto.tables import Chart, Column, Figure, Sheet, Table

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
            Task(name, picture, way, number, self._made.job(way, picture, number))
            for number in range(self.config.seeds)
            for name, picture in self._pictures(inputs).items()
            for way in self.config.ways
            if way in TRAINED or not number
        ]
        warm_up = cache(lambda way: self._made.warm_up(way, tasks[0].picture))
        return [
            Case(
                f"{number}/{len(tasks)} {task.name}, {task.way}, seed {self.config.seed + task.number}",
                partial(self._row, task, warm_up),
                task.job,
                self._made.measuring(task).seconds,
                self._made.drawing(task),
            )
            for number, task in enumerate(tasks, 1)
        ]

    def check(self, inputs: Inputs) -> None:
        """Raise InputError for pictures that one of the methods, or a measure, cannot use, before any is run."""
        super().check(inputs)
        for name, picture in self._pictures(inputs).items():
            self._made.measure.check(_named(name, picture))
            for way in self.config.ways:
                try:
                    self._made.job(way, picture, 0).inputs()
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
    def _made(self) -> Runs:
        return Runs(self.config)

    def _pictures(self, inputs: Inputs) -> dict[str, torch.Tensor]:
        """By name, as files have them."""
        return {name: as_written(picture) for name, picture in learned(inputs, self.config.long).items()}

    def _row(self, task: Task, warm_up: Callable[[str], None], rows: Rows) -> Row:
        """Make samples, and measure them; a training that breaks off has a row that says why."""
        names = {"picture": task.name, "method": task.way, "seed": self.config.seed + task.number}
        try:
            samples, values = self._made.samples(task, warm_up, rows.trace)
        except DiskFullError:
            raise
        except InputError as error:  # such as a loss that is no longer finite
            return Row({**names, "note": str(error)})
        return Row({**names, **values}, {} if task.number else {"samples": samples[:SHOWN].clone()})


def _named(name: str, picture: torch.Tensor) -> Inputs:
    """What `measure single` is given to find out whether a picture can be measured."""
    given = NamedInputs({"picture": [picture], "image": [picture]})
    given.paths = {"picture": [name], "image": [name]}
    return given


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
