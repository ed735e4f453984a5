"""A sweep: the same pictures and settings for all, one thing that differs from run to run, and one judge."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any, ClassVar, Literal, TypeVar

import torch
from pydantic import Field

from impasto.errors import DiskFullError, InputError
from impasto.experiments.experiment import Case, Experiment, Row, Rows
from impasto.experiments.judges import TransferJudge, transfer_judge
from impasto.experiments.sweep_results import Claim, claims_table, losses_table
from impasto.experiments.trace import Trace
from impasto.features import NetworkName, Pool, WeightsName, load_network, weights_of
from impasto.inputs import Inputs
from impasto.losses import GramForm
from impasto.methods import MethodConfig
from impasto.registry import method as find_method
from impasto.runs.configure import Layer, configure
from impasto.runs.job import Job, prepare
from impasto.synthesis.canvas import CanvasKind
from impasto.tables import Column, Table

STYLE_LAYERS = ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")  # the documents', of a VGG

AT_THE_END = (
    Column("steps"),
    Column("seconds", "wall time of the run, after a first step that is not timed", ".1f"),
    Column("ms a step", "milliseconds, median", ".0f"),
    Column("loss", "the run's own, at its end; it can be compared where what is optimised is the same", ".4g"),
)
FROM_WHERE = (
    Column("judge", "the network that measured content and style"),
    Column("weights", "the weights of the network that was optimised with, as a file"),
    Column("note"),
)


class SweepConfig(MethodConfig):
    """What all variants of a sweep share."""

    pool: Pool = Field("average", description="pooling of VGG: max, or average for smoother gradients")
    size: int = Field(128, ge=32, le=2048, description="long side of the results in pixels")
    steps: int = Field(60, ge=1, le=100_000, description="optimisation steps of each run")
    canvas: CanvasKind = Field("laplacian", description="what is optimised")
    gram_form: GramForm = Field("relative", description="how two Gram matrices, and two contents, are compared")
    judge: NetworkName | Literal["auto"] = Field(
        "auto",
        description="network that measures all results alike; auto is one that no run optimised, if there is one",
    )

    def common(self) -> dict[str, Any]:
        """The method's settings that are the same for all variants."""
        return {
            "seed": self.seed,
            "device": self.device,
            "pool": self.pool,
            "scales": 1,
            "iterations": (self.steps,),
            "canvas": self.canvas,
            "gram_form": self.gram_form,
            "decay": self.canvas != "pixels",
            "carry": False,
        }

    def of_style(self) -> dict[str, Any]:
        """Those that only matter where there is a style."""
        return {"statistics": "gram", "patch_weight": 0.0, "gamut_weight": 0.0 if self.canvas == "pixels" else 100.0}


class OneNetworkConfig(SweepConfig):
    """The same, where the network is one of the things that all variants share."""

    network: NetworkName = Field("vgg16", description="perceptual network")
    network_weights: WeightsName = Field("auto", description="auto, random, or the path of a weights file")

    def common(self) -> dict[str, Any]:
        """The method's settings that are the same for all variants."""
        return super().common() | network_settings(self.network, self.network_weights)


class OneOptimizerConfig(SweepConfig):
    """The same, where the optimiser is one of them."""

    optimizer: str = Field("adam", description="optimiser, NAME or NAME:RATE: adam, sgd or lbfgs")

    def common(self) -> dict[str, Any]:
        """The method's settings that are the same for all variants."""
        return super().common() | optimizer_settings(self.optimizer)


def network_settings(name: str, weights: WeightsName = "auto") -> dict[str, Any]:
    """A network, and how large it is shown the pictures: EfficientNet halves them at once."""
    return {"network": name, "network_weights": weights, "enlarge": 1.0 if name.startswith("vgg") else 2.0}


def optimizer_settings(choice: str) -> dict[str, Any]:
    """An optimiser by its name, or by name and rate.

    >>> optimizer_settings("sgd:0.5")
    {'optimizer': 'sgd', 'learning_rate': 0.5}
    """
    name, _, rate = choice.partition(":")
    try:
        return {"optimizer": name, "learning_rate": float(rate or 0)}
    except ValueError:
        raise InputError(f"optimizer: the rate must be a number, got {rate!r}") from None


def documents_layers(network: str) -> tuple[str, ...]:
    """The documents' style layers; () are another network's own."""
    return STYLE_LAYERS if network.startswith("vgg") else ()


@dataclass(frozen=True)
class Variant:
    """One run of a sweep: its name, the question that it belongs to, and what is different about it."""

    label: str
    group: str
    settings: Mapping[str, Any]  # of the method, beside those that all variants have
    method: str = "style gatys"
    job: Job | None = None  # once it is ready to run
    refusal: str = ""  # why it cannot begin


S = TypeVar("S", bound=SweepConfig)


