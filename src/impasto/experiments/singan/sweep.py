"""Trainings on a picture that differ in one thing: what all such experiments share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import fmean, stdev
from typing import Any, ClassVar, TypeVar

import torch
from pydantic import Field

from impasto.experiments import claims
from impasto.experiments.claims import Claim
from impasto.experiments.experiment import Case, Experiment, Row, Rows, grouped
from impasto.experiments.pictures import with_long_side
from impasto.gan.singan import TrainSinGAN
from impasto.gan.singan_settings import SinGANConfig
from impasto.generators.start_scales import ScaleSampler
from impasto.images import contact_sheet
from impasto.inputs import Input, Inputs, given_names, given_pictures
from impasto.kinds import KINDS, build, load
from impasto.methods import MethodConfig
from impasto.metrics import pixel_diversity, sliced_patch_wasserstein
from impasto.networks.wish import Wish
from impasto.observers import Step
from impasto.randomness import generator
from impasto.runs.configure import Layer, configure
from impasto.runs.job import Job, prepare
from impasto.samples.photos import sample
from impasto.tables import Chart, Column, Figure, Sheet, Table

PHOTO = "china"  # the sample that is learned if no picture is given
PICTURES = Input(
    "picture", f"pictures to learn, one after the other (default: a sample, {PHOTO})", many=True, optional=True
)
PATCH = 7
NOTED = 10  # steps from one to the next whose losses are kept
SHOWN = 4  # samples of each training on the sheet

COLUMNS = (
    Column("picture"),
    Column("variant"),
    Column("seeds"),
    Column("scales"),
    Column("distance", "of samples' patches from the picture's (sliced 2-Wasserstein, 7x7, three sizes)", ".4f"),
    Column("deviation", "of that, over the seeds", ".4f"),
    Column("diversity", "deviation of a pixel over samples, for that of the picture's pixels", ".3f"),
    Column("contrast", "deviation of samples' pixels, for that of the picture's", ".3f"),
    Column("reconstruction", "root mean square of what is given back against the picture", ".4f"),
    Column("seconds", "of a training", ".0f"),
)
MEASURED = tuple(column.name for column in COLUMNS[4:] if column.name != "deviation")


class SinGANSweepConfig(MethodConfig):
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
        common = {"max_size": self.long, "steps": self.each, "seed": self.seed + seed, "device": self.device}
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


@dataclass(frozen=True)
class Found:
    """What the trainings of all variants measured, by variant and column: the mean over pictures and seeds."""

    rows: Mapping[str, Sequence[Row]]

    def mean(self, label: str, column: str) -> float:
        """The mean of a column."""
        return fmean(row.number(column) for row in self.rows[label])

    def told(self, column: str, form: str = ".3f") -> str:
        """All of a column, in words."""
        return ", ".join(f"{label}: {self.mean(label, column):{form}}" for label in self.rows)


C = TypeVar("C", bound=SinGANSweepConfig)


class SinGANSweep(Experiment[C]):
    """Train a generator of one picture in several ways, and measure what it draws."""

    inputs = (PICTURES,)
    columns = COLUMNS
    says: ClassVar[Sequence[Claim[Found]]] = ()
    enlarged: ClassVar[int] = 1  # times the size of the picture that samples are drawn at

    @abstractmethod
    def variants(self) -> Sequence[Variant]:
        """The trainings."""

    @property
    def trains(self) -> bool:
        """Nothing else."""
        return True

    def cases(self, inputs: Inputs) -> Sequence[Case]:
        """Every variant of every picture with the first seed, then with the next."""
        each = [
            (name, picture, variant, seed)
            for seed in range(self.config.seeds)
            for name, picture in self._pictures(inputs).items()
            for variant in self.variants()
        ]
        found = []
        for number, (name, picture, variant, seed) in enumerate(each, 1):
            job = self._job(picture, variant, seed)
            title = f"{number}/{len(each)} {name}, {variant.label}, seed {self.config.seed + seed}"
            found.append(Case(title, partial(self._row, name, variant, seed, job), job))
        return found

    def table(self, rows: Sequence[Row]) -> Table:
        """A line for each picture and variant, the mean of its seeds."""
        lines = []
        for name, of_picture in grouped(rows, "picture").items():
            for label, mine in grouped(of_picture, "variant").items():
                distances = [row.number("distance") for row in mine]
                line: dict[str, object] = {"picture": name, "variant": label, "seeds": len(mine)}
                line |= {"scales": mine[0].values["scales"]}
                line |= {column: fmean(row.number(column) for row in mine) for column in MEASURED}
                lines.append({**line, "deviation": stdev(distances) if len(mine) > 1 else None})
        return Table("table", "", self.columns, lines)

    def tables(self, rows: Sequence[Row], inputs: Inputs) -> Sequence[Table]:
        """What the document says; each training by itself."""
        del inputs
        shown = [it for it in self.columns if it.name not in ("seeds", "deviation")]
        columns = [*shown[:2], Column("seed"), *shown[2:]]
        runs = [{it.name: row.values[it.name] for it in columns} for row in rows]
        trainings = Table("trainings", "", columns, runs)
        if not self.says:
            return [trainings]
        found = Found(grouped(rows, "variant"))
        caption = "What the fifth document says, and what was measured here."
        return [claims.table(self.says, found, found.rows, caption), trainings]

    def figures(self, rows: Sequence[Row], inputs: Inputs) -> Sequence[Figure]:
        """Samples of the first seed, a variant a line, and what was measured of each."""
        pictures, captions = list[torch.Tensor](), list[str]()
        known = self._pictures(inputs)
        for name, of_picture in grouped(rows, "picture").items():
            for label, mine in grouped(of_picture, "variant").items():
                drawn = mine[0].pictures["samples"]
                pictures += [known[name], *drawn]
                captions += [label, *[""] * len(drawn)]
        across = 1 + len(rows[0].pictures["samples"])
        caption = "The picture, and samples of the first seed."
        return [Sheet("samples", caption, contact_sheet(pictures, captions, across)), self._chart(rows)]

    def _chart(self, rows: Sequence[Row]) -> Chart:
        by_variant = grouped(rows, "variant")

        def draw(axes: Any) -> None:
            for label, mine in by_variant.items():
                axes.plot(
                    [row.number("diversity") for row in mine],
                    [row.number("distance") for row in mine],
                    "o",
                    label=label,
                )
            axes.set(xlabel="diversity", ylabel="distance of patches")
            axes.legend(fontsize=8)

        return Chart("distance", "Each training: how far its samples' patches are, and how various they are.", draw)

    def _pictures(self, inputs: Inputs) -> dict[str, torch.Tensor]:
        """The pictures by name, as large as they are learned."""
        given = dict(zip(given_names(inputs, "picture"), given_pictures(inputs, "picture"), strict=True))
        size = max(variant.size or self.config.long for variant in self.variants())
        return {name: with_long_side(it, size) for name, it in (given or {PHOTO: sample(PHOTO)}).items()}

    def _job(self, picture: torch.Tensor, variant: Variant, seed: int) -> Job:
        settings = {**variant.settings, **({"max_size": variant.size} if variant.size else {})}
        return prepare(TrainSinGAN(self.config.training(settings, seed)), {"image": [picture]})

    def _row(self, name: str, variant: Variant, seed: int, job: Job, rows: Rows) -> Row:
        outcome = rows.trace.carry_out(job, _noted)
        assert outcome.model is not None
        sampler: ScaleSampler = load(KINDS["singan"].sampler)(build(outcome.model))
        width, height = outcome.model.size
        picture = with_long_side(job.inputs()["image"][0], max(width, height))  # type: ignore[arg-type]
        wish = Wish((self.enlarged * width, self.enlarged * height))
        drawn = torch.stack(
            [sampler.draw(wish, generator(self.config.seed + number)) for number in range(self.config.samples)]
        )
        values: dict[str, object] = {"picture": name, "variant": variant.label, "seed": self.config.seed + seed}
        values |= {"scales": sampler.scales, "seconds": outcome.seconds}
        values |= measured(drawn, picture, sampler.reconstruction())
        return Row(values, {"samples": drawn[:SHOWN].clone()} if seed == 0 else {}, rows.trace)


def measured(drawn: torch.Tensor, picture: torch.Tensor, given_back: torch.Tensor) -> dict[str, float]:
    """What is measured of samples (N, 3, H, W) of a picture (3, h, w), and of what is given back of it."""
    distances = [torch.tensor(sliced_patch_wasserstein(each, picture, patch=PATCH)).mean() for each in drawn]
    like = picture if picture.shape == drawn.shape[1:] else with_long_side(picture, max(drawn.shape[2:]))
    return {
        "distance": float(torch.stack(distances).mean()),
        "diversity": pixel_diversity([*drawn], like),
        "contrast": float(drawn.std() / picture.std()),
        "reconstruction": float((given_back - picture).square().mean().sqrt()),
    }


def _noted(step: Step) -> Mapping[str, float]:
    return step.losses if step.index % NOTED == 0 else {}
