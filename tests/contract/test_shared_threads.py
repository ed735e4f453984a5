"""One number of threads, set before anything is computed and kept: else bytes depend on what a process did before."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]

# In a process of its own, where OpenMP has one thread and numba as many as there are cores. Its children begin as
# commands do, with all modules loaded and no kernel run. It prints which ways gave other bytes than the first.
WAYS = """
import os, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from numba import config
config.THREADING_LAYER, config.NUMBA_NUM_THREADS = "omp", 2
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

place, here, method = Place(Path("tiny")), Path(), METHODS[sys.argv[1]].load()
config = configure(method.Config, Layer({{"coarsest": 24, "ratio": 0.6, "steps": 2, "projections": 16, "projection_sets": 2}}))

def job(thing):
    return prepare(method(config), {{method.inputs[0].name: [place.path(thing)]}}, bits=16)

def go(job, name, **watched):
    carry_on(enter(job, here, place=here / name), **watched)

def life(*tasks):
    child = os.fork()
    if child == 0:
        for task in tasks:
            task()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0

go(case("texture pyramid").job(place), "warm")
life(lambda: go(job("drawn.png"), "whole"))
life(lambda: go(job("drawn.png"), "resumed", observers=[StopAt({stop})], every=Every(steps=1)))
life(lambda: carry_on(RunFolder(here / "resumed")))
life(lambda: go(repeat(recipe_of(here / "whole" / "output.png"), here, {{}}), "repeated"))
life(lambda: go(job("square.png"), "other"), lambda: go(job("drawn.png"), "second"))
made = {{name: (here / name / "output.png").read_bytes() for name in ("whole", "resumed", "repeated", "second")}}
print(*(name for name in made if made[name] != made["whole"]))
"""


@pytest.mark.parametrize(("method", "stop"), [("vary sliced-patches", 3), ("texture sliced-patches", 3)])
def test_resumed_repeated_or_made_after_another_the_bytes_are_the_same(method, stop, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", WAYS.format(tests=str(TESTS), stop=stop), method],
        cwd=tmp_path,
        env=os.environ | {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []
