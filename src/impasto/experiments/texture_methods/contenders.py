"""The methods that are compared: what they are called, with which settings they run, and how long they take."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import torch

from impasto.errors import InputError, meant
from impasto.experiments.pictures import with_long_side
from impasto.experiments.trace import Trace
from impasto.generators.sample import Sample, SampleConfig
from impasto.methods import MethodConfig
from impasto.registry import METHODS
from impasto.registry import method as find_method
from impasto.runs.configure import Layer, configure, preset
from impasto.runs.execute import perform
from impasto.runs.job import Job, prepare
from impasto.runs.outcome import Outcome

OPTIMISED = "texture "  # how the names begin of the methods that make a texture at once
NETWORK = "texture-network"
TRAINED = {NETWORK: "train texture-network"}
DOCUMENTS = ("kwatra", "gram", NETWORK)
DEFAULT = (*DOCUMENTS, "quilt", "patches", "sliced-patches", "pyramid")
STEPS = ("iterations", "steps", "votes")  # the fields, of whatever method, that say how often it goes on
SIDE = 32  # the texture network is trained on multiples of this many pixels
WARM_SIZE = 64  # pixels of the picture that a method is run on first
BRIEF = 1.0  # seconds; a run that took less is repeated
REPEATS = 2


@dataclass(frozen=True)
class Effort:
    """How much each method may do."""

    size: int  # long side of the exemplar in pixels
    steps: float  # the factor of a method's own number of steps
    training: int  # steps of a training
    seed: int
    device: str


@dataclass(frozen=True)
class Contender:
    """A method by the name that the table has for it, such as "gram" or "gram:paper"."""

    label: str

    @property
    def name(self) -> str:
        """The label without its preset."""
        return self.label.partition(":")[0]

    @property
    def method(self) -> str:
        """The words that call it."""
        return TRAINED.get(self.name, OPTIMISED + self.name)

    def config(self, effort: Effort) -> MethodConfig:
        """Its own settings, or those of its preset, with that many steps. Raises InputError for an unknown preset."""
        kind = find_method(self.method)
        named = preset(kind.Config, self.label.partition(":")[2] or None)
        fields = kind.Config.model_fields
        given: dict[str, Any] = {"seed": effort.seed, "device": effort.device}
        if "exemplar_size" in fields:
            given["exemplar_size"] = effort.size
        if kind.makes == "model":
            given |= {"steps": effort.training, "side": max(2 * SIDE, round(effort.size / SIDE) * SIDE)}
        else:
            for name in STEPS:
                if name in fields:
                    given[name] = scaled(named.values.get(name, fields[name].default), effort.steps)
        return configure(kind.Config, named, Layer(given))

    def job(self, exemplar: torch.Tensor, effort: Effort) -> Job:
        """Its run, ready to start. Raises InputError for whatever cannot work."""
        return prepare(find_method(self.method)(self.config(effort)), {"exemplar": [exemplar]})


def contenders(labels: tuple[str, ...]) -> list[Contender]:
    """The methods that these labels name. Raises InputError for one that is no method's, with the nearest right one.

    >>> [contender.method for contender in contenders(("gram:paper", "texture-network"))]
    ['texture gram', 'train texture-network']
    """
    found = {name.removeprefix(OPTIMISED) for name in METHODS if name.startswith(OPTIMISED)}
    known = list(dict.fromkeys([*DEFAULT, *sorted(found)]))
    for label in labels:
        name = label.partition(":")[0]
        if name not in known:
            raise InputError(f"methods: no method is called {label!r}; {meant(name, known)}")
    return [Contender(label) for label in dict.fromkeys(labels)]


def scaled(steps: Any, factor: float) -> Any:
    """A number of steps, or several, times a factor; one at the least.

    >>> scaled((120, 1), 0.1)
    (12, 1)
    """
    if isinstance(steps, tuple):
        return tuple(scaled(each, factor) for each in steps)
    return max(1, round(steps * factor))


@dataclass(frozen=True)
class Trial:
    """What came of a method."""

    texture: torch.Tensor  # (3, H, W) in [0, 1]; with 8 bits, as a file has it
    training: float | None  # seconds
    seconds: float
    processor: float  # seconds of all threads, for a training and a picture


def warm_up(contender: Contender, exemplar: torch.Tensor, effort: Effort) -> None:
    """Run a method once on a small picture: kernels are compiled and weights read before anything is timed."""
    effort = replace(effort, size=WARM_SIZE, steps=1e-9, training=1)
    with suppress(Exception):  # what is wrong with the method, the run itself will say
        small = with_long_side(exemplar, WARM_SIZE)
        carry_out(contender.job(small, effort), small, effort, Trace())


def carry_out(job: Job, exemplar: torch.Tensor, effort: Effort, trace: Trace) -> Trial:
    """Run a job; for a training, then sample from what it trained. Raises Cancelled if somebody wants an end."""
    begun = time.process_time()
    outcome = trace.carry_out(job)
    training = None
    if outcome.model is not None:
        training, size = outcome.seconds, f"{exemplar.shape[2]}x{exemplar.shape[1]}"
        config = SampleConfig(size=size, seed=effort.seed, device=effort.device)
        job = prepare(Sample(config), {"run": [outcome.model]})
        outcome = perform(job)
    processor = time.process_time() - begun
    texture = next(iter(outcome.images.values()))
    return Trial((texture * 255).round() / 255, training, _seconds(job, outcome), processor)


def _seconds(job: Job, outcome: Outcome) -> float:
    """How long a run took; of a short one, the median of three."""
    if outcome.seconds > BRIEF:
        return outcome.seconds
    return median([outcome.seconds, *(perform(job).seconds for _ in range(REPEATS))])
