"""A run that is killed again and again, at any moment, ends with the pixels of one that was not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from impasto.images import read, write
from impasto.samples.drawings import drawing

KILLS = 10  # of each of the two methods

# In a process of its own, which imports torch once and forks a child for every life of the run.
HARNESS = """
import os, random, signal, sys, time
import torch
torch.set_num_threads(1)
from impasto.cli.app import run

def life(words, seconds):
    # One life of the run: killed after so many seconds (None: left alone). True if it ended by itself.
    child = os.fork()
    if child == 0:
        os._exit(run(words))
    if seconds is not None:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return False
    assert os.WEXITSTATUS(status) == 0, status
    return True

first = sys.argv[2:]
kills, moments = int(sys.argv[1]), random.Random(7)
started = time.monotonic()
assert life([*first, "-o", "whole.png", "--no-record"], None)
whole = time.monotonic() - started
killed = 0
words = [*first, "-o", "killed.png"]
while killed < kills:
    began = os.path.isdir("runs") and bool(os.listdir("runs"))
    ended = life(["runs", "resume", "latest"] if began else words, moments.uniform(0.02, 0.35) * whole)
    if ended:  # it was finished before it could be killed: begin another one
        os.rename("runs", f"runs-{killed}")
        continue
    killed += 1
if os.path.isdir("runs") and os.listdir("runs"):
    life(["runs", "resume", "latest"], None)
else:
    life(words, None)
"""


@pytest.mark.parametrize(
    "words",
    [
        ["texture", "gram", "exemplar.png", "--size", "48", "--iterations", "12,8,8", "--average", "0.5"],
        ["style", "gatys", "photo.png", "exemplar.png", "--size", "48", "--scales", "2", "--iterations", "12,8"],
    ],
    ids=["texture gram", "style gatys"],
)
def test_a_run_killed_many_times_ends_with_the_same_pixels(words: list[str], tmp_path: Path) -> None:
    write(drawing("pebbles", 64), tmp_path / "exemplar.png")
    write(drawing("woodblock", 64), tmp_path / "photo.png")
    environment = os.environ | {"IMPASTO_CHECKPOINT_STEPS": "3", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", HARNESS, str(KILLS), *words, "--threads", "1", "--quiet"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    whole, resumed = read(tmp_path / "whole.png"), read(tmp_path / "killed.png")
    assert whole.std() > 0.02
    assert (whole == resumed).all()
