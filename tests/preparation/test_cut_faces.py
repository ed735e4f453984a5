"""Faces cut out of photos."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from impasto.cli.app import run
from impasto.data.crops import Photo
from impasto.errors import DiskFullError
from impasto.images import read, write
from impasto.preparation.detectors import Cascades, Face, agreed, lean
from impasto.preparation.faces import CutFaces, FacesConfig
from impasto.preparation.folder import names_of
from impasto.samples.photos import sample


@pytest.fixture(scope="module")
def astronaut() -> torch.Tensor:
    return sample("astronaut")[:, :256, 96:352].contiguous()


def found(picture: torch.Tensor) -> list[Face]:
    return Cascades(turned=False).find((picture * 255).byte().permute(1, 2, 0).contiguous().numpy(), 40)


def test_the_face_of_a_portrait_is_found_where_it_is(astronaut):
    (face,) = found(astronaut)
    assert abs(face.x - 128) < 20
    assert abs(face.y - 115) < 25
    assert 80 < face.side < 150


def test_no_face_is_found_in_a_cup_of_coffee():
    assert found(sample("coffee")) == []


def test_votes_of_overlapping_boxes_add_up():
    assert agreed([((0, 0, 10), 1), ((30, 0, 10), 1), ((31, 0, 10), 1)]) == [(30, 0, 10)]


def test_eyes_that_lean_say_by_how_much():
    assert lean([(20.0, 20.0), (50.0, 30.0)], 70) == pytest.approx(np.degrees(np.arctan2(10, 30)))
    assert lean([(20.0, 20.0), (50.0, 60.0)], 70) is None  # too askew
    assert lean([(20.0, 20.0), (26.0, 20.0)], 70) is None  # too near


def test_a_square_is_cut_with_its_margin_and_beyond_the_border():
    y, x = np.mgrid[:60, :80].astype(np.uint8)
    pixels = np.stack([x, y, x], -1)
    square = CutFaces(FacesConfig(size=32, margin=0.5))._square(pixels, Face(40, 30, 16))
    assert square.shape == (3, 32, 32)
    assert (square[0, 0] * 255).round().tolist() == list(range(24, 56))
    assert (square[1, :, 0] * 255).round().tolist() == list(range(14, 46))
    corner = CutFaces(FacesConfig(size=32, margin=0.5))._square(pixels, Face(0, 0, 16))
    assert (corner[:, :16, :16] == 0).all()


def test_a_face_is_turned_until_its_eyes_are_level():
    pixels = np.zeros((80, 80, 3), np.uint8)
    for x, y in ((26, 30), (54, 46)):
        pixels[y - 2 : y + 3, x - 2 : x + 3] = 255
    angle = float(np.degrees(np.arctan2(16, 28)))
    square = CutFaces(FacesConfig(size=64, margin=0))._square(pixels, Face(40, 38, 64, angle))
    rows = [torch.argmax(half.sum((0, 2))) for half in (square[..., :32], square[..., 32:])]
    assert abs(int(rows[0] - rows[1])) <= 1


def test_a_folder_gets_crops_a_report_and_no_stop_at_damage(tmp_path, monkeypatch, astronaut, capsys):
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    write(astronaut, "in/b.png")
    Path("in/a.png").write_bytes(b"no picture")
    assert run(["data", "faces", "in", "-o", "out/", "--size", "48", "--no-record", "-q"]) == 0
    assert sorted(path.name for path in Path("out").iterdir()) == ["b-1.png", "data.json", "faces.csv", "photos.csv"]
    assert read("out/b-1.png").shape == (3, 48, 48)
    with Path("out/photos.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["faces"] for row in rows] == ["0", "1"]
    assert "a.png" in rows[0]["note"]


def test_names_that_are_no_utf8_stand_in_tables(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    Path(os.fsdecode(b"in/caf\xe9.png")).write_bytes(b"no picture")
    assert run(["data", "faces", "in", "-o", "out/", "--out", "run", "-q"]) == 0
    for table in ("out/photos.csv", "run/tables/photos.csv"):
        assert "caf\ufffd.png" in Path(table).read_text(encoding="utf-8")


def test_what_cannot_be_is_one_line(tmp_path, monkeypatch, astronaut, capsys):
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    write(astronaut, "in/b.png")
    Path("net.onnx").write_bytes(b"\x08\x07no network")
    for words, line in (
        (["--detector", "net.onnx", "-o", "out/"], "net.onnx: is no YuNet in ONNX"),
        (["--first", "2", "-o", "out/"], "first must be at most 1"),
        (["-o", "in/"], "-o in: is the folder of this run's pictures"),
    ):
        assert run(["data", "faces", "in", *words, "-q"]) == 2
        said = capsys.readouterr().err
        assert said.startswith(f"impasto: {line}"), said
        assert said.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "net.onnx"]


def test_photos_deep_in_folders_get_names_that_a_disk_takes():
    deep = "/".join(["é" * 50] * 4)
    names = names_of([Photo(f"{deep}/{name}.png", None) for name in ("1", "2")] + [Photo("x/" + deep + "/1.png", None)])
    assert len(set(names)) == 3
    assert [name[-1] for name in names] == ["1", "2", "1"]
    assert all(len(name.encode()) <= 200 for name in names)


def test_a_disk_that_is_full_in_the_first_photo_leaves_a_run_to_go_on_with(tmp_path, monkeypatch, astronaut, capsys):
    """Of two faces the first is written already."""
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    write(torch.cat([astronaut, astronaut], 2), "in/a.png")
    words = ["data", "faces", "in", "-o", "out/", "--size", "48", "--threads", "1", "--out", "run"]

    def full(picture, place, **given):
        if place.name == "a-2.png":
            raise DiskFullError(str(place), ": no space left on the disk")
        write(picture, place, **given)

    with monkeypatch.context() as little:
        little.setattr("impasto.runs.pieces.write", full)
        assert run(words) == 2
    assert capsys.readouterr().err.splitlines()[-1].endswith("then: impasto runs resume run")
    assert run(["runs", "resume", "run", "-q"]) == 0
    assert {"a-1.png", "a-2.png"} <= {path.name for path in Path("out").iterdir()}
