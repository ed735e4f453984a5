"""One method, one exemplar: a warm-up, the run, and how long it took."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, replace
from statistics import median

import torch

from impasto.errors import Cancelled
from impasto.experiments.texture_methods.contenders import Contender, Effort
from impasto.experiments.texture_methods.curves import Curve
from impasto.generators.sample import SampleConfig
from impasto.images import fit_long_side, resize
from impasto.observers import Observer
from impasto.runs.execute import perform
from impasto.runs.job import Job, prepare
from impasto.runs.outcome import Outcome

WARM_SIZE = 64  # pixels of the picture that a method is run on first
BRIEF = 1.0  # seconds; a run that took less is repeated
REPEATS = 2


@dataclass(frozen=True)
class Trial:
    """What came of a method."""

    texture: torch.Tensor  # (3, H, W) in [0, 1]; with 8 bits, as a file has it
    training: float | None  # seconds
    seconds: float
    processor: float  # seconds of all threads, for a training and a picture
    steps: int | None
    curve: Curve


def job_of(contender: Contender, exemplar: torch.Tensor, effort: Effort) -> Job:
    """The run, ready to start. Raises InputError for whatever cannot work."""
    return prepare(contender.method, contender.config(effort), {"exemplar": [exemplar]})


def warm_up(contender: Contender, exemplar: torch.Tensor, effort: Effort) -> None:
    """Run a method once on a small picture: kernels are compiled and weights read before anything is timed."""
    small = resize(exemplar, fit_long_side((exemplar.shape[2], exemplar.shape[1]), WARM_SIZE))
    effort = replace(effort, size=WARM_SIZE, steps=1e-9, training=1)
    with suppress(Exception):  # what is wrong with the method, the run itself will say
        carry_out(job_of(contender, small, effort), effort)


def carry_out(job: Job, effort: Effort, watching: Observer | None = None) -> Trial:
    """Run a job; for a training, then sample from what it trained. Raises Cancelled if the observer wants an end."""
    curve, begun = Curve(), time.process_time()
    outcome = perform(job, job.pictures(), [curve, *([watching] if watching else [])])
    if outcome.state == "cancelled":
        raise Cancelled
    if outcome.model is None:
        processor = time.process_time() - begun
        return Trial(_eight_bits(outcome), None, _seconds(job, outcome), processor, outcome.total, curve)
    sampling = prepare("sample", _sample_config(job, effort), {"run": [outcome.model]})
    sampled = perform(sampling, sampling.pictures(), [])
    processor, seconds = time.process_time() - begun, _seconds(sampling, sampled)
    return Trial(_eight_bits(sampled), outcome.seconds, seconds, processor, outcome.total, curve)


def foreseen(job: Job) -> float:
    """Seconds that a job will take."""
    return job.forecast.seconds if job.forecast else 1.0


def _sample_config(job: Job, effort: Effort) -> SampleConfig:
    width, height = job.sources[0].record.size
    return SampleConfig(size=f"{width}x{height}", seed=effort.seed, device=effort.device)


def _seconds(job: Job, outcome: Outcome) -> float:
    """How long a run took; of a short one, the median of three."""
    if outcome.seconds > BRIEF:
        return outcome.seconds
    again = [perform(job, job.pictures(), []).seconds for _ in range(REPEATS)]
    return median([outcome.seconds, *again])


def _eight_bits(outcome: Outcome) -> torch.Tensor:
    texture = next(iter(outcome.images.values()))
    return (texture * 255).round() / 255
