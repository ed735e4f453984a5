"""One number of threads, set before anything is computed and kept: else bytes depend on what a process did before."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]

# In a process of its own, where OpenMP has one thread and numba two, as on two cores. Its children begin as
# commands do, with all modules loaded and no kernel run.
WAYS = """
import os, sys
os.fsync = lambda _: None
from pathlib import Path
sys.path.insert(0, {tests!r})
import impasto.losses.rank_kernels
from tiny import Place, case
from observers import StopAt
from impasto.registry import METHODS
from impasto.runs.configure import Layer, configure
from impasto.runs.enter import enter
from impasto.runs.every import Every
from impasto.runs.execute import carry_on
from impasto.runs.folder import RunFolder
from impasto.runs.job import prepare
from impasto.runs.recipe import recipe_of
from impasto.runs.repeat import repeat

place, here = Place(Path("tiny")), Path()
SETTINGS = {{"coarsest": 24, "ratio": 0.6, "steps": 2, "projections": 16, "projection_sets": 2}}

def job(name, thing):
    method = METHODS[name].load()
    config = configure(method.Config, Layer(SETTINGS))
    return prepare(method(config), {{method.inputs[0].name: [place.path(thing)]}}, bits=16)

def go(job, folder, **watched):
    carry_on(enter(job, here, place=folder), **watched)

def life(*tasks):
    child = os.fork()
    if child == 0:
        for task in tasks:
            task()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0

go(case("texture pyramid").job(place), here / "warm")
for name in {methods}:
    at = here / name
    life(lambda: go(job(name, "drawn.png"), at / "whole"))
    life(lambda: go(job(name, "drawn.png"), at / "resumed", observers=[StopAt(3)], every=Every(steps=1)))
    life(lambda: carry_on(RunFolder(at / "resumed")))
    life(lambda: go(repeat(recipe_of(at / "whole" / "output.png"), at / "whole" / "output.png", {{}}), at / "repeated"))
    life(lambda: go(job(name, "square.png"), at / "other"), lambda: go(job(name, "drawn.png"), at / "second"))
"""
THREADS = {
    "OMP_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "passive",
    "NUMBA_NUM_THREADS": "2",
    "NUMBA_THREADING_LAYER": "omp",
}
METHODS = ("vary sliced-patches", "texture sliced-patches")


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A folder of runs for each method."""
    folder = tmp_path_factory.mktemp("made")
    done = subprocess.run(
        [sys.executable, "-c", WAYS.format(tests=str(TESTS), methods=METHODS)],
        cwd=folder,
        env=os.environ | THREADS,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("way", ["resumed", "repeated", "second"])
@pytest.mark.parametrize("method", METHODS)
def test_resumed_repeated_or_made_after_another_a_picture_has_the_same_bytes(method, way, made):
    whole, other = (made / method / name / "output.png" for name in ("whole", way))
    assert other.read_bytes() == whole.read_bytes()
