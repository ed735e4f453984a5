"""Whatever is fed to the command line gets one line and status 2, and leaves nothing behind; strange pictures work."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import json
import os
import resource
import sys
from pathlib import Path

import annotated_types
import hostile_files as files
import numpy as np
import pytest
import torch
from PIL import Image

import impasto as product
from impasto.errors import InputError
from impasto.images import read_size
from impasto.registry import METHODS
from impasto.runs.configure import Layer, configure

REAL = {name: entry for name, entry in METHODS.items() if entry.target.startswith("impasto.")}
SHORT = ("--scales", "1", "--iterations", "1", "--patch-weight", "0", "--no-record")
SMALL = {"IMPASTO_SCALES": "1", "IMPASTO_ITERATIONS": "1", "IMPASTO_PATCH_WEIGHT": "0"}
TINY = ("--size", "32", *SHORT)
GRAM = ("texture", "gram", "plaster.png", "-o", "out.png")
GATYS = ("style", "gatys", "plaster.png", "plaster.png", "-o", "out.png")
RECONSTRUCT = ("reconstruct", "style", "plaster.png", "-o", "out.png")


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch, tmp_path, within):
    for name in [name for name in os.environ if name.startswith("IMPASTO_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("IMPASTO_CACHE", str(tmp_path / "cache"))
    for name, value in SMALL.items():
        monkeypatch.setenv(name, value)  # what should have been refused and starts is over soon
    with within(20):
        yield


def snapshot(folder: Path) -> dict[str, bytes | None]:
    """Every file, folder and link under a folder, with what the files hold."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() and os.access(path, os.R_OK) else None
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture
def refused(impasto, tmp_path):
    """Run a command that must be refused before it starts; returns its line, without `impasto: `."""

    def call(*words: object) -> str:
        before = snapshot(tmp_path)
        said = impasto(*words)
        assert "Traceback" not in said.err
        assert said.status == 2, said.err
        assert said.err.count("\n") == 1, said.err
        assert said.err.endswith("\n")
        assert said.err.startswith("impasto: "), said.err
        line = said.err.removeprefix("impasto: ").removesuffix("\n")
        assert len(line) > 10, "it says what is wrong"
        assert line.isprintable()
        assert said.out == "" or "--json" in words
        assert snapshot(tmp_path) == before, "nothing is written"
        return line

    return call


# Files


@pytest.mark.parametrize("kind", files.HOSTILE)
def test_a_file_that_is_no_whole_picture_is_refused_by_name(refused, tmp_path, kind):
    path = files.HOSTILE[kind](tmp_path)
    word = str(path).replace("https:/", "https://")
    line = refused("texture", "gram", word, "-o", "out.png", *TINY)
    shown = "".join(letter if letter.isprintable() else "?" for letter in str(path.name))
    assert shown in line or "addresses" in line


@pytest.mark.parametrize("kind", ["missing", "jpeg cut at 85%", "tiff with nan"])
@pytest.mark.parametrize("place", ["content", "style", "second style", "init", "image"])
def test_no_input_of_any_method_is_trusted_more(refused, plaster, tmp_path, kind, place):
    bad = files.HOSTILE[kind](tmp_path)
    words = {
        "content": ["style", "gatys", bad, plaster],
        "style": ["style", "gatys", plaster, bad],
        "second style": ["style", "gatys", plaster, plaster, bad],
        "init": ["style", "gatys", plaster, plaster, "--init", bad],
        "image": ["reconstruct", "content", bad],
    }[place]
    tiny = (
        ["--size", "32", "--no-record"] if place == "image" else TINY
    )  # it has no patches and few scales to leave out
    assert bad.name in refused(*words, "-o", "out.png", *tiny)


def test_a_file_without_permission_is_refused(impasto, tmp_path, monkeypatch):
    path = files.a_file("secret.png", lambda: files.encoded("PNG"))(tmp_path)
    real = io.open

    def no_permission(file, *words, **options):
        if str(file) == str(path):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(file, *words, **options)

    monkeypatch.setattr(io, "open", no_permission)  # the superuser may read anything, whatever the file's mode
    said = impasto("texture", "gram", path, "-o", "out.png", *TINY)
    assert said.status == 2
    assert said.err == f"impasto: {path}: no permission to read it: change its permissions or copy it\n"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("data", [b"", b"not a picture", files.encoded("PNG")[:99]], ids=["empty", "text", "cut"])
def test_bad_standard_input_is_refused(refused, monkeypatch, data):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert "standard input" in refused("texture", "gram", "-", "-o", "out.png", *TINY)


@pytest.mark.parametrize("kind", ["missing", "text named png", "png cut at 30%", "png of 900 megapixels", "zip"])
@pytest.mark.parametrize(
    "words", [("measure", "features"), ("runs", "repeat"), ("experiment", "texture-scales")], ids=" ".join
)
def test_other_commands_refuse_bad_files_too(refused, tmp_path, words, kind):
    refused(*words, files.HOSTILE[kind](tmp_path))


