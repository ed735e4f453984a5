"""What an older Impasto left: pictures, clips and models are made again from their recipes, and a stopped run ends.

`golden/README.md` says how it was made. It is not to be made anew: what is in it must stay readable.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from impasto.cli.app import run
from impasto.runs.older import upgraded

GOLDEN = Path(__file__).parent / "golden"
MADE = sorted(path.name for path in GOLDEN.iterdir() if path.suffix in (".png", ".gif"))
STOPPED = ("--size", "32", "--scales", "2", "--iterations", "5,3", "--threads", "1")


@pytest.fixture
def golden(tmp_path, monkeypatch) -> Path:
    """A copy of the golden folder, in the current one: recorded paths lead to the inputs only from beside a picture."""
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(GOLDEN, tmp_path / "golden"))


@pytest.mark.parametrize("name", MADE)
def test_what_an_older_version_made_is_made_again_from_its_recipe(golden, name):
    assert run(["runs", "repeat", str(golden / name), "-o", name, "--no-record", "-q"]) == 0
    assert_same_pixels(pixels(Path(name)), pixels(golden / name))


def test_a_run_that_an_older_version_left_unfinished_ends_like_an_unbroken_one(golden):
    exemplar = str(golden / "inputs" / "leaves.png")
    assert run(["texture", "gram", exemplar, *STOPPED, "-o", "whole.png", "--no-record", "-q"]) == 0
    assert run(["runs", "resume", str(golden / "stopped"), "-q"]) == 0
    assert_same_pixels(pixels(golden / "stopped" / "output.png"), pixels(Path("whole.png")))


def pixels(path: Path) -> np.ndarray:
    """Every frame of a clip, or the one of a picture, (N, H, W, 3), from 0 to 255."""
    with Image.open(path) as picture:
        return np.stack([np.asarray(frame.convert("RGB"), dtype=int) for frame in ImageSequence.Iterator(picture)])


def assert_same_pixels(made: np.ndarray, before: np.ndarray) -> None:
    """The same values, but for a few that another processor rounds otherwise."""
    assert made.shape == before.shape
    assert np.abs(made - before).mean() < 1
    assert (made == before).mean() >= 0.97


@pytest.mark.parametrize(("size", "now"), [("2x", "128x38"), ("50%", "32x10"), ("40", "40x12"), ("70x20", "70x20")])
def test_a_share_of_a_reduced_exemplar_stays_what_it_was(size, now):
    record = {"name": "exemplar", "path": "wide.png", "sha256": "0", "size": [110, 33]}
    raw = {"version": 2, "method": "texture quilt", "config": {"size": size, "exemplar_size": 64}, "inputs": [record]}
    assert upgraded(raw)["config"]["size"] == now
    assert upgraded({**raw, "version": 3})["config"]["size"] == size
    assert upgraded({**raw, "inputs": [{**record, "size": [64, 19]}]})["config"]["size"] == size
    guided = {**raw, "inputs": [record, {**record, "name": "guide"}]}
    assert upgraded(guided)["config"]["size"] == size  # a share of the guide
    assert upgraded({**guided, "method": "texture patches"})["config"]["size"] == now
