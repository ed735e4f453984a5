"""A run that is killed just before it changes the disk, wherever that is, can be finished with the same bytes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from impasto.images import write
from impasto.samples.drawings import drawing

HERE = Path(__file__).parent / "runs"  # where the tests' own method is, whose steps take no time

# In a process of its own, which imports everything once and forks a child for every life of the run. A child is
# killed when Python is about to make its n-th change to the disk, as its audit events tell.
HARNESS = """
import json, os, pathlib, shutil, signal, sys
sys.path.insert(0, sys.argv[1])
import torch
torch.set_num_threads(1)
import drift_method
from impasto.cli.app import run
from impasto.registry import METHODS, Entry
METHODS["texture drift"] = Entry("drift_method:Drift", "Noise drifts towards a picture.")

CHANGES = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate")

def changes(event, args):
    if event == "open":
        mode, flags = args[1], args[2]
        return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
    return event in CHANGES

def life(words, last):
    # True if it ended by itself, False if it was killed at its change number `last`.
    child = os.fork()
    if child == 0:
        count = 0
        def watch(event, args):
            nonlocal count
            if changes(event, args):
                count += 1
                if count == last:
                    os.kill(os.getpid(), signal.SIGKILL)
        sys.addaudithook(watch)
        os._exit(run(words))
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return False
    assert os.WEXITSTATUS(status) == 0, (words, last, status)
    return True

words = ["texture", "drift", "exemplar.png", "--steps", "2", "-q"]
assert run([*words, "-o", "straight.png"]) == 0  # here, so that every child finds all modules loaded
straight = pathlib.Path("straight.png").read_bytes()
for first in range(1, 1000, 3):
    shutil.rmtree("runs", ignore_errors=True)
    pathlib.Path("out.png").unlink(missing_ok=True)
    ended = life([*words, "-o", "out.png"], first)
    for again in (1 + first * 7 % 40, None):  # killed once more while it is resumed
        records = list(pathlib.Path("runs").glob("*/run.json"))
        if not records:
            life([*words, "-o", "out.png"], again)
        elif json.loads(records[0].read_text())["state"] != "done":
            life(["runs", "resume", "latest", "-q"], again)
    assert pathlib.Path("out.png").read_bytes() == straight, f"killed at change {first}"
    assert json.loads(next(pathlib.Path("runs").glob("*/run.json")).read_text())["state"] == "done"
    if ended:
        break
print(first)
"""


def test_killed_before_any_change_to_the_disk_a_run_can_be_finished(tmp_path):
    write(drawing("pebbles", 32), tmp_path / "exemplar.png")
    done = subprocess.run(
        [sys.executable, "-c", HARNESS, str(HERE)],
        cwd=tmp_path,
        env=os.environ | {"IMPASTO_CHECKPOINT_STEPS": "2", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 40  # a run changes the disk as often as that, and every third time it was killed
