"""The runs that make the samples of one way, and what is measured of them; each goes on in its middle."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import torch

from impasto.devices import pick_device
from impasto.experiments.experiment import FIXED_MEMORY
from impasto.experiments.pictures import with_long_side
from impasto.experiments.singan.sweep import NOTED, PATCH
from impasto.experiments.singan.trainings import drawn
from impasto.experiments.single_image_methods.settings import TRAINED, SingleImageMethodsConfig
from impasto.experiments.trace import Trace
from impasto.kinds import sampler_of
from impasto.measures.single import MeasureSingle, MeasureSingleConfig
from impasto.methods import Forecast
from impasto.metrics import sliced_patch_wasserstein
from impasto.networks.wish import Wish
from impasto.observers import Observer, Step
from impasto.parts import Parts
from impasto.registry import method as find_method
from impasto.runs.configure import Layer, configure, preset
from impasto.runs.execute import perform
from impasto.runs.job import Job, prepare

WARM_SIZE = 64  # pixels of the picture that a method is run on first


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


@dataclass(frozen=True)
class Runs:
    """Makes samples by every way that is asked for."""

    config: SingleImageMethodsConfig

    @property
    def measure(self) -> MeasureSingle:
        """What measures them, but for the distance of patches."""
        return MeasureSingle(MeasureSingleConfig(patch=PATCH, device=self.config.device))

    def job(self, way: str, picture: torch.Tensor, number: int, steps: int | None = None) -> Job:
        """A run with the seed of that number. Raises InputError for what cannot work."""
        config, kind = self.config, find_method(TRAINED.get(way, f"vary {way}"))
        given: dict[str, Any] = {"seed": (config.seed + number) % 2**63, "device": config.device}
        given |= {"max_size": config.long, "steps": steps or config.steps, "width": config.width}
        given |= {"widest": config.width}
        given = {name: each for name, each in given.items() if name in kind.Config.model_fields and each is not None}
        settings = configure(kind.Config, preset(kind.Config, "paper" if way == "paper" else None), Layer(given))
        return prepare(kind(settings), {"image": [picture]})

    def warm_up(self, way: str, picture: torch.Tensor) -> None:
        """Run a method on a small picture: kernels are compiled before anything is timed."""
        perform(self.job(way, with_long_side(picture, min(WARM_SIZE, self.config.long)), 0, steps=1))

    def _runs(self, task: Task) -> int:
        """How many runs make all samples."""
        return 1 if task.trains else self.config.samples

    def drawing(self, task: Task) -> Forecast:
        """What the runs of a task will cost."""
        cost = task.cost
        return Forecast(
            self._runs(task) * cost.seconds, max(cost.memory, self.measuring(task).memory), notice=cost.notice
        )

    def measuring(self, task: Task) -> Forecast:
        """What it will cost to measure its samples."""
        size = task.picture.shape[2], task.picture.shape[1]
        return self.measure.forecast({"picture": [size] * self.config.samples, "image": [size]})

    def samples(
        self, task: Task, warm_up: Callable[[str], None], trace: Trace
    ) -> tuple[torch.Tensor, dict[str, object]]:
        """Samples (N, 3, H, W) and what is measured: run after run, so that a killed one goes on in its middle."""
        count, runs = self.config.samples, self._runs(task)
        samples, spent = torch.zeros(count, *task.picture.shape), torch.full((2,), math.nan, dtype=torch.float64)
        names = [*("training" if task.trains else f"sample {run + 1}" for run in range(runs)), "measures"]
        seconds = [*[task.cost.seconds] * runs, self.measuring(task).seconds]
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
        return as_written(samples)

    def _varied(self, task: Task, number: int, trace: Trace, spent: torch.Tensor) -> torch.Tensor:
        """The sample (3, H, W) of that number. The seconds of all so far are `spent`."""
        outcome = trace.carry_out(self.job(task.way, task.picture, number), _counted)
        spent[1] = trace.moments[-1].seconds
        return as_written(next(iter(outcome.images.values())))

    def _measured(self, samples: torch.Tensor, picture: torch.Tensor, watch: Observer) -> dict[str, object]:
        """What `measure single` says of samples (N, 3, H, W), and the distance of their patches at three sizes."""
        found = self.measure.run({"picture": list(samples), "image": [picture]}, watch)
        summary = next(table for table in found.tables if table.name == "summary")
        values = {str(line["measure"]): line["value"] for line in summary.rows}
        distances = [fmean(sliced_patch_wasserstein(sample, picture, patch=PATCH)) for sample in samples]
        return values | {"patches": fmean(distances)}


def as_written(picture: torch.Tensor) -> torch.Tensor:
    """A picture with 8 bits, as a file has it."""
    return (picture.clamp(0, 1) * 255).round() / 255


def _counted(step: Step) -> Mapping[str, float]:
    """What has to be noted for the clock, which goes on where it stood when a killed run goes on."""
    return {"step": step.index} if step.index % NOTED == 0 or step.index == step.total else {}
