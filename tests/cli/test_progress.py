"""What a live bar shows before a run's first step, and after it."""

from __future__ import annotations

import io
import sys

import pytest
import torch

from impasto.cli import progress as progress_module
from impasto.cli.progress import Lines, Pace, progress
from impasto.observers import Checkpoint, Loop, Step, Unobserved, spans
from impasto.parts import Parts


class Terminal(io.StringIO):
    """A terminal that keeps all that is drawn."""

    def isatty(self) -> bool:
        return True


def test_the_bar_shows_what_is_compiled_until_the_first_step(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "160")
    with progress("vary patches a", quiet=False, notice="compiling the kernels, once") as (bar,):
        before = terminal.tell()
        bar.step(Step(3, 8, {"loss": 0.25}, lambda: torch.zeros(3, 1, 1), dict))
    drawn = terminal.getvalue()
    assert "compiling the kernels, once" in drawn
    last = drawn[before:]
    assert "3/8 loss 0.25" in last
    assert "compiling" not in last.rpartition("3/8")[2]


class Clock(Unobserved):
    """Notes what time is said to be left; a step takes as long as it is told to."""

    def __init__(self, monkeypatch, seconds):
        self.now, self.seconds, self.told, self.begin = 0.0, iter(seconds), [], None
        monkeypatch.setattr(progress_module.time, "monotonic", lambda: self.now)
        self.pace = Pace()

    def checkpoint(self) -> Checkpoint | None:
        return self.begin

    def step(self, step: Step) -> None:
        self.now += next(self.seconds)
        self.told.append(self.pace.left(step))


def run_of_two_sizes(clock):
    """Three steps, and three of four times the work."""
    for first, span in zip((0, 3), spans([3, 12]), strict=True):
        loop = Loop(clock, total=6, keep={}, first=first, count=3, span=span)
        for _ in loop:
            loop.report({}, preview=lambda: torch.zeros(3, 1, 1))


def test_the_time_left_knows_that_later_steps_take_longer(monkeypatch):
    clock = Clock(monkeypatch, [1, 1, 1, 4, 4, 4])
    run_of_two_sizes(clock)
    assert clock.told == [None, *map(pytest.approx, [13, 12, 8, 4, 0])]


def test_a_slow_first_step_does_not_count_for_the_others(monkeypatch):
    clock = Clock(monkeypatch, [100, 1, 1, 4, 4, 4])
    run_of_two_sizes(clock)
    assert clock.told == [None, *map(pytest.approx, [13, 12, 8, 4, 0])]


def test_a_resumed_run_knows_what_is_left(monkeypatch):
    clock = Clock(monkeypatch, [4, 4])
    clock.begin = Checkpoint(4, {})
    run_of_two_sizes(clock)
    assert clock.told == [None, pytest.approx(0)]


def test_several_runs_and_a_step_that_is_told_twice_have_one_time_left(monkeypatch):
    """As a clip tells the end of each frame, after the frame's own steps."""
    clock = Clock(monkeypatch, [2, 0.5, 2, 0.5, 2, 0.5])
    parts = Parts(clock, [f"frame {number}" for number in range(3)], [2.5] * 3)
    for _, observer in parts:
        observer.step(Step(1, 1, {}, dict, dict))
        parts.done()
    assert clock.told == [None, None, *map(pytest.approx, [2.5, 3, 0, 0])]


def test_a_percentage_is_cut_to_a_whole_one_and_not_further(capsys):
    lines = Lines(every=0)
    for index in range(1, 101):
        lines.step(Step(index, 100, {}, dict, dict))
    said = capsys.readouterr().err.splitlines()
    assert [line.split("%")[0] for line in said] == [str(index) for index in range(1, 101)]
