"""An experiment that was run directly, and what is in its tables and figures."""

from __future__ import annotations

import torch

from impasto.experiments.experiment import Experiment
from impasto.inputs import NamedInputs
from impasto.methods import Result
from impasto.observers import Checkpoint, Observer, Unobserved
from impasto.runs import checkpoint
from impasto.runs.configure import Layer, configure, preset
from impasto.tables import Sheet


class Ran:
    """The rows of each table, and the pictures, by name."""

    def __init__(self, result: Result) -> None:
        self.tables = {table.name: [dict(row) for row in table.rows] for table in result.tables}
        self.pictures = {it.name: it.picture for it in result.figures if isinstance(it, Sheet)}
        self.shown = {it.name for it in (*result.tables, *result.figures) if it.shown}
        self.names = [it.name for it in result.figures]

    @property
    def rows(self) -> list[dict[str, object]]:
        return self.tables["table"]


def made(kind: type[Experiment], name: str | None = None, **values) -> Experiment:
    """An experiment, or one of its presets, with these values."""
    return kind(configure(kind.Config, preset(kind.Config, name), Layer(values)))


def ran(
    kind: type[Experiment], inputs=None, observer: Observer | None = None, name: str | None = None, **values
) -> Ran:
    """Run an experiment."""
    return Ran(made(kind, name, **values).run(inputs or {}, observer or Unobserved()))


def named(name: str, **pictures: torch.Tensor) -> NamedInputs:
    """The pictures of an input, as files of these names would be given."""
    given = NamedInputs({name: list(pictures.values())})
    given.paths = {name: list(pictures)}
    return given


def written_and_read(index: int, state, folder) -> Checkpoint:
    """A checkpoint as it comes back from the disk."""
    checkpoint.save(folder, Checkpoint(index, state))
    found = checkpoint.load(folder)
    assert found is not None
    return found


def assert_same(ours: Ran, theirs: Ran) -> None:
    """Tables and pictures, to the last bit."""
    assert ours.tables == theirs.tables
    assert ours.names == theirs.names
    for name, picture in ours.pictures.items():
        assert torch.equal(picture, theirs.pictures[name]), name
