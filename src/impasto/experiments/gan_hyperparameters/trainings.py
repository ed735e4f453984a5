"""The trainings: their settings, what they cost, and what is noted of each on its way."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

import torch
from pydantic import Field

from impasto.data import Dataset
from impasto.data.fields import DataFields
from impasto.experiments.gan_hyperparameters.judgement import change, diversity
from impasto.experiments.gan_hyperparameters.variants import Family, Variant
from impasto.experiments.trace import Trace
from impasto.gan.dcgan_settings import DCGANConfig
from impasto.methods import MethodConfig
from impasto.observers import Step
from impasto.runs.configure import Layer, configure
from impasto.training.precision import PrecisionName
from impasto.training.sheets import cut

STRIP = 8  # samples that are followed from measure to measure
SHORTLY = (
    10  # of the way from one measure to the next, by how much earlier the samples are drawn that it is compared with
)


class GanHyperparametersConfig(DataFields, MethodConfig):
    """Parameters of `experiment gan-hyperparameters`."""

    side: Literal[28, 32] = Field(28, description="side in pixels of the pictures that are learned and drawn")
    steps: int = Field(2000, ge=1, le=1_000_000, description="steps of each training")
    seeds: int = Field(2, ge=1, le=20, description="trainings of each variant, with seeds that follow one another")
    only: tuple[Family, ...] = Field((), max_length=8, description="families of variants (default: all)")
    width: int = Field(16, ge=1, le=512, description="channels at half of the side; each halving doubles them")
    batch: int = Field(64, ge=2, le=4096, description="pictures a step, where that is not what is varied")
    points: int = Field(10, ge=1, le=1000, description="how often the Fréchet distance is measured in a training")
    measure_pictures: int = Field(1000, ge=2, le=100_000, description="pictures of each kind that a measure compares")
    samples: int = Field(64, ge=2, le=400, description="samples of the same random numbers that are looked at")
    average: float = Field(
        0.0, ge=0, le=1e9, description="half life in pictures of the mean weights that draw the samples (0: the last)"
    )
    precision: PrecisionName = Field(
        "auto", description="fp32, or bf16 for convolutions where the processor is quick in it, which auto finds out"
    )

    hidden = frozenset({"pairs", "classes"})
    main = "side steps seeds only width batch seed device"

    def training(self, variant: Variant, seed: int = 0) -> DCGANConfig:
        """The training of a variant with one of the seeds. Raises InputError for what cannot be trained."""
        common = ("side", "fit", "split", "width", "batch", "measure_pictures", "samples", "average", "precision")
        values = {name: getattr(self, name) for name in (*common, "device")}
        values |= {"seed": self.seed + seed, "labels": "off", "workers": 0, **variant.settings}
        every = -(-self.steps // self.points)
        values |= {"pictures": self.steps * values["batch"], "measure_every": every * values["batch"]}
        return configure(DCGANConfig, Layer(values))


def real_diversity(data: Dataset, count: int) -> float:
    """The diversity of so many pictures of a set, evenly spaced."""
    count = min(count, len(data))
    chosen = [number * len(data) // count for number in range(count)]
    return diversity(data.take(chosen).pictures.float() / 255)


class Watching:
    """What is noted of a training at each measure, which a killed one goes on with: it is kept by the trace.

    frechet: the distance. diversity: that of the samples, as a share of `real`. change: theirs since shortly before.
    """

    def __init__(self, config: DCGANConfig, trace: Trace, real: float) -> None:
        self._config, self._kept, self._real = config, trace.kept, real
        every = (config.measure_every or config.batch) // config.batch
        self._shortly = max(1, every // SHORTLY)

    def __call__(self, step: Step) -> Mapping[str, float]:
        """The numbers, if the step was measured."""
        index, found = step.index - 1, dict[str, float]()
        soon = self._config.measures_at(index + self._shortly)
        if not (soon or step.measures):
            return found
        samples = self._samples(step)
        if step.measures:
            before = self._kept.get("before")
            found["frechet"] = step.measures["frechet"]
            found["diversity"] = diversity(samples) / self._real if self._real else math.nan
            changed = None if before is None else change(before, samples)
            found["change"] = math.nan if changed is None else changed
            strip = (samples[:STRIP] * 255).round().byte()[None]
            self._kept["course"] = torch.cat([self._kept.get("course", strip[:0]), strip])
            self._kept["samples"] = samples
        if soon:
            self._kept["before"] = samples
        return found

    def _samples(self, step: Step) -> torch.Tensor:
        """The samples (N, 3, H, W) on the sheet of a step, without the masks that two streams show beside them."""
        side = self._config.side
        wide = side * (2 if self._config.architecture == "two-streams" else 1)
        return cut(step.preview(), self._config.samples, (wide, side))[..., :side].contiguous()


def label_of(variant: Variant, seed: int) -> dict[str, Any]:
    """The columns that say which training it was."""
    return {"family": variant.family, "variant": variant.label, "differs in": variant.words, "seed": seed}
