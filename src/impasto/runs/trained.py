"""What the plain function `impasto.train` gives back: a model in memory, that samples and can be saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import torch

from impasto.errors import InputError
from impasto.model import Model
from impasto.observers import Observer
from impasto.registry import method as find_method
from impasto.runs.model import save_model
from impasto.runs.picture import Picture, make_picture, run_method
from impasto.runs.recipe import Recipe


@dataclass(frozen=True)
class Trained:
    """A trained model. `parts` are the pictures that its training made by name, `recipe` is how it was trained."""

    model: Model
    parts: Mapping[str, torch.Tensor]
    recipe: Recipe

    def sample(self, **config: Any) -> Picture:
        """Make new pictures, as `impasto.sample` does: size, seed, tile, count."""
        observer = config.pop("observer", None)
        return make_picture("sample", {"run": self.model}, config, observer)

    def save(self, run: str | PathLike[str]) -> Path:
        """Write the model into a folder, from which `impasto sample` makes pictures too; returns that folder."""
        save_model(Path(run), self.model)
        return Path(run)


def train_model(name: str, data: Any, config: Mapping[str, Any], observer: Observer | None = None) -> Trained:
    """Train without a folder; if it is cancelled, what was trained so far. Raises as `make_picture` does."""
    method = find_method(name)
    placed = next(item.name for item in method.inputs if not item.flag)
    outcome = run_method(name, {placed: data}, config, observer)
    if outcome.model is None:
        raise InputError(f"{name} trains no model")
    return Trained(outcome.model, outcome.images, outcome.recipe)
