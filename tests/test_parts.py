"""Runs of which one is made: how their steps are counted."""

from __future__ import annotations

import pytest
import torch

from impasto.errors import InputError
from impasto.observers import Checkpoint, Step
from impasto.parts import Parts
from observers import Keep, Resume


def carry_out(parts: Parts) -> None:
    """Each of them takes four steps."""
    for _, watch in parts:
        for index in range(4):
            watch.step(Step(index + 1, 4, {}, lambda: torch.zeros(3, 1, 1), dict))
        parts.done()


class Both(Keep, Resume):
    """Goes on from a checkpoint, and keeps what it sees."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        Keep.__init__(self)
        Resume.__init__(self, checkpoint)


def test_steps_are_counted_on_where_other_seconds_are_foreseen_when_it_goes_on():
    seen = Keep(states=True)
    carry_out(Parts(seen, ["first", "second"], [10.0, 10.0]))
    at = 6  # in the second
    again = Both(Checkpoint(seen.steps[at].index, seen.states[at]))
    carry_out(Parts(again, ["first", "second"], [1.0, 2.0]))
    assert (again.steps[-1].index, again.steps[-1].total) == (seen.steps[-1].index, seen.steps[-1].total) == (200, 200)
    assert all(step.index <= step.total for step in again.steps)


def test_a_checkpoint_of_other_parts_is_refused():
    seen = Keep(states=True)
    carry_out(Parts(seen, ["first", "second"], [10.0, 10.0]))
    with pytest.raises(InputError, match="not of this run"):
        Parts(Resume(Checkpoint(1, seen.states[0])), ["first"], [1.0])