ARRAYS = {
    "nan": np.full((40, 48, 3), np.nan, np.float32),
    "one inf": np.pad(np.full((1, 1), np.inf, np.float32), 20, constant_values=0.5),
    "minus inf": np.pad(np.full((1, 1), -np.inf, np.float64), 20, constant_values=0.5),
    "floats to 255": np.full((40, 48, 3), 200.0, np.float32),
    "negative floats": np.full((40, 48, 3), -1.0, np.float32),
    "int64": np.zeros((40, 48, 3), np.int64),
    "int8": np.zeros((40, 48, 3), np.int8),
    "complex": np.zeros((40, 48, 3), np.complex64),
    "objects": np.full((40, 48, 3), None, object),
    "text": np.full((40, 48), "a"),
    "no dimensions": np.zeros((), np.uint8),
    "one dimension": np.zeros(48, np.uint8),
    "four dimensions": np.zeros((2, 40, 48, 3), np.uint8),
    "two channels too many": np.zeros((40, 48, 5), np.uint8),
    "channels first": np.zeros((3, 40, 48), np.uint8),
    "no rows": np.zeros((0, 48, 3), np.uint8),
    "no channels": np.zeros((40, 48, 0), np.uint8),
    "too small to be a texture": np.zeros((2, 2, 3), np.uint8),
    "tensor, channels last": torch.zeros(40, 48, 3),
    "tensor, a batch": torch.zeros(2, 3, 40, 48),
    "tensor, nan": torch.full((3, 40, 48), torch.nan),
    "tensor, int64": torch.zeros(3, 40, 48, dtype=torch.int64),
    "tensor, empty": torch.zeros(3, 0, 0),
    "none": None,
    "number": 7,
    "list": [[0, 255]],
    "picture of no pixels": Image.new("RGB", (0, 0)),
}


@pytest.mark.parametrize("kind", ARRAYS)
def test_an_array_that_is_no_picture_is_refused_in_one_line(kind, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        product.texture(ARRAYS[kind], iterations=(1,), patch_weight=0.0)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) > 10
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr() == ("", "")


# Arguments


def outside() -> list[tuple[str, str, str]]:
    """(method, field, value) just outside the range of every bounded field; what methods share is asked of one."""
    found, seen = [], []
    for name, entry in REAL.items():
        for field, info in entry.load().Config.model_fields.items():
            bounds = (field, info.annotation, info.metadata)
            if info.annotation not in (int, float) or bounds in seen:
                continue
            seen.append(bounds)
            nudge = 1 if info.annotation is int else 0.001
            for rule in info.metadata:
                match rule:
                    case annotated_types.Ge(ge=low):
                        found.append((name, field, repr(low - nudge)))
                    case annotated_types.Gt(gt=low):
                        found.append((name, field, repr(low)))
                    case annotated_types.Le(le=high):
                        found.append((name, field, repr(high + nudge)))
                    case annotated_types.Lt(lt=high):
                        found.append((name, field, repr(high)))
    for value in ("nan", "-inf", "1e999", "one", "0x10", ""):
        found += [("texture gram", "noise", value), ("texture gram", "scales", value)]
    return [*found, ("texture gram", "scales", "1.5")]


@pytest.mark.parametrize("name", REAL)
def test_every_number_has_a_range_on_both_sides(name):
    for field, info in REAL[name].load().Config.model_fields.items():
        if info.annotation in (int, float):
            kinds = {type(rule) for rule in info.metadata}
            assert kinds & {annotated_types.Ge, annotated_types.Gt}, field
            assert kinds & {annotated_types.Le, annotated_types.Lt}, field


@pytest.mark.parametrize(("name", "field", "value"), outside(), ids=lambda value: value or "nothing")
def test_numbers_outside_their_ranges_are_refused_by_name(name, field, value):
    with pytest.raises(InputError) as refusal:
        configure(REAL[name].load().Config, Layer({field: value}))
    assert str(refusal.value).startswith(f"{field} must be ")
    assert value in str(refusal.value)


@pytest.mark.parametrize(("name", "field", "value"), outside()[::40], ids=lambda value: value or "nothing")
def test_the_command_line_refuses_them_with_the_same_line(refused, plaster, monkeypatch, name, field, value):
    for variable in SMALL:
        monkeypatch.delenv(variable)
    pictures = ["plaster.png"] * len([item for item in REAL[name].load().inputs if not item.flag])
    line = refused(*name.split(), *pictures, "-o", "out.png", f"--{field.replace('_', '-')}={value}")
    assert line.startswith(f"{field} must be ")
    assert value in line


MANY = "9" * 5000  # more digits than Python turns into a number

ARGUMENTS = {
    "nothing after a group": ["texture", "gram"],
    "unknown group": ["txture", "gram", "plaster.png"],
    "unknown method": ["texture", "grm", "plaster.png"],
    "unknown method of control characters": ["texture", "\x1b[31m\n", "plaster.png"],
    "unknown flag": [*GRAM, "--colour-of-the-sky", "blue"],
    "near-miss flag": [*GRAM, "--iteratoins", "3"],
    "one dash": [*GRAM, "-seed", "3"],
    "flag without value": [*GRAM, "--size"],
    "flag without value, before another": [*GRAM, "--size", "--seed", "3"],
    "flag twice": [*GRAM, "--seed", "1", "--seed", "2"],
    "value for a switch": [*GRAM, "--tile=perhaps"],
    "unknown preset": [*GRAM, "--preset", "papre"],
    "preset of another method": ["texture", "pyramid", "plaster.png", "--preset", "paper"],
    "empty preset": [*GRAM, "--preset", ""],
    **{
        f"unknown {field}": [*GATYS, f"--{field}", "nonsense"]
        for field in (
            "network", "pool", "padding", "statistics", "gram-form", "optimizer", "canvas", "precision", "keep-color",
            "network-weights", "style-size", "init", "device", "layers", "content-layers", "weights", "blend",
            "iterations", "size", "seed", "threads", "bits", "background", "config",
        )
    },
    "enum in capitals": [*GRAM, "--optimizer", "ADAM"],
    "unknown second layer": [*GRAM, "--layers", "stem", "block99"],
    "layer of another network": [*GRAM, "--layers", "relu1_1"],
    "too few weights": [*GRAM, "--weights", "1"],
    "too many weights": [*GRAM, "--weights", "1,1,1,1,1,1,1,1,1,1,1,1"],
    "negative weight": [*GRAM, "--weights=-1,1,1,1,1"],
    "weights all 0": [*GRAM, "--weights", "0,0,0,0,0"],
    **{
        f"weights {weights} of {method}": [*f"{method} plaster.png".split(), *more.split(), f"--weights={weights}"]
        for weights in ("-1", "0,0", "-9e18")
        for method, more in (
            ("train style-network", "--photos ."), ("style neighbours", "plaster.png"), ("reconstruct style", "")
        )
    },
    "weights nan": [*GRAM, "--weights", "nan,1,1,1,1"],
    "weights inf": [*GRAM, "--weights", "inf,1,1,1,1"],
    "too many shares": [*GATYS, "--blend", "1", "2", "3"],
    "negative share": [*GATYS, "--blend=-1"],
    "shares all 0": [*GATYS, "--blend", "0"],
    "share nan": [*GATYS, "--blend", "nan"],
    "no content and no style": [*GATYS, "--content-weight", "0", "--style-weight", "0"],
    "style size 0": [*GATYS, "--style-size", "0x0"],
    "style size too large": [*GATYS, "--style-size", "99999x99999"],
    "style size of minus": [*GATYS, "--style-size=-5%"],
    **{
        f"size {size[:12]}": [*GRAM, f"--size={size}"]
        for size in (
            "0x0", "0", "abc", "99999x99999", "5x5", "15x400", "-5", "512x", "x", "1e3", "0%", "nan", "inf%", "3.5",
            "32x32x32", "32767x32767", "0.0001x", "9" * 400 + "%", MANY, MANY + "x16", "²x²",
        )
    },
    "size too small for reconstruct": [*RECONSTRUCT, "--size", "8x8"],
    "size too small for style": [*GATYS, "--size", "8x8"],
    "too many scales": [*GRAM, "--size", "32x32", "--scales", "4"],
    "no iterations": [*GRAM, "--iterations", "0"],
    "negative iterations": [*GRAM, "--iterations=-1"],
    "iterations of a half": [*GRAM, "--iterations", "1.5"],
    "empty iterations": [*GRAM, "--iterations", ""],
    "too many iterations": [*GRAM, "--iterations", "1,1,1,1,1,1,1,1,1"],
    "iterations of 400 digits": [*GRAM, "--iterations", "9" * 400],
    "seed of 5000 digits": [*GRAM, "--seed", MANY],
    "columns of minus one": [*RECONSTRUCT, "--columns=-1"],
    "threads 0": [*GRAM, "--threads", "0"],
    "threads minus one": [*GRAM, "--threads=-1"],
    "threads inf": [*GRAM, "--threads", "inf"],
    "device that is not there": [*GRAM, "--device", "cuda:99"],
    "device of 5000 digits": [*GRAM, "--device", "cuda:" + MANY],
    "background of four digits too few": [*GRAM, "--background", "#12345"],
    "empty background": [*GRAM, "--background", ""],
    "no picture": ["texture", "gram", "-o", "out.png"],
    "no style": ["style", "gatys", "plaster.png", "-o", "out.png"],
    "no content": ["style", "gatys", "-o", "out.png"],
    "empty picture": ["texture", "gram", "", "-o", "out.png"],
    "two pictures, one name": ["texture", "gram", "plaster.png", "plaster.png", "-o", "out.png"],
    "missing weights file": [*GRAM, "--network-weights", "none.pth"],
    "weights file that is a picture": [*GRAM, "--network-weights", "plaster.png"],
    "weights file that is a folder": [*GRAM, "--network-weights", "."],
    "weights file that is text": [*GRAM, "--network-weights", "text.safetensors"],
    "weights file of another network": [*GRAM, "--network-weights", "other.pth"],
    "weights file of a list": [*GRAM, "--network-weights", "list.pth"],
    "init missing": [*GATYS, "--init", "none.png"],
    "init a folder": [*GATYS, "--init", "."],
    "init empty": [*GATYS, "--init", ""],
    "config missing": [*GRAM, "--config", "none.toml"],
    "config a folder": [*GRAM, "--config", "."],
    "config a picture": [*GRAM, "--config", "plaster.png"],
    "config a list": [*GRAM, "--config", "list.json"],
    "config too deep": [*GRAM, "--config", "deep.json"],
    "config damaged": [*GRAM, "--config", "damaged.toml"],
    "config of nan": [*GRAM, "--config", "nan.json"],
    "config of unknown names": [*GRAM, "--config", "unknown.json"],
    "config of wrong types": [*GRAM, "--config", "types.json"],
    "config name too long": [*GRAM, "--config", "x" * 300],
    "runs folder that is a file": [*GRAM, "--runs", "plaster.png", *TINY[:-1]],
    "runs folder below a file": [*GRAM, "--runs", "plaster.png/runs", *TINY[:-1]],
    "unknown command of runs": ["runs", "lst"],
    "no runs": ["runs", "show"],
    "show of no run": ["runs", "show", "nobody"],
    "resume of no run": ["runs", "resume", "nobody"],
    "report of no run": ["runs", "report", "nobody"],
    "resume of a picture": ["runs", "resume", "plaster.png"],
    "repeat of nothing": ["runs", "repeat"],
    "repeat of no run": ["runs", "repeat", "nobody"],
    "repeat of a missing picture": ["runs", "repeat", "none.png"],
    "repeat of a picture without recipe": ["runs", "repeat", "plaster.png"],
    "repeat of a text": ["runs", "repeat", "list.json"],
    "repeat of a folder": ["runs", "repeat", "."],
    "repeat of a name too long": ["runs", "repeat", "x" * 300],
    "runs name too long": ["runs", "list", "--runs", "x" * 300],
    "too many words for runs": ["runs", "show", "a", "b"],
    "weights unknown": ["weights", "get", "vgg91"],
    "weights unknown to check": ["weights", "check", "vgg91"],
    "weights without a name": ["weights", "get"],
    "weights while offline": ["weights", "get", "vgg16", "--offline"],
    "weights from no address": ["weights", "get", "vgg16", "--url", "nonsense"],
    "weights from a file": ["weights", "get", "vgg16", "--url", "file:///etc/hostname"],
    "unknown command of weights": ["weights", "gte", "vgg16"],
    "unknown network to measure": ["measure", "features", "plaster.png", "--network", "vgg91"],
    "unknown experiment": ["experiment", "texture-scalse"],
    "unknown flag of an experiment": ["experiment", "texture-scales", "--stps", "3"],
    "experiment of no steps": ["experiment", "texture-scales", "--steps", "0"],
    "experiment of too large a size": ["experiment", "texture-scales", "--size", "99999"],
    "experiment of no scales": ["experiment", "texture-scales", "--scales", "0"],
    "experiment of a word for a number": ["experiment", "texture-scales", "--steps", "few"],
    "experiment of words for scales": ["experiment", "texture-scales", "--scales", "one,two"],
    "experiment of an unknown network": ["experiment", "texture-scales", "--network", "vgg91"],
    "experiment without its picture": ["experiment", "texture-scales", "none.png"],
    "experiment into a file": ["experiment", "texture-scales", "--out", "plaster.png", "--steps", "1", "--size", "32"],
    "unknown command": ["paint"],
    "empty command": [""],
}  # fmt: skip


