"""One texture that is made and followed."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from impasto.experiments.histogram_loss.drift import Drift
from impasto.runs.job import Job

GRAM, HISTOGRAM = "Gram", "Gram and histogram"


@dataclass(frozen=True)
class Trial:
    """One texture: of which exemplar, how large, by which loss."""

    name: str
    exemplar: torch.Tensor
    size: int
    loss: str
    job: Job


Followed = tuple[Trial, Drift]
"""A texture, and how it went."""
