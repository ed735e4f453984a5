"""Training and sampling from the command line: where things go, and one line for what cannot be."""

from __future__ import annotations

import contextlib
import json
import shutil

import pytest
from PIL import Image

from impasto.cli.app import run
from impasto.images import read, read_recipe, write
from impasto.model import Model
from impasto.runs.model import save_model
from impasto.samples.drawings import drawing

TRAIN = ("train", "texture-network")
TINY = ("--steps", 2, "--side", 64, "--widths", "4,6", "--layers", "stem", "--network-weights", "random", "-q")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with a picture and the run of a network that was trained on it."""
    folder = tmp_path_factory.mktemp("trained")
    with contextlib.chdir(folder):
        write(drawing("pebbles", 64), "plaster64.png")
        assert run([str(word) for word in (*TRAIN, "plaster64.png", *TINY, "--out", "net")]) == 0
    return folder


@pytest.fixture
def net(impasto, trained, tmp_path):
    """A trained network in the folder `net`."""
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    return "net"


def test_a_training_fills_its_own_folder_and_nothing_else(impasto, net, tmp_path):
    made = {path.relative_to(tmp_path / net).as_posix() for path in (tmp_path / net).rglob("*") if path.is_file()}
    assert {"run.json", "losses.csv", "output.png", "report.html", "model/model.safetensors"} <= made
    assert sorted(path.name for path in tmp_path.iterdir()) == ["net", "plaster64.png"]
    assert "impasto sample net" in (tmp_path / net / "report.html").read_text()


def test_a_training_says_how_to_sample_and_the_words_work(impasto, net):
    said = impasto(*TRAIN, "plaster64.png", *TINY[:-1], "-o", "last.png")
    line = said.err.splitlines()[-1]
    words = line.partition("impasto ")[2].split()
    assert line.startswith("model: runs/")
    assert impasto(*words, "-q").status == 0
    assert read("sample.png").shape == read("last.png").shape == (3, 64, 64)


def test_samples_go_where_they_are_asked_to(impasto, net, tmp_path):
    said = impasto("sample", net, "--size", "40x24", "--count", 3, "--seed", 8, "-o", "s.png", "--json", "-q")
    assert json.loads(said.out)["size"] == [40, 24]
    for number, name in enumerate(["s.png", "s-2.png", "s-3.png"]):
        assert read(name).shape == (3, 24, 40)
        assert read_recipe(name)["config"]["seed"] == read_recipe(name)["seed"] == 8 + number
    assert impasto("runs", "repeat", "s-3.png", "-o", "again.png", "-q").status == 0
    assert (tmp_path / "again.png").read_bytes() == (tmp_path / "s-3.png").read_bytes()
    assert impasto("sample", net, "-q").status == 0
    assert (tmp_path / "net-sample.png").is_file()


def test_every_sample_s_place_is_checked_before_the_run(impasto, net, tmp_path):
    (tmp_path / "s-3.png").mkdir()
    said = impasto("sample", net, "--count", 3, "-o", "s.png", "-q")
    assert said.status == 2
    assert said.err.startswith("impasto: s-3.png: ")
    assert said.err.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["net", "plaster64.png", "s-3.png"]


def test_the_latest_training_can_be_meant_by_a_word(impasto, net, tmp_path):
    impasto(*TRAIN, "plaster64.png", *TINY)
    assert impasto("sample", "latest", "-q", "-o", "a.png").status == 0
    assert impasto("sample", "latest", "-q", "-o", "b.png").status == 0
    assert impasto("sample", "texture-network", "-q", "-o", "c.png").status == 0
    assert len({(tmp_path / name).read_bytes() for name in ("a.png", "b.png", "c.png")}) == 1


def test_a_dry_run_of_a_training_makes_nothing(impasto, plaster, tmp_path):
    said = impasto(*TRAIN, plaster, "--dry-run", "--out", "net")
    assert said.status == 0
    assert json.loads(said.out)["output"] is None
    assert [path.name for path in tmp_path.iterdir()] == ["plaster.png"]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["sample"], "run is missing: the folder of a training run; see impasto sample --help"),
        (["sample", "nowhere"], "nowhere: no such run; runs: holds no runs; say where they are with --runs DIR"),
        (["sample", "no/where"], "no/where: no such folder; runs: holds no runs; say where they are with --runs DIR"),
        (
            ["sample", "plaster64.png"],
            "plaster64.png: is a file; name the folder of a training run, as impasto train says",
        ),
        (["sample", "empty"], "empty: not a run's folder (no run.json in it); name that of a training run"),
        (["sample", "bare"], "bare/model/model.safetensors: missing, though its training is done: get a whole copy"),
        (["sample", "begun"], "begun: its training is not done, there is no model yet: impasto runs resume begun"),
        (["sample", "line"], "line/model/model.safetensors: is a line; run must be texture-network"),
        (["sample", "broken"], "broken/model/model.safetensors: damaged, or not a model of impasto; train again"),
        (["sample", "net", "--count", "0"], "count must be between 1 and 1000000, got 0"),
        (["sample", "net", "--size", "0x3"], "a size must have sides between 1 and 32768, got 0x3"),
        (["sample", "net", "--count", "2", "-o", "-"], "-o -: only one picture fits on standard output; give a file"),
        (["sample", "net", "--size", "30000x30000"], "this needs about"),
        ([*TRAIN, "plaster64.png", "--no-record"], "--no-record: a training keeps its model in the run's folder"),
        ([*TRAIN, "plaster64.png", "--side", "100"], "side must be a multiple of 32, got 100"),
        ([*TRAIN, "plaster64.png", "--layers", "stm"], "efficientnet-lite0 has no layer 'stm'; did you mean 'stem'?"),
        (
            [*TRAIN, "plaster64.png", "--out", "net"],
            "--out net: is there already, and not empty: give another name; to",
        ),
        ([*TRAIN, "plaster64.png", "--out", "plaster.png/x"], "plaster.png: plaster.png is a file, not a folder"),
        (
            [*TRAIN, "plaster64.png", "plaster.png", "--out", "a"],
            "--out a: one folder for several runs; give --runs DIR",
        ),
        ([*TRAIN, "plaster.png", "--exemplar-size", "32"], "efficientnet-lite0 needs at least 16 pixels a side, got"),
    ],
)
def test_whatever_cannot_be_gets_one_line(impasto, net, tmp_path, words, line):
    Image.new("RGB", (24, 9)).save(tmp_path / "plaster.png")
    (tmp_path / "empty").mkdir()
    for name, state in (("bare", "done"), ("begun", "cancelled")):
        (tmp_path / name).mkdir()
        record = json.loads((tmp_path / net / "run.json").read_text()) | {"state": state}
        (tmp_path / name / "run.json").write_text(json.dumps(record))
    save_model(tmp_path / "line", Model("line", {}, {}, (8, 8)))
    (tmp_path / "broken" / "model").mkdir(parents=True)
    whole = (tmp_path / net / "model" / "model.safetensors").read_bytes()
    (tmp_path / "broken" / "model" / "model.safetensors").write_bytes(whole[:-100])
    before = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*"))
    extra = TINY[4:] if words[0] == "train" and "--layers" not in words else ("-q",)
    said = impasto(*words, *extra)
    assert said.status == 2, said
    assert said.err.startswith(f"impasto: {line}"), said.err
    assert said.err.count("\n") == 1
    assert sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*")) == before
