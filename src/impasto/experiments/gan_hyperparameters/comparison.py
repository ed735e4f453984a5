"""The experiment itself: every variant is trained with every seed, and judged by its course."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, cached_property, partial

from impasto.errors import DiskFullError, InputError
from impasto.experiments.experiment import Case, Experiment, Row, Rows
from impasto.experiments.gan_hyperparameters import figures as drawn
from impasto.experiments.gan_hyperparameters import results
from impasto.experiments.gan_hyperparameters.claims import claims_table
from impasto.experiments.gan_hyperparameters.results import COLUMNS, findings
from impasto.experiments.gan_hyperparameters.trainings import (
    STRIP,
    GanHyperparametersConfig,
    Watching,
    label_of,
    real_diversity,
)
from impasto.experiments.gan_hyperparameters.variants import Variant, variants
from impasto.gan.dcgan import TrainDCGAN
from impasto.gan.pictures import check_data, dataset_of
from impasto.inputs import Input, Inputs
from impasto.methods import Forecast
from impasto.runs.job import Job, make_job
from impasto.runs.sources.reference import open_data_source
from impasto.tables import Figure, Table
from impasto.training.sheets import grid


class GanHyperparameters(Experiment[GanHyperparametersConfig]):
    """Train a generator in many ways, which differ from one another in one thing each."""

    name = "experiment gan-hyperparameters"
    title = "What a generator's training depends on"
    question = (
        "Architecture, learning rate, beta1, optimiser, loss, regulariser, batch norm and batch, varied one at a time "
        "on one set of pictures: how near do the samples come, how restless are they on the way, and what collapses?"
    )
    Config = GanHyperparametersConfig
    inputs = (Input("data", "a folder, an archive or a store of pictures", kind="data"),)
    columns = COLUMNS

    def cases(self, inputs: Inputs) -> Sequence[Case]:
        """Every variant with the first seed, then with the next."""
        opened = cache(lambda: self._opened(inputs))
        each = [(variant, seed) for seed in range(self.config.seeds) for variant in variants(self.config.only)]
        return [
            Case(
                f"{number}/{len(each)} {variant.label}, seed {self.config.seed + seed}",
                partial(self._row, variant, seed, opened),
                foreseen=self._foreseen[variant.label],
            )
            for number, (variant, seed) in enumerate(each, 1)
        ]

    def check(self, inputs: Inputs) -> None:
        """Refuse data and settings that cannot be trained on, before anything is."""
        last = [self.config.training(variant, self.config.seeds - 1) for variant in variants(self.config.only)]
        check_data(inputs, last[0])  # of which all variants ask the same
        super().check(inputs)

    @property
    def trains(self) -> bool:
        """Nothing else."""
        return True

    def table(self, rows: Sequence[Row]) -> Table:
        """A line for each variant, all of its seeds together."""
        return results.main_table(findings(rows))

    def tables(self, rows: Sequence[Row], inputs: Inputs) -> Sequence[Table]:
        """What the documents say; each training by itself; all that was measured."""
        del inputs
        found = findings(rows)
        return [claims_table(found), results.runs_table(found), results.courses_table(found)]

    def figures(self, rows: Sequence[Row], inputs: Inputs) -> Sequence[Figure]:
        """Distances over the steps, and samples."""
        del inputs
        return drawn.figures(findings(rows))

    @cached_property
    def _foreseen(self) -> dict[str, Forecast]:
        """What a training of each variant will cost."""
        from impasto.gan.cost import forecast  # touches torch, which --help does not

        return {variant.label: forecast(self.config.training(variant)) for variant in variants(self.config.only)}

    def _opened(self, inputs: Inputs) -> tuple[Job, float]:
        """The base's training, ready to start, on data that are opened once for all; and how diverse these are."""
        config = self.config.training(variants()[0])
        data = dataset_of(inputs, config)
        source = open_data_source("data", data)
        job = make_job(TrainDCGAN(config), [source], background="white", bits=8, threads=None, metadata=None)
        return job, real_diversity(data, self.config.samples)

    def _row(self, variant: Variant, seed: int, opened: Callable[[], tuple[Job, float]], rows: Rows) -> Row:
        """Train a variant; one that breaks off has a row that says so."""
        job, real = opened()
        trace, config = rows.trace, self.config.training(variant, seed)
        values = label_of(variant, config.seed) | {"broke": 0}
        try:
            trace.carry_out(replace(job, method=TrainDCGAN(config)), Watching(config, trace, real))
        except DiskFullError:
            raise
        except InputError:  # a number that is no longer finite
            values["broke"] = trace.index + 1
        pictures = {}
        if seed == 0 and "samples" in trace.kept:
            course = trace.kept["course"].float().flatten(0, 1) / 255
            pictures = {"samples": grid(trace.kept["samples"]), "course": grid(course, STRIP)}
        trace.kept.clear()
        if trace.moments:
            values |= {"steps": trace.moments[-1].step, "seconds": trace.moments[-1].seconds}
        return Row(values, pictures, trace)
