"""Gram matrices against histograms of features (the fourth document, sections 2.2.2 and 4; Risser et al. 2017)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, Annotated, Any

import torch
from pydantic import Field, model_validator

from impasto.experiments.experiment import Case, Experiment, Row, Rows
from impasto.experiments.judges import DriftJudge
from impasto.experiments.pictures import EXEMPLAR, EXEMPLARS, own_drawing
from impasto.experiments.trace import Moment, Trace
from impasto.features import WEIGHTS, NetworkName, WeightsName, load_network, weights_of
from impasto.images import contact_sheet, resize
from impasto.inputs import Inputs, given_names, given_pictures
from impasto.methods import MethodConfig
from impasto.observers import Step
from impasto.runs.job import Job, prepare
from impasto.synthesis import schedule
from impasto.tables import Chart, Column, Figure, Sheet, Table
from impasto.textures.gram import GramTexture, GramTextureConfig
from impasto.textures.histogram import HistogramTexture, HistogramTextureConfig

if TYPE_CHECKING:
    from impasto.features.network import FeatureNetwork

GRAM, HISTOGRAM = "Gram", "Gram and histogram"
CLAIM = 45.7  # % of Gram's time: 7 min 8 s against 15 min 35 s on 4 cores, 512 px (the fourth document, section 4)
STEPS_CLAIMED = (1000, 700)  # that the document takes for each

CHARTS = (  # what is measured, the caption, whether the axis is logarithmic
    ("mean", "How far the means of the features are off, in standard deviations.", True),
    ("variance", "How far their standard deviations are off, |log2| of the ratio.", True),
    ("brightness", "Mean luminance less the exemplar's.", False),
    ("gram", "Distance of Gram matrices, which both runs minimise.", True),
    ("patches", "Distance of the patches in pixels, which neither minimises.", True),
)


class HistogramLossConfig(MethodConfig):
    """Parameters of `experiment histogram-loss`; the document's are 1000 iterations at 512 pixels."""

    sizes: tuple[Annotated[int, Field(ge=64, le=2048)], ...] = Field(
        (128, 256), min_length=1, max_length=8, description="sides of the textures in pixels"
    )
    iterations: int = Field(150, ge=3, le=100000, description="steps of each texture, shared among its scales")
    scales: int = Field(3, ge=1, le=6, description="levels of the pyramid")
    measure_every: int = Field(5, ge=1, le=1000, description="steps from one measurement to the next")
    histogram_weight: float = Field(1.0, ge=0, le=1e12, description="weight of the histograms beside Gram's")
    network: NetworkName = Field("efficientnet-lite0", description="perceptual network")
    network_weights: WeightsName = Field("auto", description="auto, random, or the path of a weights file")

    @model_validator(mode="after")
    def _check_steps(self) -> HistogramLossConfig:
        if self.iterations < self.scales:
            raise ValueError(f"iterations must be at least scales, {self.scales}, got {self.iterations}")
        return self


