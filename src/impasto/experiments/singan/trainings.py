"""Trainings of a generator of a single picture: which there are, of which pictures, and what draws their samples."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, TypeVar

import torch
from pydantic import Field

from impasto.errors import InputError
from impasto.experiments.experiment import Case, Experiment, Row, Rows
from impasto.experiments.pictures import with_long_side
from impasto.experiments.trace import Note
from impasto.gan.singan import TrainSinGAN
from impasto.gan.singan_settings import SinGANConfig
from impasto.generators.start_scales import ScaleSampler
from impasto.inputs import Input, Inputs, given_names, given_pictures
from impasto.kinds import sampler_of
from impasto.methods import MethodConfig
from impasto.networks.wish import Wish
from impasto.randomness import generator
from impasto.runs.configure import Layer, configure
from impasto.runs.job import Job, prepare
from impasto.samples.photos import sample

PHOTO = "china"  # the sample that is learned if no picture is given
PICTURES = Input(
    "picture", f"pictures to learn, one after the other (default: a sample, {PHOTO})", many=True, optional=True
)


class SinGANExperimentConfig(MethodConfig):
    """Parameters of experiments on a generator of a single picture."""

    size: int = Field(100, ge=24, le=1024, description="long side of the picture in pixels")
    seeds: int = Field(2, ge=1, le=20, description="trainings of each variant, with seeds that follow one another")
    steps: int | None = Field(
        None, ge=1, le=100_000, description="steps of each scale (default: 500, or with --full the document's)"
    )
    samples: int = Field(16, ge=2, le=1000, description="samples that are measured")
    width: int | None = Field(None, ge=2, le=256, description="channels of the networks (default: the preset's)")
    full: bool = Field(False, description="the document's size, 250 pixels, and its steps, by preset paper")

    main = "size seeds steps samples full seed device"
    of_document: ClassVar[int] = 2000  # steps of each scale

    @property
    def each(self) -> int:
        """Steps of each scale."""
        return self.steps or (self.of_document if self.full else 500)

    def training(self, settings: Mapping[str, Any], seed: int) -> SinGANConfig:
        """A training with one of the seeds. Raises InputError for what cannot be trained."""
        preset = SinGANConfig.presets["paper" if self.full else "fast"]
        common = {
            "max_size": self.long,
            "steps": self.each,
            "more_steps": 0,
            "seed": self.seed + seed,
            "device": self.device,
        }
        common |= {} if self.width is None else {"width": self.width, "widest": self.width}
        return configure(SinGANConfig, Layer(preset), Layer(common), Layer(dict(settings)))

    @property
    def long(self) -> int:
        """The long side that is learned, where that is not varied."""
        return 250 if self.full else self.size


@dataclass(frozen=True)
class Variant:
    """What is different about a training.

    size: the long side of the picture that is learned, where that is varied.
    """

    label: str
    settings: Mapping[str, Any]
    size: int | None = None

    @property
    def limits(self) -> Mapping[str, Any]:
        """The setting of that size."""
        return {"max_size": self.size} if self.size else {}


@dataclass(frozen=True)
class Trained:
    """What came of a training: what draws from it, the picture (3, H, W) as it was learned, and how long it took."""

    sampler: ScaleSampler
    picture: torch.Tensor
    factor: float  # between its scales
    seconds: float

    def samples(self, count: int, seed: int, *, enlarged: int = 1, start: int = 0) -> torch.Tensor:
        """So many samples (N, 3, H, W) of that seed and those after it, at so many times the picture's size."""
        height, width = self.picture.shape[1:]
        return drawn(self.sampler, Wish((enlarged * width, enlarged * height), start=start), count, seed)


C = TypeVar("C", bound=SinGANExperimentConfig)


class SinGANExperiment(Experiment[C]):
    """Train a generator of one picture, in one way or in several."""

    inputs = (PICTURES,)

    @abstractmethod
    def variants(self) -> Sequence[Variant]:
        """The trainings."""

    @abstractmethod
    def row(self, name: str, variant: Variant, seed: int, job: Job, rows: Rows) -> Row:
        """Train, and measure."""

    @property
    def trains(self) -> bool:
        """Nothing else."""
        return True

    def cases(self, inputs: Inputs) -> Sequence[Case]:
        """Every variant of every picture with the first seed, then with the next."""
        pictures = self.pictures(inputs)
        each = [
            (name, picture, variant, seed)
            for seed in range(self.config.seeds)
            for name, picture in pictures.items()
            for variant in self._different(picture)
        ]
        found = []
        for number, (name, picture, variant, seed) in enumerate(each, 1):
            job = self.job(picture, variant, seed)
            title = f"{number}/{len(each)} {name}, {variant.label}, seed {self.config.seed + seed}"
            found.append(Case(title, partial(self.row, name, variant, seed, job), job))
        return found

    def _different(self, picture: torch.Tensor) -> list[Variant]:
        """The variants whose trainings on a picture differ. Raises InputError for those that are called alike."""
        variants, seen = self.variants(), dict[str, Variant]()
        if len({variant.label for variant in variants}) < len(variants):
            raise InputError("values that are varied must differ, in the first six digits")
        for variant in variants:
            config = self.config.training({**variant.settings, **variant.limits}, 0)
            sizes, factor = config.sizes((picture.shape[2], picture.shape[1]))
            same = config.model_copy(update={"scale_factor": 0.5}).model_dump_json()  # it is adjusted, to this factor
            seen.setdefault(f"{same} {sizes} {factor}", variant)
        return list(seen.values())

    def trained(self, job: Job, rows: Rows, note: Note) -> Trained:
        """Carry out a training, and keep what is noted of its steps."""
        outcome = rows.trace.carry_out(job, note)
        assert outcome.model is not None
        sampler: ScaleSampler = sampler_of(outcome.model)
        picture = given_pictures(job.inputs(), "image")[0]
        factor = float(outcome.model.config["factor"])
        return Trained(sampler, with_long_side(picture, max(outcome.model.size)), factor, outcome.seconds)

    def pictures(self, inputs: Inputs) -> dict[str, torch.Tensor]:
        """The pictures by name, as large as they are learned."""
        return learned(inputs, max(variant.size or self.config.long for variant in self.variants()))

    def job(self, picture: torch.Tensor, variant: Variant, seed: int) -> Job:
        """A training."""
        settings = {**variant.settings, **variant.limits}
        return prepare(TrainSinGAN(self.config.training(settings, seed)), {"image": [picture]})


def learned(inputs: Inputs, size: int) -> dict[str, torch.Tensor]:
    """The pictures of `PICTURES` by name, else the sample: (3, H, W), with `size` pixels on the long side."""
    given = dict(zip(given_names(inputs, "picture"), given_pictures(inputs, "picture"), strict=True))
    return {name: with_long_side(it, size) for name, it in (given or {PHOTO: sample(PHOTO)}).items()}


def drawn(sampler: ScaleSampler, wish: Wish, count: int, seed: int) -> torch.Tensor:
    """So many samples (N, 3, H, W) of that seed and those after it."""
    return torch.stack([sampler.draw(wish, generator((seed + number) % 2**63)) for number in range(count)])
