"""Training a style network and painting several photos with it, from the command line."""

from __future__ import annotations

import contextlib
import json
import shutil

import pytest

from impasto.cli.app import run
from impasto.images import read, write
from impasto.samples.drawings import drawing

TRAIN = ("train", "style-network", "weave.png", "--photos", "photos")
TINY = ("--steps", 2, "--side", 64, "--style-size", 64, "--widths", "4,6,8", "--blocks", 1, "--layers", "stem")
TINY += ("--content-layers", "d0", "--patch-weight", 0, "--network-weights", "random", "-q")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with a painting, two photos in `photos`, and a network in `net`."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "photos").mkdir()
    with contextlib.chdir(folder):
        write(drawing("weave", 64), "weave.png")
        for name in ("pebbles", "mosaic"):
            write(drawing(name, 64), f"photos/{name}.png")
        assert run([str(word) for word in (*TRAIN, *TINY, "--out", "net")]) == 0
    return folder


@pytest.fixture
def folder(impasto, trained, tmp_path):
    """A copy of it, where commands are run."""
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_a_training_says_how_to_paint_and_the_words_work(impasto, folder):
    line = impasto(*TRAIN, *TINY[:-1]).err.splitlines()[-1]
    words = ["photos/mosaic.png" if word == "PHOTO" else word for word in line.partition("impasto ")[2].split()]
    assert line.startswith("model: runs/")
    assert impasto(*words, "-q").status == 0
    assert read("painted.png").shape == (3, 64, 64)
    assert "impasto style network net PHOTO" in (folder / "net" / "report.html").read_text()


def test_several_photos_are_painted_each_under_its_own_name(impasto, folder):
    said = impasto("style", "network", "net", "photos/mosaic.png", "weave.png", "--size", "40", "-o", "out/", "-q")
    assert said.status == 0
    assert sorted(path.name for path in (folder / "out").iterdir()) == [
        "mosaic-style-network.png",
        "weave-style-network.png",
    ]
    assert read("out/weave-style-network.png").shape == (3, 40, 40)


def test_a_folder_of_photos_is_a_batch_and_one_that_is_damaged_does_not_stop_it(impasto, folder):
    (folder / "photos" / "nothing.png").write_bytes(b"nothing")
    said = impasto("style", "network", "net", "photos", "-o", "{stem}-x.png", "--json", "-q")
    assert said.status == 2
    assert {run.get("input") for run in json.loads(said.out)["runs"]} == {None, "photos/nothing.png"}
    assert {"mosaic-x.png", "pebbles-x.png"} <= {path.name for path in folder.iterdir()}


def test_the_latest_network_is_meant_whatever_was_trained_since(impasto, folder):
    assert impasto(*TRAIN, *TINY).status == 0
    assert impasto("train", "texture-network", "weave.png", *TINY[:4], "--widths", "4,6", *TINY[-3:]).status == 0
    assert impasto("style", "network", "latest", "weave.png", "-o", "a.png", "-q").status == 0
    assert impasto("sample", "latest", "-o", "b.png", "-q").status == 0


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("style", "network", "net"), "content is missing: the photo"),
        (("style", "network"), "run is missing"),
        (("style", "network", "weave.png", "weave.png"), "weave.png: is a file; name the folder of a training run"),
        (("style", "network", "net", "gone.png"), "gone.png: no such file"),
        (("sample", "net"), "is a style-network; run must be texture-network"),
        (("train", "style-network", "weave.png", "--photos", "gone"), "gone: no such folder"),
        (("train", "style-network", "weave.png", "--photos", "net/inputs"), "one photo in this folder"),
        (("train", "style-network", "weave.png", "--photos", "weave.png"), "weave.png: is one file, and no set"),
        (("train", "style-network", "weave.png", "--side", 66), "side must be a multiple of 4, got 66"),
        (("train", "style-network", "weave.png", "--widths", "4,6"), "widths"),
    ],
)
def test_what_cannot_be_is_one_line(impasto, folder, words, what):
    said = impasto(*words, "-q")
    assert said.status == 2
    assert what in said.err
    assert said.err.count("\n") == 1