class Sweep(Experiment[S]):
    """Runs of one method, or two, that differ in one thing, judged alike."""

    claims: ClassVar[Sequence[Claim]] = ()

    @abstractmethod
    def variants(self, inputs: Inputs) -> Sequence[Variant]:
        """The runs."""

    @abstractmethod
    def given(self, inputs: Inputs) -> Mapping[str, torch.Tensor]:
        """The pictures that the runs begin with, by name, from what the user gave."""

    def inputs_of(self, variant: Variant, given: Mapping[str, torch.Tensor]) -> Mapping[str, torch.Tensor]:
        """What a variant's method is given, by the names of its inputs."""
        del variant
        return given

    @abstractmethod
    def measured(
        self, variant: Variant, result: torch.Tensor, given: Mapping[str, torch.Tensor], judge: TransferJudge
    ) -> Mapping[str, object]:
        """The judge's numbers of a result (3, H, W)."""

    def cases(self, inputs: Inputs) -> Sequence[Case]:
        """Every variant."""
        given = self.given(inputs)
        variants = self._ready(inputs, given)
        jobs = [variant.job for variant in variants if variant.job]
        judge = transfer_judge(self.config.judge, {job.method.config.network for job in jobs})
        warm_up = cache(lambda: _take_a_step(jobs[0]))

        def made(variant: Variant, rows: Rows) -> Row:
            warm_up()
            return self._row(variant, given, judge, rows)

        return [
            Case(f"{number}/{len(variants)} {variant.label}", partial(made, variant), variant.job)
            for number, variant in enumerate(variants, 1)
        ]

    def tables(self, rows: Sequence[Row], inputs: Inputs) -> Sequence[Table]:
        """What the documents say, and the losses on the way, as the third document prints them."""
        del inputs
        return [*([claims_table(self.claims, rows)] if self.claims else []), losses_table(rows)]

    def _ready(self, inputs: Inputs, given: Mapping[str, torch.Tensor]) -> list[Variant]:
        """The variants with their jobs. Raises InputError if none can begin."""
        why_absent = cache(lambda network, weights: _why_absent(network, weights, inputs))
        like: dict[tuple[str, str], Job] = {}  # one job for each method and network: their cost is measured once
        ready: list[Variant] = []
        for variant in reversed(self.variants(inputs)):  # the last has the most layers
            kind = find_method(variant.method)
            settings = {**self.config.common(), **variant.settings}
            method = kind(configure(kind.Config, Layer(settings)))
            network, weights = settings["network"], settings["network_weights"]
            if refusal := why_absent(network, weights):
                ready.append(replace(variant, refusal=refusal))
                continue
            if (variant.method, network) not in like:
                files = {"network_weights": inputs["network_weights"]} if weights == "file" else {}
                pictures = {name: [picture] for name, picture in self.inputs_of(variant, given).items()}
                like[variant.method, network] = prepare(method, {**pictures, **files})
            ready.append(replace(variant, job=replace(like[variant.method, network], method=method)))
        ready.reverse()
        if not any(variant.job for variant in ready):
            raise InputError(ready[0].refusal)
        return ready

    def _row(self, variant: Variant, given: Mapping[str, torch.Tensor], judge: TransferJudge, rows: Rows) -> Row:
        """Run a variant; one that cannot begin, or breaks off, has a row that says why."""
        names: dict[str, object] = {"group": variant.group, "variant": variant.label}
        trace = rows.trace
        if variant.job is None:
            return Row({**names, "note": variant.refusal})
        try:
            outcome = trace.carry_out(variant.job)
        except DiskFullError:
            raise
        except InputError as error:  # such as a picture that is no longer finite
            return Row({**names, "steps": len(trace.moments), "note": str(error)}, trace=trace)
        result = list(outcome.images.values())[-1]
        per_step = trace.seconds_per_step
        values = {
            **names,
            "steps": trace.total,
            "seconds": outcome.seconds,
            "ms a step": None if per_step is None else 1000 * per_step,
            "loss": trace.last.get("loss"),
            "own content": trace.last.get("content"),
            "own style": trace.last.get("style"),
            **self.measured(variant, result, given, judge),
            "judge": judge.name,
            "weights": outcome.recipe.facts["network"]["source"],
        }
        if variant.job.method.config.network == judge.name:
            values["note"] = f"made with the judge's network, {judge.name}"
        return Row(values, {"result": result}, trace)


def _take_a_step(job: Job) -> None:
    """Nobody times it: what is imported with the first one is no part of the first run."""
    with suppress(InputError):  # the run itself will say it
        method = type(job.method)(job.method.config.model_copy(update={"iterations": (1,)}))
        Trace().carry_out(replace(job, method=method))


def _why_absent(network: str, weights: WeightsName, inputs: Inputs) -> str:
    """Why a network cannot be used; "" if it can."""
    try:
        load_network(network, weights=weights_of(weights, inputs))
    except InputError as error:
        return str(error)
    return ""