class HistogramLoss(Experiment[HistogramLossConfig]):
    """Follow two textures of each exemplar and size, which differ in the histograms alone."""

    name = "experiment histogram-loss"
    title = "Gram matrices against histograms"
    question = (
        "Gram matrices leave the mean and the variance of a feature free to drift against one another. Does a loss on "
        "the features' histograms keep both in place, and the brightness even, and is a texture of the same quality "
        "ready sooner?"
    )
    Config = HistogramLossConfig
    inputs = (EXEMPLARS, WEIGHTS)
    columns = (
        Column("exemplar"),
        Column("size", "side in pixels"),
        Column("loss", "what is minimised"),
        Column("ms/step", "wall time of a step, in milliseconds", ".1f"),
        Column("cpu ms/step", "time of a step at work, of all threads; other programs do not count", ".1f"),
        Column("Gram", "mean over the style layers of |G - A|^2 / |A|^2", ".3g"),
        Column("mean", "how far the channels' means are off, in the exemplar's deviations", ".3f"),
        Column("variance", "how far their deviations are off, as |log2| of the ratio", ".3f"),
        Column("brightness", "mean luminance less the exemplar's", "+.4f"),
        Column("wobble", "deviation of the mean luminance over the second half of the steps", ".5f"),
        Column("blocks", "how unevenly bright 8 x 8 blocks are, over the exemplar's", ".2f"),
        Column("patches", "sliced Wasserstein distance of 5 x 5 patches, which no loss here looks at", ".4f"),
        Column("same quality", "step from which the patches are as near as Gram's at its end"),
        Column("% of Gram's time", "processor time until then, as a share of Gram's whole run", ".1f"),
    )

    def cases(self, inputs: Inputs) -> Sequence[Case]:
        """A texture for each size, exemplar and loss; Gram's first, since the other is compared with it."""
        network = load_network(self.config.network, weights=weights_of(self.config.network_weights, inputs))
        each = [
            (name, exemplar, loss, self._job(loss, exemplar, inputs))
            for size in self.config.sizes
            for name, exemplar in self._exemplars(inputs, size).items()
            for loss in (GRAM, HISTOGRAM)
        ]
        warm_up = cache(lambda: _take_a_few_steps(job for *_, job in each[:2]))

        def made(name: str, exemplar: torch.Tensor, loss: str, job: Job, rows: Rows) -> Row:
            warm_up()
            return self._row(name, exemplar, loss, job, network, rows)

        return [
            Case(f"{n}/{len(each)} {it[0]}, {it[1].shape[1]} px, {it[2]}", partial(made, *it), it[3])
            for n, it in enumerate(each, 1)
        ]

    def tables(self, rows: Sequence[Row], inputs: Inputs) -> Sequence[Table]:
        """The document's claim of the time that histograms save beside ours, and every measurement."""
        del inputs
        columns = (
            Column("the document"),
            Column("size"),
            Column("per step", form=".1f"),
            Column("same quality", form=".1f"),
        )
        lines = [
            {
                "the document": f"histogram loss needs {CLAIM} % of Gram's time (512 px, VGG, its own program)",
                "size": f"{row.values['exemplar']}, {row.values['size']} px",
                "per step": 100 * row.number("cpu ms/step") / grams.number("cpu ms/step"),
                "same quality": row.values["% of Gram's time"],
            }
            for grams, row in zip(rows[::2], rows[1::2], strict=False)
        ]
        steps = f"{STEPS_CLAIMED[0]} steps for Gram and {STEPS_CLAIMED[1]} with histograms"
        caption = f"Time with histograms in % of Gram's, by a step and until the same quality; it took {steps}."
        whose, when = ("exemplar", "size", "loss"), ("step", "seconds", "processor")
        measured = [
            {**{name: row.values[name] for name in whose}, **dict(zip(when, moment, strict=False)), **moment.values}
            for row in rows
            for moment in row.trace.moments
        ]
        names = (*whose, *when, *rows[0].trace.last)
        course = Table("course", "Every measurement.", [Column(name) for name in names], measured, shown=False)
        return [Table("claim", caption, columns, lines), course]

    def figures(self, rows: Sequence[Row], inputs: Inputs) -> Sequence[Figure]:
        """The textures side by side, and how each number goes on."""
        pictures: list[torch.Tensor] = []
        captions: list[str] = []
        for row in rows:
            if row.values["loss"] == GRAM:
                name, size = row.text("exemplar"), int(row.number("size"))
                pictures.append(self._exemplars(inputs, size)[name])
                captions.append(f"{name}, {size} px")
            pictures.append(row.pictures["output"])
            captions.append(row.text("loss"))
        sheet = contact_sheet(pictures, captions, 3)
        charts = [Chart(name, caption, _drawn(rows, name, log)) for name, caption, log in CHARTS]
        return [Sheet("textures", "The exemplar; by Gram matrices; with histograms.", sheet), *charts]

    def _exemplars(self, inputs: Inputs, size: int) -> dict[str, torch.Tensor]:
        given = zip(given_names(inputs, "exemplar"), given_pictures(inputs, "exemplar"), strict=True)
        return {name: resize(it, (size, size)) for name, it in given} or {EXEMPLAR: own_drawing(EXEMPLAR, size)}

    def _row(self, name: str, exemplar: torch.Tensor, loss: str, job: Job, network: FeatureNetwork, rows: Rows) -> Row:
        """Make a texture, and measure it every few steps."""
        size, trace = exemplar.shape[1], rows.trace
        judge = DriftJudge(network, exemplar, schedule(job.method.config, size, size)[-1].enlarge)

        def drift(step: Step) -> Mapping[str, float]:
            due = step.index % self.config.measure_every == 0 or step.index == step.total
            return judge.measure(step.preview()) if due else {}

        outcome = trace.carry_out(job, drift)
        end, grams = trace.moments[-1], (trace if loss == GRAM else rows[-1].trace).moments[-1]
        reached = first_as_near(trace, grams.values["patches"])
        values = {
            "exemplar": name,
            "size": size,
            "loss": loss,
            "ms/step": 1000 * end.seconds / end.step,
            "cpu ms/step": 1000 * end.processor / end.step,
            "Gram": end.values["gram"],
            **{column: end.values[column] for column in ("mean", "variance", "brightness", "blocks", "patches")},
            "wobble": wobble(trace),
            "same quality": reached.step if reached else "never",
            "% of Gram's time": 100 * reached.processor / grams.processor if reached else None,
        }
        return Row(values, {"output": next(iter(outcome.images.values()))}, trace)

    def _job(self, loss: str, exemplar: torch.Tensor, inputs: Inputs) -> Job:
        """Both runs with nothing else that would hold colours: no patches, no box of colours."""
        each, rest = divmod(self.config.iterations, self.config.scales)
        shared: dict[str, Any] = {
            "seed": self.config.seed,
            "device": self.config.device,
            "network": self.config.network,
            "network_weights": self.config.network_weights,
            "statistics": "gram",
            "patch_weight": 0.0,
            "gamut_weight": 0.0,
            "scales": self.config.scales,
            "iterations": (each + rest, *[each] * (self.config.scales - 1)),
        }
        given = {"exemplar": [exemplar], "network_weights": inputs.get("network_weights", ())}
        if loss == GRAM:
            return prepare(GramTexture(GramTextureConfig(**shared)), given)
        weight = self.config.histogram_weight
        return prepare(HistogramTexture(HistogramTextureConfig(**shared, histogram_weight=weight)), given)


