"""Where pictures go, and what is said on which stream."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from impasto.images import read, read_recipe
from impasto.samples.drawings import DRAWINGS


def test_without_a_name_nothing_is_overwritten_and_with_one_it_is(impasto, plaster, tmp_path):
    words = ["texture", "drift", plaster, "--steps", "1", "-q", "--no-record"]
    assert impasto(*words).err == ""
    impasto(*words)
    names = ["plaster-texture-drift-2.png", "plaster-texture-drift.png", "plaster.png"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    impasto(*words, "--seed", "1", "-o", "plaster-texture-drift.png")
    assert read_recipe(tmp_path / "plaster-texture-drift.png")["seed"] == 1


def test_json_is_alone_on_standard_output(impasto, plaster):
    said = impasto("texture", "drift", plaster, "--steps", "2", "-o", "new/a.jpg", "--json", "--seed", "5")
    found = json.loads(said.out)
    assert found["state"] == "done"
    assert found["output"] == "new/a.jpg"
    assert found["size"] == [24, 16]
    assert found["seed"] == 5
    assert found["losses"]["loss"] > 0
    assert found["facts"]["network"]["sha256"] == "00"
    assert said.err.startswith("about 2.0 s, 1 MB\n")
    assert read_recipe(found["output"])["method"] == "texture drift"


def test_templates_name_the_output(impasto, plaster, tmp_path):
    impasto("texture", "drift", plaster, "--steps", "1", "-q", "-o", "made/{stem}-{method}-{seed}.png", "--seed", "12")
    assert (tmp_path / "made" / "plaster-texture-drift-12.png").is_file()


def test_the_other_pictures_are_written_on_request(impasto, plaster, tmp_path):
    impasto("texture", "drift", plaster, "--steps", "1", "-q", "-o", "a.png", "--parts", "--bits", "16")
    total = read(tmp_path / "a.png") + read(tmp_path / "a-other.png")
    assert float((total - 1).abs().max()) < 1e-4


def test_a_batch_goes_on_after_a_bad_picture_and_ends_with_status_2(impasto, plaster, tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    shutil.copy(plaster, folder / "a.png")
    shutil.copy(plaster, folder / "c.png")
    (folder / "b.png").write_bytes(b"not a picture")
    said = impasto("texture", "drift", folder, "--steps", "1", "-o", "out", "--json")
    assert said.status == 2
    runs = json.loads(said.out)["runs"]
    assert [run.get("output") for run in runs] == ["out/a-texture-drift.png", None, "out/c-texture-drift.png"]
    assert "b.png" in runs[1]["error"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a-texture-drift.png", "c-texture-drift.png"]


RENAMED = {
    "a second style": ("style fast a.png b.jpg c.png --blend 1 1", "style", "c.png"),
    "the first of two exemplars": ("texture sliced-patches b.jpg c.png --steps 2", "exemplar", "b.jpg"),
    "the mask of a second region": ("style fast a.png b.jpg --region m.png=b.jpg n.gif=c.png", "region_mask", "n.gif"),
    "another picture of a mixture": ("vary patches a.png --mix b.jpg c.png --votes 1 --rounds 1", "mix", "c.png"),
}


@pytest.mark.parametrize("case", RENAMED.values(), ids=RENAMED.keys())
def test_one_of_several_that_was_renamed_is_known_by_its_hash(impasto, tmp_path, case):
    words, name, file = case
    random = np.random.default_rng(4)
    for place in ("a.png", "b.jpg", "c.png"):
        Image.fromarray(random.integers(0, 256, (24, 32, 3), dtype=np.uint8)).save(tmp_path / place)
    for place, left in (("m.png", 0), ("n.gif", 16)):
        mask = Image.new("L", (32, 24))
        mask.paste(255, (left, 0, left + 16, 24))
        mask.save(tmp_path / place)
    assert impasto(*words.split(), "--no-record", "-q", "-o", "made.png").status == 0
    (tmp_path / file).rename(tmp_path / "renamed")
    repeat = ("runs", "repeat", "made.png", "--no-record", "-q", "-o", "again.png")
    said = impasto(*repeat)
    assert (said.status, f"give it with --input {name}=PATH" in said.err) == (2, True)
    assert impasto(*repeat, "--input", f"{name}=renamed").status == 0
    assert (tmp_path / "again.png").read_bytes() == (tmp_path / "made.png").read_bytes()


def test_several_words_are_a_batch_for_a_method_of_one_picture(impasto, plaster, tmp_path):
    shutil.copy(plaster, tmp_path / "more.png")
    said = impasto("texture", "drift", plaster, "more.png", "--steps", "1", "-o", "out/", "-q")
    assert said.status == 0
    assert len(list((tmp_path / "out").iterdir())) == 2
    said = impasto("texture", "drift", plaster, "more.png", "--steps", "1", "-o", "one.png", "-q")
    assert said.status == 2
    assert "one name for several pictures" in said.err


def test_the_first_word_is_the_content_and_the_rest_are_styles(impasto, plaster, tmp_path):
    shutil.copy(plaster, tmp_path / "s1.png")
    said = impasto("style", "blend", plaster, "s1.png", "s1.png", "-o", "a.png", "--json")
    assert [it["name"] for it in json.loads(said.out)["inputs"]] == ["content", "style", "style"]
    contents = tmp_path / "contents"
    contents.mkdir()
    shutil.copy(plaster, contents / "x.png")
    shutil.copy(plaster, contents / "y.png")
    said = impasto("style", "blend", contents, "s1.png", "-o", "{stem}.webp", "--json")
    assert [run["output"] for run in json.loads(said.out)["runs"]] == ["x.webp", "y.webp"]


def test_runs_are_listed_shown_reported_and_repeated(impasto, plaster, tmp_path):
    impasto("texture", "drift", plaster, "--steps", "3", "-o", "a.png", "-q")
    listed = json.loads(impasto("runs", "list", "--json").out)["runs"]
    assert [(run["method"], run["state"]) for run in listed] == [("texture drift", "done")]
    assert "texture drift" in impasto("runs", "list").out
    shown = json.loads(impasto("runs", "show", listed[0]["run"], "--json").out)
    assert shown["config"]["steps"] == 3
    report = tmp_path / impasto("runs", "report").out.strip()
    assert "<svg" in report.read_text()
    assert impasto("runs", "repeat", "a.png", "-o", "b.png", "-q").status == 0
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    plaster.rename(tmp_path / "moved.png")
    assert "no such file" in impasto("runs", "repeat", "a.png", "-q").err
    said = impasto("runs", "repeat", "a.png", "-o", "c.png", "-q", "--input", "exemplar=moved.png")
    assert said.status == 0
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "c.png").read_bytes()
    assert impasto("runs", "repeat", listed[0]["run"], "-o", "d.png", "-q").status == 0
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "d.png").read_bytes()


@pytest.mark.parametrize("output", ["a.png", "a.jpg", "a.webp", "a.tif"])
def test_a_picture_shows_the_recipe_that_it_carries(impasto, plaster, tmp_path, output):
    assert impasto("texture", "drift", plaster, "--steps", "3", "-o", output, "-q", "--no-record").status == 0
    (tmp_path / output).rename(tmp_path / "renamed")
    shown = json.loads(impasto("runs", "show", "renamed", "--json").out)
    assert shown["method"] == "texture drift"
    assert shown["config"]["steps"] == 3
    assert shown["inputs"][0]["path"] == str(plaster)
    assert "config.steps\t3" in impasto("runs", "show", "renamed").out


def test_the_layers_of_a_network_are_measured(impasto, plaster):
    said = impasto("measure", "features", plaster, "--json")
    layers = {it["layer"]: it for it in json.loads(said.out)["tables"]["table"]}
    assert len(layers) > 5
    assert "layer\tchannels\theight\twidth" in impasto("measure", "features", plaster).out
    assert impasto("measure", "features", plaster, "--network", "vgg9").status == 2


def test_weights_are_listed_and_checked(impasto):
    listed = json.loads(impasto("weights", "list", "--json").out)["weights"]
    assert "vgg19" in [it["name"] for it in listed]
    assert "whole" in impasto("weights", "check", "efficientnet-lite0").out
    said = impasto("weights", "get", "vgg91")
    assert said.status == 2
    assert said.err.count("\n") == 1


def test_pictures_to_begin_with_are_written_and_others_of_the_name_kept(impasto, tmp_path, plaster):
    (tmp_path / "new").mkdir()
    plaster.rename(tmp_path / "new" / "coffee.png")
    drawn = {name.replace("_", "-") for name in DRAWINGS}
    for name in drawn:
        (tmp_path / "new" / f"{name}.png").touch()  # they take seconds
    said = impasto("samples", "new")
    assert said.status == 0
    paths = [Path(line) for line in said.out.splitlines()]
    assert {path.parent.name for path in paths} == {"new"}
    assert {"astronaut", "brick", "china", "wood", *drawn} <= {path.stem for path in paths}
    assert read("new/china.png").shape == (3, 427, 640)
    assert read("new/wood.png").shape == (3, 120, 120)
    assert read("new/coffee.png").shape == (3, 16, 24)
    assert json.loads(impasto("samples", "new", "--json").out)["pictures"] == [str(path) for path in paths]
    (tmp_path / "file").touch()
    assert impasto("samples", "file").status == 2


def test_in_a_batch_every_line_begins_with_its_picture(impasto, plaster, tmp_path):
    (tmp_path / "many").mkdir()
    shutil.copy(plaster, tmp_path / "many" / "a.png")
    Image.new("RGB", (64, 64)).save(tmp_path / "many" / "flat.png")
    Image.new("RGB", (12, 9)).save(tmp_path / "many" / "tiny.png")
    said = impasto("vary", "patches", "many", "--no-record", "-q", "-o", "out/")
    assert said.status == 2
    told = [line.removeprefix("impasto: many/").partition(":")[0] for line in said.err.splitlines()]
    assert told == ["flat.png", "tiny.png"]
    assert (tmp_path / "out" / "a-vary-patches.png").is_file()


@pytest.mark.parametrize(
    ("words", "bad"),
    [
        ("style fast many plaster.png", ["tiny.gif"]),
        ("texture quilt many --block 8", ["flat.jpg", "tiny.gif"]),
        ("vary sliced-patches many --steps 2 --coarsest 16", ["flat.jpg", "tiny.gif"]),
        ("vary patches many/a.png many/flat.jpg many/hurt.tif many/tiny.gif", ["flat.jpg", "hurt.tif", "tiny.gif"]),
        ("vary patches many --mask hole.png", ["flat.jpg", "tiny.gif"]),
    ],
)
def test_so_does_what_is_wrong_with_one_in_other_formats_methods_and_options(impasto, tmp_path, words, bad):
    (tmp_path / "many").mkdir()
    noise = np.random.default_rng(2).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    for name in ("many/a.png", "plaster.png"):
        Image.fromarray(noise).save(tmp_path / name)
    hole = Image.new("L", (32, 24))
    hole.paste(255, (12, 8, 18, 14))
    hole.save(tmp_path / "hole.png")
    Image.new("RGB", (64, 64)).save(tmp_path / "many" / "flat.jpg")
    Image.new("RGB", (12, 9), (9, 9, 200)).save(tmp_path / "many" / "tiny.gif")
    if "hurt.tif" in words:
        (tmp_path / "many" / "hurt.tif").write_bytes(b"II*\0" + b"\1" * 60)
    said = impasto(*words.split(), "--no-record", "-q", "-o", "out/")
    assert said.status == 2
    lines = said.err.splitlines()
    assert [line.removeprefix("impasto: many/").partition(":")[0] for line in lines] == bad
    assert len(list((tmp_path / "out").iterdir())) == 4 - len(bad) - ("hurt.tif" not in words)


def test_another_picture_of_a_run_never_replaces_an_input(impasto, plaster, tmp_path):
    impasto("texture", "drift", plaster, "--steps", "1", "-q", "-o", "a.png", "--parts")
    other = next(path for path in tmp_path.glob("a-*.png"))
    before = plaster.read_bytes()
    plaster.rename(tmp_path / other.name)
    said = impasto("texture", "drift", other.name, "--steps", "1", "-q", "-o", "a.png", "--parts")
    assert said.status == 2
    assert f"-o {other.name}: is an input of this run" in said.err
    assert other.read_bytes() == before


def test_runs_are_listed_in_the_order_in_which_they_began(impasto, plaster):
    for name in ("second", "first"):  # named by hand, against the order of names
        impasto("texture", "drift", plaster, "--steps", "1", "-q", "--out", f"runs/{name}")
    listed = json.loads(impasto("runs", "list", "--json").out)["runs"]
    assert [run["run"] for run in listed] == ["second", "first"]


def test_a_damaged_record_is_listed_as_such_and_the_other_runs_go_on(impasto, plaster, tmp_path):
    impasto("texture", "drift", plaster, "--steps", "3", "-o", "a.png", "-q")
    for name, record in (("19990101-000000-old", b"{"), ("20991231-000000-new", b"\xff")):
        (tmp_path / "runs" / name).mkdir()
        (tmp_path / "runs" / name / "run.json").write_bytes(record)
    listed = json.loads(impasto("runs", "list", "--json").out)["runs"]
    assert [run["state"] for run in listed] == ["done", "damaged", "damaged"]
    assert impasto("runs", "list").out.count("\tdamaged\t") == 2
    assert json.loads(impasto("runs", "show", "--json").out)["output"] == str(tmp_path / "a.png")
    said = impasto("runs", "show", "19990101")
    assert said.status == 2
    assert "run.json: cannot be read" in said.err


def test_methods_are_listed(impasto):
    assert "texture drift" in json.loads(impasto("methods", "--json").out)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("style blend plaster.png b.png a.png", "content: plaster.png; style: b.png, a.png (together)"),
        ("style blend plaster.png b.png", ""),
        ("style blend plaster.png many", "content: plaster.png; style: 1.png, 2.png, 3.png and 2 more (together)"),
        ("style blend one a.png b.png", "content: 1.png (one run for each); style: a.png, b.png (together)"),
        ("texture patches many", "exemplar: 1.png, 2.png, 3.png and 2 more (together)"),
        ("texture patches many/1.png", ""),
        ("texture quilt many", "exemplar: 1.png, 2.png, 3.png and 2 more (one run for each)"),
        ("texture drift a.png b.png", "exemplar: a.png, b.png (one run for each)"),
        ("texture drift one", "exemplar: 1.png (one run for each)"),
        ("measure texture a.png b.png plaster.png", "picture: a.png, b.png (together); exemplar: plaster.png"),
    ],
)  # fmt: skip
def test_a_line_says_what_each_of_several_words_was_taken_for(impasto, plaster, tmp_path, words, line):
    for name in ("a", "b", "one/1", *(f"many/{number}" for number in range(1, 6))):
        (tmp_path / f"{name}.png").parent.mkdir(exist_ok=True)
        shutil.copy(plaster, tmp_path / f"{name}.png")
    plan = json.loads(impasto(*words.split(), "--dry-run").out)
    for run in plan.get("runs", [plan]):
        assert [each for each in run["notices"] if "result is" not in each] == ([line] if line else [])
    if "drift" in words or "blend" in words:
        said = impasto(*words.split(), "--no-record", "-o", "out/").err.splitlines()
        assert [each for each in said if each.startswith(("content: ", "exemplar: "))] == ([line] if line else [])
        assert impasto(*words.split(), "--no-record", "-o", "out/", "-q").err == ""
