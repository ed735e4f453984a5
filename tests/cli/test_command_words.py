"""Flags, files and environment make one config; every mistake gets one line and leaves nothing behind."""

from __future__ import annotations

import json

import pytest

from impasto.cli.environment import MOST_THREADS
from impasto.images import read_recipe


def config_of(said) -> dict:
    assert said.status == 0, said.err
    return json.loads(said.out)["config"]


def test_flags_reach_the_config_in_their_types(impasto, plaster):
    said = impasto(
        "texture", "drift", plaster, "--dry-run", "--steps", "3", "--rate=0.5", "--optimizer", "lbfgs", "--tile",
        "--layers", "e1", "e4", "--weights", "1,2.5", "--seed", "8",
    )  # fmt: skip
    config = config_of(said)
    assert config["steps"] == 3
    assert config["rate"] == 0.5
    assert config["optimizer"] == "lbfgs"
    assert config["tile"] is True
    assert config["layers"] == ["e1", "e4"]
    assert config["weights"] == [1.0, 2.5]
    assert config["seed"] == 8


def test_default_preset_file_environment_and_flag_win_in_this_order(impasto, plaster, tmp_path, monkeypatch):
    (tmp_path / "a.toml").write_text("rate = 0.25\nseed = 4\n")
    words = ["texture", "drift", plaster, "--dry-run", "--preset", "fast"]
    assert config_of(impasto(*words))["steps"] == 4
    assert config_of(impasto(*words))["rate"] == 0.5
    words += ["--config", "a.toml"]
    assert config_of(impasto(*words))["rate"] == 0.25
    monkeypatch.setenv("IMPASTO_RATE", "0.125")
    assert config_of(impasto(*words))["rate"] == 0.125
    assert config_of(impasto(*words, "--rate", "1"))["rate"] == 1
    assert config_of(impasto(*words))["seed"] == 4


def test_a_recorded_run_is_a_config_file_too(impasto, plaster, tmp_path):
    impasto("texture", "drift", plaster, "--steps", "2", "-o", "a.png", "-q")
    record = next((tmp_path / "runs").glob("*/run.json"))
    assert config_of(impasto("texture", "drift", plaster, "--dry-run", "--config", record))["steps"] == 2


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["textur"], "no command is called 'textur'; did you mean texture?"),
        (["texture", "drft", "{}"], "no command is called 'texture drft'; did you mean drift?"),
        (["drift", "{}"], "no command is called 'drift'; did you mean impasto texture drift?"),
        (["texture", "drift", "{}", "--stps", "3"], "unknown option --stps; did you mean --steps?"),
        (["texture", "drift", "{}", "--steps"], "--steps needs a value; see impasto texture drift --help"),
        (["texture", "drift", "{}", "--steps", "900"], "steps must be between 1 and 500, got 900"),
        (["texture", "drift", "{}", "--steps", "-3"], "steps must be between 1 and 500, got -3"),
        (["texture", "drift", "{}", "--steps", "x"], "steps must be a whole number between 1 and 500, got 'x'"),
        (["texture", "drift", "{}", "--steps", "1", "--steps", "2"], "--steps is given more than once"),
        (
            ["texture", "drift", "{}", "--optimizer", "adm"],
            "optimizer must be one of adam, lbfgs, got 'adm'; did you mean 'adam'?",
        ),
        (["texture", "drift", "{}", "--preset", "fsat"], "preset must be one of fast, got 'fsat'; did you mean"),
        (["texture", "drift", "{}", "--steps", "[]"], "--steps []: a list without a value; give some, or leave it out"),
        (["texture", "gram", "{}", "--layers", "stem", "--layers=[ ]"], "--layers=[ ]: a list without a value;"),
        (["texture", "gram", "{}", "--layers"], "--layers needs a value; see impasto texture gram --help"),
        (["texture", "drift", "{}", "--threads", "0"], f"threads must be between 1 and {MOST_THREADS}, got 0"),
        (["texture", "drift", "{}", "--threads", "1000"], f"threads must be between 1 and {MOST_THREADS}, got 1000"),
        (["texture", "drift", "{}", "--threads", "x"], "--threads must be a whole number, got 'x'"),
        (["texture", "drift", "{}", "--bits", "12"], "bits must be 8 or 16, got 12"),
        (["texture", "drift", "{}", "--config", "no.json"], "no.json: cannot be read (No such file or directory)"),
        (["texture", "drift", "{}", "--refuse"], "refused: this picture is too plain"),
        (["texture", "drift", "{}", "-o", "{}"], "-o {}: is an input of this run; give the output another name"),
        (["texture", "drift", "{}", "-o", "a.png", "--device", "cuda:99"], "device cuda:99: this machine has"),
        (["texture", "drift"], "exemplar is missing: the picture to drift to; see impasto texture drift --help"),
        (["texture", "drift", "none.png"], "none.png: no such file"),
        (["texture", "drift", "{}", "-o", "a.xyz"], "cannot write '.xyz' files"),
        (["texture", "drift", "{}", "-o", "{}/a.png"], "{}/a.png: a part of its path is a file"),
        (["texture", "drift", "{}", "-o", "{{sted}}.png"], "-o {sted}.png: unknown {sted}"),
        (["texture", "drift", "{}", "--json", "-o", "-"], "--json and -o - both want standard output"),
        (["style", "blend", "{}"], "style is missing: pictures to take after; see impasto style blend --help"),
        (
            ["style", "blend", "{}", "--style", "{}"],
            "unknown option --style; the style is given by its place: impasto style blend CONTENT STYLE... -o OUT",
        ),
        (["style", "gatys", "--content-image=a.png"], "unknown option --content-image; the content is given by its"),
        (["texture", "quilt", "--exemplar", "{}"], "unknown option --exemplar; the exemplar is given by"),
        (["style", "network", "--run", "net", "{}"], "unknown option --run; the run is given by its place"),
        (["measure", "texture", "{}", "--exemplar={}"], "unknown option --exemplar; the exemplar is given by"),
        (["style", "fast", "{}", "{}", "--region-mask", "{}"], "unknown option --region-mask; give it with --region "),
        (["texture", "drift", "{}", "--painting", "{}"], "unknown option --painting; see impasto texture drift --help"),
        (["help", "styel"], "no command is called 'styel'; did you mean style?"),
        (["texture", "drift", "demo/inputs/leaves.png"], "demo/inputs/leaves.png: no such file: there is no folder "
         "demo/inputs; impasto samples pictures writes pictures/leaves.png"),
        (["style", "blend", "{}", "stained-glass.png"], "stained-glass.png: no such file: check the path; impasto"),
        (["style", "fast", "rolling-ball.gif", "{}", "-o", "a.gif"], "rolling-ball.gif: no such file: check the path; "
         "impasto samples pictures writes pictures/rolling-ball.gif"),
        (["texture", "drift", "pictures/leaves.jpg"], "pictures/leaves.jpg: no such file: there is no folder pictures"),
        (["runs", "show", "{}"], "{}: carries no recipe"),
        (["runs", "shw"], "no command is called 'runs shw'; did you mean show?"),
        (["runs", "show", "latest"], "runs: holds no runs"),
        (["runs", "list", "x"], "x: more words than impasto runs list takes; see impasto runs list --help"),
        (["demo", "a b", "c"], "'a b' c: more words than impasto demo takes; see impasto demo --help"),
        (["weights", "get"], "name is missing: as in impasto weights list"),
        (["weights", "get", "--name"], "--name needs a value; see impasto weights get --help"),
        (["runs", "repeat", "{}"], "{}: carries no recipe"),
    ],
)  # fmt: skip
def test_a_mistake_gets_one_line_and_leaves_nothing(impasto, plaster, tmp_path, words, line):
    said = impasto(*(word.format(plaster) for word in words))
    assert said.status == 2
    complaint = said.err.removeprefix("about 2.0 s, 1 MB\n")  # a forecast may have come before
    assert complaint.startswith("impasto: " + line.replace("{}", str(plaster)))
    assert complaint.count("\n") == 1
    assert said.out == (json.dumps({"error": complaint[9:-1]}) + "\n" if "--json" in words else "")
    assert [path.name for path in tmp_path.iterdir()] == ["plaster.png"]


