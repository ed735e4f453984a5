"""One number of threads from the first step to the last, whatever numba does when it launches its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

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


@pytest.mark.parametrize(("layer", "pool"), [("omp", "omppool"), ("tbb", "tbbpool"), ("workqueue", "workqueue")])
def test_a_kernel_takes_the_number_of_torch_and_leaves_it(layer, pool):
    pytest.importorskip(f"numba.np.ufunc.{pool}", exc_type=ImportError)
    environment = os.environ | TWO | {"OMP_NUM_THREADS": "1", "NUMBA_THREADING_LAYER": layer}
    command = [sys.executable, "-c", COUNTS]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.splitlines() == [f"1 1 1 {layer}", f"3 3 2 {layer}", f"1 1 1 {layer}"]


PRODUCT = """
import torch
from impasto.threads import use_threads
use_threads(2)
torch.ones(240, 80) @ torch.ones(80, 1)
"""


@pytest.mark.skipif(not torch.backends.mkl.is_available(), reason="torch computes without MKL here")
@pytest.mark.parametrize("asked", ["", "COMPATIBLE"])
def test_products_of_matrices_are_added_up_in_one_order_on_intel(asked):
    """MKL itself says in which mode of reproducibility it computed; which order it takes is not seen in every run."""
    environment = {name: word for name, word in os.environ.items() if name != "MKL_CBWR"} | {"MKL_VERBOSE": "1"}
    environment |= {"MKL_CBWR": asked} if asked else {}
    done = subprocess.run([sys.executable, "-c", PRODUCT], capture_output=True, text=True, env=environment, check=True)
    intel = "GenuineIntel" in Path("/proc/cpuinfo").read_text() if sys.platform == "linux" else None
    modes = re.findall(r"CNR:(\w+)", done.stdout)
    assert modes
    assert set(modes) <= ({asked} if asked else {None: {"AUTO", "OFF"}, True: {"AUTO"}, False: {"OFF"}}[intel])


FIRST_CALLS = """
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from impasto.threads import use_threads

class Calls(TorchDispatchMode):
    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = function.overloadpacket.__name__
        if args and isinstance(args[0], torch.Tensor):
            print(name, args[0].numel(), args[0].dtype)
        return function(*args, **(kwargs or {}))

with Calls():
    use_threads(2)
"""


def test_no_vector_function_is_first_called_by_several_threads():
    """What happens then is a race that is lost now and then, so that only the calls themselves can be looked at."""
    done = subprocess.run([sys.executable, "-c", FIRST_CALLS], capture_output=True, text=True, check=True)
    called = {tuple(line.split()) for line in done.stdout.splitlines()}
    used = ("sqrt", "exp", "log", "log2", "log1p", "sin", "cos", "tanh", "erf", "atan", "acos")
    assert {(name, "1", dtype) for name in used for dtype in ("torch.float32", "torch.float64")} <= called
