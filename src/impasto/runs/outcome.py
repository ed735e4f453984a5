"""How a run ended, and all who watch it as one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from impasto.model import Model
from impasto.observers import Checkpoint, Observer, Step
from impasto.runs.folder import RunFolder
from impasto.runs.recipe import Recipe, State


@dataclass(frozen=True)
class Outcome:
    """How a run ended. `images` is empty if it was cancelled before its first step."""

    state: State
    images: Mapping[str, torch.Tensor]
    recipe: Recipe
    seconds: float
    total: int | None = None
    losses: Mapping[str, float] = field(default_factory=dict)
    output: Path | None = None
    folder: RunFolder | None = None
    model: Model | None = None
    each: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # as in `Result`
    frames: int | None = None  # of a clip: how many are finished, of `total`

    def embedded(self, name: str) -> dict[str, Any]:
        """The recipe that goes into the image called `name`."""
        alone = self.each.get(name, {})
        seed = alone.get("seed", self.recipe.seed)
        return self.recipe.model_copy(update={"config": {**self.recipe.config, **alone}, "seed": seed}).embedded()


class Watch:
    """All observers as one; remembers the last step."""

    def __init__(self, observers: Sequence[Observer]) -> None:
        self._observers = observers
        self.last: Step | None = None

    def checkpoint(self) -> Checkpoint | None:
        """The first that one of them has."""
        found = (observer.checkpoint() for observer in self._observers)
        return next((checkpoint for checkpoint in found if checkpoint is not None), None)

    def step(self, step: Step) -> None:
        """Tell all of them."""
        self.last = step
        for observer in self._observers:
            observer.step(step)


def plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts as JSON knows them."""
    values: dict[str, Any] = json.loads(json.dumps(dict(facts), default=str))
    return values
