"""One number of threads from the first step to the last, whatever numba does when it launches its own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from impasto.images import read_recipe, write
from impasto.samples.drawings import drawing

TWO = {"NUMBA_NUM_THREADS": "2"}  # as many as numba launches, also where there is one core

COUNTS = """
import numba, torch
from impasto.patches import nearest
pictures = torch.rand(2, 3, 12, 12)
for count in (None, 3, 1):
    if count is not None:
        torch.set_num_threads(count)
    before = torch.get_num_threads()
    nearest(*pictures, 3, seed=0, rounds=1, engine="compiled")
    print(before, torch.get_num_threads(), numba.get_num_threads(), numba.threading_layer())
"""

# In a process of its own, which imports everything once and forks a child for every life of a run.
LIVES = """
import os
from pathlib import Path
import impasto.losses.rank_kernels
from impasto.errors import Cancelled
from impasto.observers import Unobserved
from impasto.runs.execute import carry_on, carry_out
from impasto.runs.folder import RunFolder
from impasto.runs.job import prepare
from impasto.runs.recipe import recipe_of
from impasto.runs.repeat import repeat
from impasto.single_image.sliced_patches import VarySlicedPatches, VarySlicedPatchesConfig

class StopAt(Unobserved):
    def step(self, step):
        if step.index == 5:
            raise Cancelled

def vary(image, output, *observers, place=None):
    steps = {"coarsest": 16, "ratio": 0.6, "steps": 8}
    config = VarySlicedPatchesConfig(**steps, projections=256, projection_sets=8, fine=1)
    job = prepare(VarySlicedPatches(config), {"image": [image]}, bits=16)
    carry_out(job, output=Path(output).absolute(), observers=observers, place=place)

def batch():
    vary("mosaic.png", "first.png")
    vary("pebbles.png", "second.png")

place = Path("run").absolute()
lives = [
    batch,
    lambda: vary("pebbles.png", "alone.png"),
    lambda: vary("pebbles.png", "resumed.png", StopAt(), place=place),
    lambda: carry_on(RunFolder(place)),
    lambda: carry_out(repeat(recipe_of(Path("alone.png")), Path(), {}), output=Path("again.png")),
]
for life in lives:
    child = os.fork()
    if child == 0:
        life()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
"""


@pytest.mark.parametrize(("layer", "pool"), [("omp", "omppool"), ("tbb", "tbbpool"), ("workqueue", "workqueue")])
def test_a_kernel_takes_the_number_of_torch_and_leaves_it(layer, pool):
    pytest.importorskip(f"numba.np.ufunc.{pool}", exc_type=ImportError)
    environment = os.environ | TWO | {"OMP_NUM_THREADS": "1", "NUMBA_THREADING_LAYER": layer}
    command = [sys.executable, "-c", COUNTS]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.splitlines() == [f"1 1 1 {layer}", f"3 3 2 {layer}", f"1 1 1 {layer}"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Pictures that one thread makes, where numba would have two."""
    pytest.importorskip("numba.np.ufunc.omppool", exc_type=ImportError)
    folder = tmp_path_factory.mktemp("made")
    for name in ("mosaic", "pebbles"):
        write(drawing(name, 48), folder / f"{name}.png")
    environment = os.environ | TWO | {"OMP_NUM_THREADS": "1", "NUMBA_THREADING_LAYER": "omp"}
    command = [sys.executable, "-c", LIVES]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert read_recipe(folder / "alone.png")["threads"] == 1
    return {path.stem: path.read_bytes() for path in folder.glob("*.png")}


@pytest.mark.parametrize("name", ["second", "resumed", "again"])
def test_the_second_of_a_batch_a_resumed_and_a_repeated_run_have_the_same_bytes(made, name):
    assert made[name] == made["alone"]
