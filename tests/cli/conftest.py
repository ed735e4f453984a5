"""What the tests of the command line share: a small picture, two methods of the tests, and ways to run a command."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from impasto.cli.app import run
from impasto.registry import METHODS, Entry

HERE = Path(__file__).parents[1] / "runs"  # where drift_method.py is
sys.path.insert(0, str(HERE))

START = f"""
import os, sys
os.fsync = lambda _: None  # what was written outlives a process without it
sys.path.insert(0, {str(HERE)!r})
from impasto.registry import METHODS, Entry
METHODS["texture drift"] = Entry("drift_method:Drift", "Noise drifts towards a picture.")
METHODS["style blend"] = Entry("drift_method:Blend", "The mean of pictures.")
METHODS["style follow"] = Entry("follow_method:Follow", "Follows.")
from impasto.cli import main
sys.exit(main())
"""


@dataclass(frozen=True)
class Said:
    """What a command said and how it ended."""

    status: int
    out: str
    err: str


@pytest.fixture
def impasto(tmp_path, monkeypatch, capsys) -> Callable[..., Said]:
    """Run a command in this process, in the test's folder."""
    monkeypatch.chdir(tmp_path)

    def call(*words: object) -> Said:
        capsys.readouterr()
        status = run([str(word) for word in words])
        captured = capsys.readouterr()
        return Said(status, captured.out, captured.err)

    return call


@pytest.fixture
def within():
    """A block that is cut off after so many seconds, and leaves the number of threads as it was."""

    @contextlib.contextmanager
    def block(seconds: int):
        def cut(*_: object) -> None:
            raise TimeoutError(f"nothing here should take {seconds} s")

        threads, before = torch.get_num_threads(), signal.signal(signal.SIGALRM, cut)
        signal.alarm(seconds)
        try:
            yield
        finally:
            signal.alarm(0)
            signal.signal(signal.SIGALRM, before)
            torch.set_num_threads(threads)

    return block


@pytest.fixture
def start(tmp_path):
    """Start a command in a process of its own, in the test's folder."""
    running: list[subprocess.Popen[bytes]] = []

    def begin(*words: object, **environment: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", START, *map(str, words)]
        pipe = subprocess.PIPE
        environment = os.environ | {"OMP_NUM_THREADS": "1"} | environment
        process = subprocess.Popen(command, cwd=tmp_path, stdin=pipe, stdout=pipe, stderr=pipe, env=environment)
        running.append(process)
        return process

    yield begin
    for process in running:
        with contextlib.suppress(OSError):
            process.kill()
        process.communicate()


@pytest.fixture(autouse=True)
def _small_methods(monkeypatch):
    monkeypatch.setitem(METHODS, "texture drift", Entry("drift_method:Drift", "Noise drifts towards a picture."))
    monkeypatch.setitem(METHODS, "style blend", Entry("drift_method:Blend", "The mean of pictures."))


@pytest.fixture
def plaster(tmp_path) -> Path:
    """A picture of smooth noise, 24x16."""
    values = np.random.default_rng(5).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    path = tmp_path / "plaster.png"
    Image.fromarray(values).resize((24, 16), Image.Resampling.BICUBIC).save(path)
    return path
