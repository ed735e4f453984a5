"""A stop of the tour with what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from impasto.demo.stops import STOPS, Stop
from impasto.images import read
from impasto.runs.recipe import Recipe


@dataclass(frozen=True)
class Visited:
    """A stop, the recipe of its picture, and where that is."""

    stop: Stop
    recipe: Recipe
    seconds: float
    inputs: tuple[Path, ...]
    output: Path
    total: int | None

    @property
    def finished(self) -> bool:
        """Whether its run was not stopped early."""
        return self.recipe.state == "done"

    def picture(self) -> torch.Tensor:
        """The output, (3, H, W) in [0, 1]."""
        return read(self.output)

    def shown(self) -> torch.Tensor:
        """The output, or the output laid 2 x 2."""
        return self.picture().repeat(1, 2, 2) if self.stop.tiled else self.picture()


class Visits(list[Visited]):
    """The stops that were visited, as a checkpoint holds them: their pictures are on the disk."""

    def state_dict(self) -> dict[str, Any]:
        """All but the pictures."""
        return {"visits": [_packed(visit) for visit in self]}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there."""
        stops = {stop.name: stop for stop in STOPS}
        self[:] = [_unpacked(stops, *visit) for visit in state["visits"]]


def _packed(visit: Visited) -> list[Any]:
    inputs = [str(path) for path in visit.inputs]
    return [visit.stop.name, visit.recipe.model_dump_json(), visit.seconds, inputs, str(visit.output), visit.total]


def _unpacked(
    stops: Mapping[str, Stop], name: str, recipe: str, seconds: float, inputs: list[str], output: str, total: int | None
) -> Visited:
    paths = tuple(map(Path, inputs))
    return Visited(stops[name], Recipe.model_validate_json(recipe), seconds, paths, Path(output), total)