def first_as_near(trace: Trace, patches: float) -> Moment | None:
    """When the patches were first so near to the exemplar's."""
    return next((moment for moment in trace.moments if moment.values["patches"] <= patches), None)


def wobble(trace: Trace) -> float:
    """Standard deviation of the mean luminance over the second half of the run."""
    later = [moment.values["brightness"] for moment in trace.moments[len(trace.moments) // 2 :]]
    return float(torch.tensor(later).std(correction=0))


def _take_a_few_steps(jobs: Iterable[Job]) -> None:
    """Nobody times them: kernels are compiled, and memory is there."""
    for job in jobs:
        config = job.method.config.model_copy(update={"scales": 1, "iterations": (3,)})
        Trace().carry_out(replace(job, method=type(job.method)(config)))


def _drawn(rows: Sequence[Row], name: str, log: bool) -> Callable[[Any], None]:
    def draw(axes: Any) -> None:
        for row in rows:
            steps = [moment.step for moment in row.trace.moments]
            values = [moment.values[name] for moment in row.trace.moments]
            label = f"{row.values['exemplar']} {row.values['size']} px, {row.values['loss']}"
            axes.plot(steps, values, "--" if row.values["loss"] == GRAM else "-", label=label)
        axes.set(xlabel="step", ylabel=name, yscale="log" if log else "linear")
        axes.legend(fontsize="small")

    return draw
