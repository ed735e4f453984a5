"""What a live bar shows before a run's first step, and after it."""

from __future__ import annotations

import io
import sys

import torch

from impasto.cli.progress import progress
from impasto.observers import Step


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