@pytest.mark.parametrize("kind", ARGUMENTS)
def test_arguments_that_make_no_sense_are_refused(refused, plaster, tmp_path, kind):
    (tmp_path / "list.json").write_text("[1, 2]")
    (tmp_path / "deep.json").write_text("[" * 200_000)
    (tmp_path / "damaged.toml").write_text("seed = = 3\n")
    (tmp_path / "nan.json").write_text('{"noise": NaN}')
    (tmp_path / "unknown.json").write_text('{"sede": 3}')
    (tmp_path / "types.json").write_text('{"iterations": {"a": [1]}, "seed": [3]}')
    (tmp_path / "text.safetensors").write_text("not weights")
    torch.save({"a": torch.zeros(2)}, tmp_path / "other.pth")
    torch.save([1, 2], tmp_path / "list.pth")
    refused(*ARGUMENTS[kind])


UNFITTING = {  # black.png has 20x20 pixels, dark.png as many as plaster.png
    "mask of another size": ("vary patches plaster.png --mask black.png", "make them the same size"),
    "mask without a hole": ("vary patches plaster.png --mask dark.png", "paint the hole white"),
    "nothing but a hole": ("vary sliced-patches plaster.png --patch 2 --mask light.png", "no whole patch"),
    "picture of one colour": ("vary sliced-patches black.png", "black.png: all its pixels are of one colour"),
    "exemplar of one colour": ("texture quilt black.png", "black.png: all its pixels are of one colour"),
    "exemplar of one colour, by distributions": (
        "texture sliced-patches black.png", "black.png: all its pixels are of one colour"),
    "painting of one colour": ("style patches plaster.png black.png", "black.png: all its pixels are of one colour"),
    "one of two exemplars of one colour": (
        "texture patches plaster.png black.png", "black.png: all its pixels are of one colour"),
    "mask of another size, by its name": ("vary patches plaster.png --mask black.png", "black.png is 20x20 pixels"),
    "guide of another size": (
        "texture patches plaster.png --guide plaster.png --exemplar-guide black.png", "make them the same size"),
    "region of another size": (
        "style gatys plaster.png plaster.png --region black.png=plaster.png", "make them the same size"),
    "region that is black": ("style neighbours plaster.png plaster.png --region dark.png=plaster.png", "is all black"),
    "map of another size": ("style fast plaster.png plaster.png --style-map black.png", "make them the same size"),
    "photo of a few pixels": ("style fast plaster.png plaster.png --size 12", "at least 16 pixels"),
}  # fmt: skip