def test_our_own_fault_is_status_1_with_a_traceback_only_on_request(impasto, plaster):
    said = impasto("texture", "drift", plaster, "--fault", "-q", "--no-record")
    assert said.status == 1
    assert said.err == "impasto: internal error, RuntimeError: a fault of our own (--debug shows the traceback)\n"
    assert "Traceback" in impasto("texture", "drift", plaster, "--fault", "-q", "--no-record", "--debug").err


@pytest.mark.parametrize(
    ("words", "status", "line"),
    [
        (["texture", "drift", "{}", "--refuse"], 2, "refused: this picture is too plain"),
        (["texture", "drift", "{}", "--stps", "3"], 2, "unknown option --stps; did you mean --steps?"),
        (["texture", "drift", "none.png"], 2, "none.png: no such file: check the path"),
        (["texture", "drft", "{}"], 2, "no command is called 'texture drft'; did you mean drift?"),
        (["runs", "show"], 2, "runs: holds no runs; say where they are with --runs DIR"),
        (["texture", "drift", "{}", "--fault"], 1, "internal error, RuntimeError: a fault of our own "),
    ],
)
def test_with_json_an_error_is_one_json_object_too(impasto, plaster, words, status, line):
    said = impasto(*(word.format(plaster) for word in words), "--json")
    assert said.status == status
    assert json.loads(said.out)["error"].startswith(line)
    assert f"impasto: {line}" in said.err


@pytest.mark.parametrize("words", [[], ["texture"], ["texture", "drift"], ["runs"], ["runs", "show"], ["samples"]])
def test_help_is_a_word_too(impasto, words):
    shown = impasto(*words, "--help")
    assert impasto("help", *words) == shown
    assert shown.status == 0
    assert "Usage: impasto " + " ".join(words) in shown.out


def test_the_help_shows_bounds_choices_and_presets(impasto):
    said = impasto("texture", "drift", "--help")
    assert said.status == 0
    for words in ("between 1 and 500", "adam|lbfgs", "Presets: fast", "--no-tile", "EXEMPLAR", "--dry-run"):
        assert words in said.out


def test_the_help_shows_the_main_flags_first_and_hides_those_that_do_nothing(impasto):
    help = impasto("reconstruct", "content", "--help").out
    places = [help.index(flag) for flag in ("--size", "--seed", "--layers", "--output", "Expert options", "--canvas")]
    assert places == sorted(places)
    assert "--patch-weight" not in help
    assert "--statistics" not in help
    assert "--patch-weight" in impasto("reconstruct", "style", "--help").out


def test_the_recipe_says_what_decided_the_pixels(impasto, plaster, tmp_path):
    said = impasto("texture", "drift", plaster, "--preset", "fast", "-o", "a.png", "--background", "black", "-q")
    assert said.status == 0
    recipe = read_recipe(tmp_path / "a.png")
    assert recipe["config"]["rate"] == 0.5
    assert recipe["background"] == "black"
    assert recipe["inputs"][0]["path"] == str(plaster)
