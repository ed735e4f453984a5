"""What only a process of its own shows: start-up, standard streams, signals, kills."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import time

import pytest

from impasto.images import read, read_recipe
from impasto.runs.folder import find_run
from impasto.runs.losses import read_losses

LOADED = "import sys; from impasto.cli.app import run; run({words}); sys.exit('torch.nn' in sys.modules)"


def wait_for_steps(tmp_path, count: int) -> None:
    """Wait until the newest run has done so many steps."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        tables = sorted((tmp_path / "runs").glob("*/losses.csv"))
        if tables and len(read_losses(tables[-1])["step"]) >= count:
            return
        time.sleep(0.01)
    raise AssertionError("the run did not begin")


def test_help_imports_little_of_the_house_and_none_of_its_engines():
    """Its half a second is Python's and the libraries' that write it: on a busy machine that cannot be measured."""
    loaded = "import json, sys; from impasto.cli.app import run; run(['--help']); json.dump([*sys.modules], sys.stderr)"
    done = subprocess.run([sys.executable, "-c", loaded], check=True, capture_output=True)
    modules = set(json.loads(done.stderr))
    assert not modules & {"torch", "numpy", "PIL", "pydantic", "safetensors", "matplotlib", "rich.markdown"}
    assert len([name for name in modules if name.split(".")[0] == "impasto"]) < 12
    assert len(modules) < 400


@pytest.mark.parametrize("words", [["--help"], ["texture", "--help"], ["texture", "pyramid", "--help"], ["methods"]])
def test_help_does_not_load_torch(words):
    done = subprocess.run([sys.executable, "-c", LOADED.format(words=words)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_no_method_needs_torch_for_its_help_or_for_an_unknown_option():
    loaded = """
import sys
from impasto.cli.app import run
from impasto.registry import METHODS
for name in METHODS:
    assert run([*name.split(), "--help"]) == 0
    assert run([*name.split(), "a.png", "--nothing", "3"]) == 2
    assert "torch.nn" not in sys.modules, name
"""
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len({line for line in done.stderr.splitlines() if "unknown option --nothing" in line}) > 20


def test_a_picture_goes_through_standard_input_and_output(start, plaster, tmp_path):
    process = start("texture", "drift", "-", "-o", "-", "--steps", "2")
    out, err = process.communicate(plaster.read_bytes(), timeout=60)
    assert process.returncode == 0, err
    assert read(io.BytesIO(out)).shape == (3, 16, 24)
    assert read_recipe(out)["inputs"][0]["path"] == "-"
    assert err.decode().splitlines()[-1].startswith("standard output: 24x16")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_keeps_the_picture(start, plaster, tmp_path, number):
    process = start("texture", "drift", plaster, "-o", "a.png", "--pause", "0.05", "--steps", "400", "--json")
    wait_for_steps(tmp_path, 3)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert json.loads(out)["state"] == "cancelled"
    assert "stopped after step" in err.decode()
    assert "impasto runs resume" in err.decode()
    assert "Traceback" not in err.decode()
    assert read_recipe(tmp_path / "a.png")["state"] == "cancelled"


def test_the_second_signal_stops_at_once(start, plaster, tmp_path):
    process = start("texture", "drift", plaster, "-o", "a.png", "--pause", "3", "--steps", "9")
    wait_for_steps(tmp_path, 1)
    process.send_signal(signal.SIGINT)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    started = time.monotonic()
    _, err = process.communicate(timeout=60)
    assert time.monotonic() - started < 2.5
    assert process.returncode == 130
    assert err.decode().splitlines()[-1] == "impasto: stopped"
    assert not (tmp_path / "a.png").exists()
    assert find_run("latest", tmp_path / "runs").read().state == "cancelled"


def test_many_signals_at_any_moment_are_one(start, plaster, tmp_path):
    process = start("texture", "drift", plaster, "-o", "a.png", "--pause", "12", "--steps", "9")
    deadline = time.monotonic() + 60
    while not list((tmp_path / "runs").glob("*/run.json")) and time.monotonic() < deadline:
        time.sleep(0.01)
    while process.poll() is None and time.monotonic() < deadline:
        process.send_signal(signal.SIGINT)
        time.sleep(0.005)
    assert process.returncode == 130
    said = process.stderr.read().decode()
    assert said.splitlines()[-1] == "impasto: stopped"
    assert "Traceback" not in said


def test_a_killed_run_is_listed_as_such_and_resumed(impasto, start, plaster, tmp_path):
    words = ["texture", "drift", plaster, "--steps", "9", "--pause", "0.05", "-q", "--threads", "1"]
    process = start(*words, "-o", "a.png", IMPASTO_CHECKPOINT_STEPS="4")
    wait_for_steps(tmp_path, 6)
    process.kill()
    process.communicate(timeout=60)
    assert [run["state"] for run in json.loads(impasto("runs", "list", "--json").out)["runs"]] == ["killed"]
    assert impasto("runs", "resume", "-q").status == 0
    assert impasto(*words, "-o", "straight.png", "--no-record").status == 0
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "straight.png").read_bytes()
    folder = find_run("latest", tmp_path / "runs")
    assert read_losses(folder.losses)["step"] == list(range(1, 19))
    assert folder.read().state == "done"


def test_a_reader_that_goes_away_is_no_traceback(start, plaster):
    process = start("methods")
    process.stdout.close()
    assert b"Traceback" not in process.stderr.read()
