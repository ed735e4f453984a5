"""A run that is killed, at whatever moment and as often as you like, ends with the bytes of one that was not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parents[1] / "runs"  # where the tests' own methods are, whose steps take no time

# In a process of its own, which imports everything once and forks a child for every life of a run. Its words: an output
# with {} for what it is called, how many changes to the disk lie between two deaths, and the command.
LIVES = """
import gc, json, os, pathlib, random, shutil, signal, sys, time
os.fsync = lambda _: None  # what was written outlives a process without it
sys.path.insert(0, {here!r})
import torch
torch.set_num_threads(1)
from impasto.cli.app import run
from impasto.registry import METHODS, Entry
METHODS["texture drift"] = Entry("drift_method:Drift", "Noise drifts towards a picture.")
METHODS["style blend"] = Entry("drift_method:Blend", "The mean of pictures.")

output, every, words = sys.argv[1], int(sys.argv[2]), [*sys.argv[3:], "--threads", "1", "-q"]

def life(words, *, seconds=None, change=None):
    # One life of the run, killed after so many seconds, or before so many changes to the disk; True if it ended itself.
    child = os.fork()
    if child == 0:
        if change is not None:
            kill_before(change)
        os._exit(run(words))
    if seconds is not None:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return False
    assert os.WEXITSTATUS(status) == 0, (words, seconds, change, status)
    return True

def kill_before(change):
    # Python tells of everything that it does to the disk.
    changes = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate")
    count = 0
    def watch(event, args):
        nonlocal count
        opened = event == "open" and isinstance(args[2], int)
        if event in changes or (opened and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)):
            count += 1
            if count == change:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(watch)

def state():
    # That of the only run; None if it has no record yet.
    records = list(pathlib.Path("runs").glob("*/run.json"))
    return json.loads(records[0].read_text())["state"] if records else None

def go_on(**death):
    # The run's next life, unless it is done.
    if state() is None:
        return life([*words, "-o", output.format("killed")], **death)
    return state() == "done" or life(["runs", "resume", "latest", "-q"], **death)

def made(name):
    # The pictures that a run was asked for, by what comes behind its name.
    stem = output.format(name).partition(".")[0]
    return {{path.name.removeprefix(stem): path.read_bytes() for path in pathlib.Path().glob(stem + "*.*")}}

assert run([*words, "-o", output.format("whole")]) == 0  # here, so that children find all modules loaded
shutil.rmtree("runs")
assert made("whole")
gc.freeze()
"""

AT_ANY_MOMENT = """
started = time.monotonic()
assert life([*words, "-o", output.format("other"), "--out", "other-run"])
whole, kills, moments = time.monotonic() - started, 0, random.Random(7)
while kills < 10:
    if go_on(seconds=moments.uniform(0.02, 0.35) * whole):
        os.rename("runs", f"runs-{kills}")  # it was finished before it could be killed: begin another one
    else:
        kills += 1
go_on()
assert made("killed") == made("whole")
"""

BEFORE_ANY_CHANGE = """
for first in range(1, 1000, every):
    shutil.rmtree("runs", ignore_errors=True)
    for path in pathlib.Path().glob("killed*"):
        path.unlink()
    ended = go_on(change=first)
    go_on(change=1 + first * 7 % 40)  # killed once more while it is resumed
    go_on()
    assert made("killed") == made("whole"), f"killed at change {first}"
    assert state() == "done"
    if ended:
        break
print(first)
"""


def lives(way: str, output: str, words: list[str], folder: Path, *, steps: int, every: int = 1) -> str:
    """What a process says that lets a run die in one of the two ways; `steps` lie between its checkpoints."""
    done = subprocess.run(
        [sys.executable, "-c", LIVES.format(here=str(HERE)) + way, output, str(every), *words],
        cwd=folder,
        env=os.environ | {"IMPASTO_CHECKPOINT_STEPS": str(steps), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "words",
    [
        ["texture", "gram", "pebbles.png", "--size", "48", "--iterations", "12,8,8", "--average", "0.5"],
        ["style", "gatys", "photo.png", "pebbles.png", "--size", "48", "--scales", "2", "--iterations", "12,8"],
        [
            "train",
            "dcgan",
            "photos",
            "--side",
            "28",
            "--width",
            "2",
            "--batch",
            "2",
            "--pictures",
            "60",
            "--measure-every",
            "0",
        ],
    ],
    ids=["texture gram", "style gatys", "train dcgan"],
)
def test_killed_at_ten_moments_a_run_ends_with_the_same_bytes(words, place, tmp_path):
    given = [str(place.path(word)) if word.endswith(".png") or word == "photos" else word for word in words]
    lives(AT_ANY_MOMENT, "{}.png", given, tmp_path, steps=3)


@pytest.mark.parametrize(
    ("output", "words", "every"),
    [
        ("{}.png", ["texture", "drift", "pebbles.png", "--steps", "2"], 3),
        ("{}.gif", ["style", "blend", "walk.gif", "pebbles.png"], 7),
        ("{}.png", ["sample", "texture-network", "--size", "16", "--count", "3"], 7),
    ],
    ids=["steps", "frames", "pieces"],
)
def test_killed_before_any_change_to_the_disk_a_run_can_be_finished(output, words, every, place, tmp_path):
    given = [str(place.path(word)) if "." in word or word == "texture-network" else word for word in words]
    changes = lives(BEFORE_ANY_CHANGE, output, given, tmp_path, steps=1, every=every)
    assert int(changes) > 40  # a run changes the disk as often as that
