"""The same texture with Gram matrices alone, and with histograms as well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

import torch
from pydantic import Field, model_validator

from impasto.experiments.experiment import Column, Experiment, Figure, Row, Table
from impasto.experiments.histogram_loss.claims import claim, course
from impasto.experiments.histogram_loss.drift import Drift, Judge
from impasto.experiments.histogram_loss.figures import charts, textures
from impasto.experiments.histogram_loss.trials import GRAM, HISTOGRAM, Followed, Trial
from impasto.experiments.start import runner
from impasto.features import NetworkName, load_network
from impasto.images import resize
from impasto.methods import Input, MethodConfig
from impasto.observers import Observer, Unobserved
from impasto.parts import Leg, Legs
from impasto.runs.execute import perform
from impasto.runs.job import Job, prepare
from impasto.samples.drawings import drawing
from impasto.synthesis import schedule
from impasto.textures.gram import GramTextureConfig
from impasto.textures.histogram import HistogramTextureConfig

DEFAULT = "pebbles"  # the drawing that is used when no exemplar is given


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
    network_weights: str = Field("auto", description="auto, random, or the path of a weights file")

    @model_validator(mode="after")
    def _check_steps(self) -> HistogramLossConfig:
        if self.iterations < self.scales:
            raise ValueError(f"iterations must be at least scales, {self.scales}, got {self.iterations}")
        return self


class HistogramLoss(Experiment[HistogramLossConfig]):
    """Follow two textures of each exemplar and size, which differ in the histograms alone."""

    name = "histogram-loss"
    title = "Gram matrices against histograms"
    question = (
        "Gram matrices leave the mean and the variance of a feature free to drift against one another. Does a loss on "
        "the features' histograms keep both in place, and the brightness even, and is a texture of the same quality "
        "ready sooner?"
    )
    Config = HistogramLossConfig
    inputs = (Input("exemplar", f"pictures whose textures are wanted (default: a drawing, {DEFAULT})", many=True),)
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

    def __init__(self, config: HistogramLossConfig) -> None:
        super().__init__(config)
        self._drifts: list[Followed] = []

    def rows(self, pictures: Mapping[str, torch.Tensor], observer: Observer) -> Iterator[Row]:
        """Make and measure the textures; Gram's first, since the other is compared with it."""
        trials = self._trials(pictures)
        legs = Legs([_leg(f"{n}/{len(trials)}", trial) for n, trial in enumerate(trials, 1)], observer)
        network = load_network(self.config.network, weights=self.config.network_weights)
        _warm_up(trials[:2])
        rival: Drift | None = None
        for number, trial in enumerate(trials):
            enlarge = schedule(trial.job.method.config, trial.size, trial.size)[-1].enlarge
            drift = Drift(Judge(network, trial.exemplar, enlarge), self.config.measure_every)
            outcome = perform(trial.job, trial.job.pictures(), [legs.watch(number), drift])
            if not drift.standings:
                return
            rival = drift if trial.loss == GRAM else rival
            self._drifts.append((trial, drift))
            yield Row(
                _values(trial, drift, rival),
                {"exemplar": trial.exemplar, "output": next(iter(outcome.images.values()))},
            )
            if outcome.state == "cancelled":
                return

    def tables(self, rows: Sequence[Row]) -> Sequence[Table]:
        """The document's claim beside ours, and every measurement."""
        return [claim(self._drifts, rows), course(self._drifts)]

    def figures(self, rows: Sequence[Row]) -> Sequence[Figure]:
        """The textures, and how each number goes on."""
        return [textures(rows), *charts(self._drifts)]

    def _trials(self, pictures: Mapping[str, torch.Tensor]) -> list[Trial]:
        trials = []
        for size in self.config.sizes:
            exemplars = {name: resize(picture, (size, size)) for name, picture in pictures.items()}
            for name, exemplar in (exemplars or {DEFAULT: drawing(DEFAULT, size)}).items():
                for loss in (GRAM, HISTOGRAM):
                    trials.append(Trial(name, exemplar, size, loss, self._job(loss, exemplar)))
        return trials

    def _job(self, loss: str, exemplar: torch.Tensor) -> Job:
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
        if loss == GRAM:
            return prepare("texture gram", GramTextureConfig(**shared), {"exemplar": [exemplar]})
        config = HistogramTextureConfig(**shared, histogram_weight=self.config.histogram_weight)
        return prepare("texture histogram", config, {"exemplar": [exemplar]})


def _values(trial: Trial, drift: Drift, rival: Drift | None) -> dict[str, object]:
    end = drift.standings[-1]
    reached = drift.reached(rival.standings[-1].patches) if rival else None
    return {
        "exemplar": trial.name,
        "size": trial.size,
        "loss": trial.loss,
        "ms/step": 1000 * end.seconds / end.step,
        "cpu ms/step": 1000 * drift.per_step,
        "Gram": end.gram,
        "mean": end.mean,
        "variance": end.variance,
        "brightness": end.brightness,
        "wobble": drift.wobble(),
        "blocks": end.blocks,
        "patches": end.patches,
        "same quality": reached.step if reached else "never",
        "% of Gram's time": 100 * reached.processor / rival.standings[-1].processor if reached and rival else None,
    }


def _warm_up(trials: Sequence[Trial]) -> None:
    """Take a few steps that nobody times: kernels are compiled, and memory is there."""
    for trial in trials:
        method = trial.job.method
        config = method.config.model_copy(update={"scales": 1, "iterations": (3,)})
        type(method)(config).run({"exemplar": [trial.exemplar]}, Unobserved())


def _leg(number: str, trial: Trial) -> Leg:
    seconds = trial.job.forecast.seconds if trial.job.forecast else 1.0
    return Leg(f"{number} {trial.name}, {trial.size} px, {trial.loss}", seconds)


run = runner(HistogramLoss)
