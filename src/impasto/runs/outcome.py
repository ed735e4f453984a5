"""How a run ended, and all who watch it as one."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from impasto.images.metadata import Metadata
from impasto.methods import Makes
from impasto.model import Model
from impasto.observers import Checkpoint, Observer, Step
from impasto.runs.folder import RunFolder
from impasto.runs.recipe import Recipe, State
from impasto.tables import Figure, Table


@dataclass(frozen=True)
class Outcome:
    """How a run ended. `images` is empty if it was cancelled before its first step, or made none."""

    state: State
    makes: Makes
    images: Mapping[str, torch.Tensor]
    recipe: Recipe
    seconds: float
    total: int | None = None
    losses: Mapping[str, float] = field(default_factory=dict)
    output: Path | None = None
    folder: RunFolder | None = None
    model: Model | None = None
    tables: Sequence[Table] = ()
    figures: Sequence[Figure] = ()
    pieces: Mapping[str, torch.Tensor] = field(default_factory=dict)  # that are in memory
    places: Sequence[Path] = ()  # of pieces that were written by this process
    metadata: Metadata | None = None  # that goes with the first image
    frames: tuple[int, int] | None = None  # of a clip: how many are finished, and of how many

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.images or self.tables or self.pieces)


class Watch:
    """All observers as one; remembers the last step."""

    def __init__(self, observers: Sequence[Observer], check: Callable[[], None] = lambda: None) -> None:
        """`check` is called before any of them is told of a step."""
        self._observers, self._check = observers, check
        self.last: Step | None = None

    def checkpoint(self) -> Checkpoint | None:
        """The first that one of them has."""
        found = (observer.checkpoint() for observer in self._observers)
        return next((checkpoint for checkpoint in found if checkpoint is not None), None)

    def step(self, step: Step) -> None:
        """Tell all of them."""
        self._check()
        self.last = step
        for observer in self._observers:
            observer.step(step)


def plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts as JSON knows them."""
    values: dict[str, Any] = json.loads(json.dumps(dict(facts), default=str))
    return values