@pytest.mark.parametrize("dry", ["", " --dry-run"])
@pytest.mark.parametrize("kind", UNFITTING)
def test_pictures_that_do_not_fit_are_refused_before_the_cost_is_told(refused, plaster, tmp_path, kind, dry):
    size = Image.open(tmp_path / "plaster.png").size
    Image.new("RGB", (20, 20)).save(tmp_path / "black.png")
    Image.new("RGB", size).save(tmp_path / "dark.png")
    Image.new("RGB", size, "white").save(tmp_path / "light.png")
    words, line = UNFITTING[kind]
    assert line in refused(*words.split(), "-o", "out.png", *dry.split())


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("IMPASTO_THREADS", "many"),
        ("IMPASTO_THREADS", "0"),
        ("IMPASTO_SEED", "-1"),
        ("IMPASTO_NOISE", "nan"),
        ("IMPASTO_OPTIMIZER", "adm"),
        ("IMPASTO_SIZE", "0x0"),
        ("IMPASTO_RUNS", "plaster.png"),
        ("IMPASTO_CHECKPOINT_SECONDS", "soon"),
        ("IMPASTO_CHECKPOINT_STEPS", "1.5"),
    ],
)
def test_bad_variables_of_the_environment_are_refused(refused, plaster, monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    refused(*GRAM, *SHORT[:-1])


@pytest.mark.parametrize("value", ["²", " ", "x", "1x1", "1e-9", "٣½", "-1", "9" * 5000, "x" * 5000])
@pytest.mark.parametrize("variable", ["IMPASTO_THREADS", "IMPASTO_CHECKPOINT_STEPS", "IMPASTO_CHECKPOINT_SECONDS"])
def test_a_bad_number_in_the_environment_is_told_with_its_variable(refused, plaster, monkeypatch, variable, value):
    if value == "1e-9" and variable.endswith("SECONDS"):
        value = "nan"
    if value == "9" * 5000 and variable.endswith("SECONDS"):
        value = "-1e999"
    monkeypatch.setenv(variable, value)
    line = refused(*GRAM, *SHORT[:-1])
    assert line.startswith(f"{variable} must be ")
    assert (value if len(value) < 10 else value[:50]) in line
    assert len(line) < 300


@pytest.mark.parametrize("variable", ["IMPASTO_THREADS", "IMPASTO_CHECKPOINT_STEPS", "IMPASTO_CHECKPOINT_SECONDS"])
def test_an_empty_variable_is_one_that_is_not_set(impasto, plaster, monkeypatch, variable):
    monkeypatch.setenv(variable, "")
    assert impasto("texture", "drift", plaster, "--steps", "1", "-q", "-o", "a.png").status == 0


@pytest.mark.parametrize(
    "words",
    [
        ["--seed", "{}"],
        ["--size", "{}"],
        ["--preset", "{}"],
        ["--config", "{}"],
        ["--background", "{}"],
        ["--threads", "{}"],
        ["--bits", "{}"],
        ["-o", "{}.png"],
        ["-o", "{}/out.png"],
        ["--out", "{}"],
        ["--{}"],
        ["--init", "{}"],
        ["--optimizer", "{}"],
        ["{}"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("letter", ["x", "é "], ids=["letters", "words"])
def test_values_of_thousands_of_letters_are_cut(refused, plaster, words, letter):
    line = refused("texture", "gram", plaster, *(word.format(letter * 3000) for word in words), *TINY[2:-1])
    assert len(line) < 600


SETTINGS = {
    "another encoding": ("c.json", '{"init": "caf\xe9"}'.encode("latin-1"), "is not text in UTF-8"),
    "another encoding, TOML": ("c.toml", 'init = "caf\xe9"'.encode("latin-1"), "is not text in UTF-8"),
    "UTF-16": ("c.json", '{"seed": 1}'.encode("utf-16"), "is not text in UTF-8"),
    "bytes": ("c.toml", b"\x80\x81", "is not text in UTF-8"),
    "empty": ("c.json", b"", "not valid JSON"),
    "deep": ("c.json", b"[" * 100_000, "not valid JSON"),
    "many digits": ("c.json", b'{"seed": ' + b"9" * 5000 + b"}", "not valid JSON"),
    "a picture": ("c.json", files.encoded("PNG"), "is not text in UTF-8"),
    "much": ("c.json", b" " * (1 << 20) + b"{}", "holds more than"),
}


@pytest.mark.parametrize("kind", SETTINGS)
def test_settings_that_cannot_be_read_are_refused_by_their_name(refused, plaster, tmp_path, kind):
    name, data, line = SETTINGS[kind]
    (tmp_path / name).write_bytes(data)
    said = refused(*GRAM, *TINY, "--config", name)
    assert said.startswith(f"{name}: {line}")
    assert "codec" not in said


def test_settings_may_begin_with_the_mark_that_some_editors_put_there(impasto, plaster, tmp_path):
    (tmp_path / "c.json").write_bytes(b'\xef\xbb\xbf{"seed": 3}')
    said = impasto("texture", "drift", plaster, "--config", "c.json", "--dry-run")
    assert json.loads(said.out)["config"]["seed"] == 3


# Records of runs, and recipes, that somebody has edited


@pytest.mark.parametrize(
    "words", [["show"], ["show", "old"], ["resume", "old"], ["report", "old"], ["repeat", "old"]], ids=" ".join
)
@pytest.mark.parametrize(
    "record",
    [b"", b"{", b"\xff\xfe\0", b"[]", b"{}", b'{"method": 3}', b"[" * 100_000],
    ids=["empty", "cut", "binary", "list", "no fields", "wrong types", "deep"],
)
def test_a_damaged_record_of_a_run_is_refused(refused, tmp_path, words, record):
    folder = tmp_path / "runs" / "20260101-000000-old"
    folder.mkdir(parents=True)
    (folder / "run.json").write_bytes(record)
    assert "run.json" in refused("runs", *words)


def recipe(plaster: Path, **changes: object) -> dict[str, object]:
    """What a picture of the tests' own small method would say, with changes."""
    sha256 = hashlib.sha256(plaster.read_bytes()).hexdigest()
    source = {"name": "exemplar", "path": str(plaster), "sha256": sha256, "size": [24, 16]}
    fine = {
        "method": "texture drift", "config": {"steps": 1}, "inputs": [source], "seed": 0, "versions": {},
        "device": "cpu", "threads": 1,
    }  # fmt: skip
    return fine | changes


RECIPES = {
    "of an unknown method": {"method": "texture nonsense"},
    "of a method that is a path": {"method": "os:system"},
    "of unknown options": {"config": {"nonsense": 1}},
    "of options out of range": {"config": {"steps": 10**9}},
    "of too large a size": {"method": "texture gram", "config": {"size": "99999x99999"}},
    "of no inputs": {"inputs": []},
    "of inputs without size": {"inputs": [{"name": "exemplar", "path": "plaster.png", "sha256": "0"}]},
    "of an input that has changed": {
        "inputs": [{"name": "exemplar", "path": "plaster.png", "sha256": "0" * 64, "size": [24, 16]}]
    },
    "of an input that is gone": {
        "inputs": [{"name": "exemplar", "path": "/nowhere/gone.png", "sha256": "0" * 64, "size": [24, 16]}]
    },
    "of no threads": {"threads": 0},
    "of negative threads": {"threads": -1},
    "of an unknown device": {"device": "toaster"},
    "of a device that is not there": {"device": "cuda:99"},
    "of 12 bits": {"bits": 12},
    "of no colour": {"background": "nonsense"},
    "of wrong types": {"inputs": 3, "seed": "x"},
    "of an unknown state": {"state": "asleep"},
}


@pytest.mark.parametrize("kind", RECIPES)
def test_a_picture_with_a_recipe_that_cannot_be_followed_is_refused(refused, plaster, tmp_path, kind):
    path = files.with_recipe(tmp_path / "made.png", recipe(plaster, **RECIPES[kind]))
    refused("runs", "repeat", path, "-o", "out.png", "--no-record")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "7", "[" * 5000, '{"a": 1}'], ids=["empty", "cut", "list", "number", "deep", "other"]
)
def test_a_recipe_that_is_none_is_refused(refused, tmp_path, text):
    refused("runs", "repeat", files.with_recipe(tmp_path / "made.png", text), "-o", "out.png")


@pytest.mark.parametrize("moved", ["exemplar", "exemplar=", "=plaster.png", "style=plaster.png", "exemplar=none.png"])
def test_an_input_that_was_not_moved_there_is_refused(refused, plaster, tmp_path, moved):
    path = files.with_recipe(tmp_path / "made.png", recipe(plaster))
    refused("runs", "repeat", path, "-o", "out.png", "--input", moved)


# Outputs

OUTPUTS = {
    "unknown ending": ["-o", "out.xyz"],
    "ending of a format that is only read": ["-o", "out.gif"],
    "no ending": ["-o", "out"],
    "empty name": ["-o", ""],
    "ending alone": ["-o", ".png"],
    "below a file": ["-o", "plaster.png/out.png"],
    "a folder that is a file": ["-o", "plaster.png/"],
    "a folder of a picture's name": ["-o", "folder.png"],
    "no permission": ["-o", "/proc/out.png"],
    "no permission, far below": ["-o", "/proc/a/b/out.png"],
    "the input": ["-o", "plaster.png"],
    "the input by another path": ["-o", "./folder.png/../plaster.png"],
    "the input by a link": ["-o", "link.png"],
    "the input by a hard link": ["-o", "hard.png"],
    "standard output with json": ["-o", "-", "--json"],
    "standard output of 12 bits": ["-o", "-", "--bits", "12"],
    "jpeg of 16 bits": ["-o", "out.jpg", "--bits", "16"],
    "webp of 16 bits": ["-o", "out.webp", "--bits", "16"],
    "png of 12 bits": ["-o", "out.png", "--bits", "12"],
    "bits of a word": ["-o", "out.png", "--bits", "eight"],
    "unknown word in a template": ["-o", "{name}.png"],
    "name too long": ["-o", "x" * 300 + ".png"],
    "flag without value": ["-o"],
    "twice": ["-o", "a.png", "-o", "b.png"],
}


@pytest.fixture
def crowded(plaster, tmp_path) -> Path:
    """Names that are taken already."""
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "link.png").symlink_to(plaster)
    (tmp_path / "hard.png").hardlink_to(plaster)
    return tmp_path


@pytest.mark.parametrize("kind", [kind for kind in OUTPUTS if kind != "a folder of a picture's name"])
def test_an_output_that_cannot_be_written_is_refused_before_the_run(refused, crowded, kind):
    refused("texture", "gram", "plaster.png", *OUTPUTS[kind], *TINY)


def test_an_existing_folder_of_a_pictures_name_is_a_folder(impasto, crowded):
    said = impasto("texture", "drift", "plaster.png", "-o", "folder.png", "--steps", "1", "--no-record", "-q")
    assert (said.status, said.err) == (0, "")
    assert read_size(crowded / "folder.png" / "plaster-texture-drift.png") == (24, 16)


def test_an_output_may_not_replace_the_picture_to_start_from(refused, plaster, tmp_path):
    start = files.a_file("start.png", lambda: files.encoded("PNG"))(tmp_path)
    assert "is an input of this run" in refused(*GATYS[:-1], start, "--init", start, *TINY)


def test_a_repeated_picture_may_not_replace_its_input(refused, plaster, tmp_path):
    path = files.with_recipe(tmp_path / "made.png", recipe(plaster))
    assert "is an input of this run" in refused("runs", "repeat", path, "-o", plaster, "--no-record")


@pytest.mark.parametrize("output", ["out.xyz", "plaster.png/out.png", "/proc/out.png"])
def test_a_repeated_picture_is_refused_in_the_same_way(refused, plaster, tmp_path, output):
    path = files.with_recipe(tmp_path / "made.png", recipe(plaster))
    refused("runs", "repeat", path, "-o", output, "--no-record")


def half_written(folder: Path) -> list[str]:
    """What an interrupted write would leave."""
    return [str(path) for path in folder.rglob("*") if path.name.endswith(".part")]


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize("older", [False, True], ids=["new", "over an older one"])
@pytest.mark.parametrize("record", [False, True], ids=["not recorded", "recorded"])
def test_a_full_disk_gets_one_line_and_no_half_picture(impasto, plaster, tmp_path, monkeypatch, call, older, record):
    real = getattr(os, call)
    output = tmp_path / "made" / "out.png"
    output.parent.mkdir()
    if older:
        output.write_bytes(b"older")

    def full(*args: object, **options: object) -> object:
        here = f"/proc/self/fd/{args[0]}" if call == "fsync" else str(args[0])
        if os.path.realpath(here).startswith(str(output.parent)):  # the disk of the output
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(*args, **options)

    monkeypatch.setattr(os, call, full)
    words = ["--steps", "1", "-q", *([] if record else ["--no-record"])]
    said = impasto("texture", "drift", plaster, "-o", output, *words)
    assert said.status == 2, said.err
    kept = [f"; what was made is in runs/{folder.name}" for folder in tmp_path.glob("runs/*")]
    line = f"impasto: {output}: no space left on the disk: free at least 1 MB there, or write elsewhere"
    assert said.err == "".join([line, *kept, "\n"])
    assert len(kept) == record
    assert said.out == ""
    assert [path.read_bytes() for path in output.parent.iterdir()] == ([b"older"] if older else [])
    kept = list(tmp_path.glob("runs/*/output.png"))
    assert [read_size(path) for path in kept] == ([(24, 16)] if record else [])


@contextlib.contextmanager
def files_no_longer_than(limit: int):
    """The system itself refuses to let any file of this process grow beyond `limit` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize(
    ("limit", "busy"),
    [(0, False), (60, False), (4_000, True), (4_000, False)],
    ids=["at once", "record", "copied input", "picture"],
)
@pytest.mark.parametrize("record", [False, True], ids=["not recorded", "recorded"])
def test_a_disk_that_fills_up_at_any_moment_gets_one_line(impasto, tmp_path, limit, busy, record):
    size = (100, 80)
    picture = Image.fromarray(files.noise(size)) if busy else Image.new("RGB", size, "teal")
    path = files.a_file("large.png", lambda: files.encoded("PNG", picture))(tmp_path)
    before = path.read_bytes()
    words = ["--steps", "3", "-q", *([] if record else ["--no-record"])]
    with files_no_longer_than(limit):
        said = impasto("texture", "drift", path, "-o", "out.png", *words)
    assert said.status == 2, said.err
    assert said.err.startswith("impasto: ")
    assert said.err.count("\n") == 1
    assert not (tmp_path / "out.png").exists()
    assert half_written(tmp_path) == []
    assert path.read_bytes() == before


# Strange pictures


def made(said, tmp_path: Path) -> tuple[int, int]:
    assert said.status == 0, said.err
    assert said.err == ""
    return read_size(tmp_path / "out.png")


@pytest.mark.parametrize("kind", files.STRANGE)
def test_a_strange_picture_is_as_good_as_any(impasto, tmp_path, kind):
    path = files.STRANGE[kind](tmp_path)
    words = ["--steps", "1", "-q"]  # recorded: its name goes into the record too
    assert made(impasto("texture", "drift", path, "-o", "out.png", *words), tmp_path) == files.SIZE
    assert len(list(tmp_path.glob("runs/*/run.json"))) == 1
    assert json.loads(impasto("runs", "show", "--json").out)["state"] == "done"


@pytest.mark.parametrize("kind", ["16 bits, grey", "cmyk", "alpha", "animated webp", "wholly clear"])
def test_a_texture_is_made_of_a_strange_picture(impasto, tmp_path, kind):
    path = files.STRANGE[kind](tmp_path)
    assert made(impasto("texture", "gram", path, "-o", "out.png", *TINY, "-q"), tmp_path) == (32, 27)


def test_a_photo_that_was_turned_is_upright(impasto, tmp_path):
    path = files.TURNED(tmp_path)
    assert made(impasto("texture", "gram", path, "-o", "out.png", *SHORT, "-q"), tmp_path) == (40, 48)


def test_a_picture_of_one_pixel_is_an_exemplar(impasto, tmp_path):
    path = files.a_file("dot.png", lambda: files.encoded("PNG", Image.new("RGB", (1, 1), (200, 30, 30))))(tmp_path)
    assert made(impasto("texture", "gram", path, "-o", "out.png", *TINY, "-q"), tmp_path) == (32, 32)


def test_a_picture_of_one_pixel_is_no_size_for_a_texture(refused, tmp_path):
    path = files.a_file("dot.png", lambda: files.encoded("PNG", Image.new("RGB", (1, 1))))(tmp_path)
    assert "at least 16 pixels a side, got 1x1" in refused("texture", "gram", path, "-o", "out.png", *SHORT)


def test_a_very_long_picture_is_a_style(impasto, plaster, tmp_path):
    path = files.a_file("ribbon.png", lambda: files.encoded("PNG", Image.new("RGB", (900, 1), "navy")))(tmp_path)
    assert made(impasto("style", "gatys", plaster, path, "-o", "out.png", *TINY, "-q"), tmp_path) == (32, 21)
