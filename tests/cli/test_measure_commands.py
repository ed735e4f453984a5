"""`impasto measure positions` and `impasto measure texture`: tables, JSON, the map, and one line for what cannot be."""

from __future__ import annotations

import json

import pytest
import torch

from impasto.images import read, write
from impasto.samples.drawings import drawing


@pytest.fixture
def pictures(tmp_path):
    exemplar = drawing("pebbles", 64)
    write(exemplar, tmp_path / "pebbles.png")
    write(exemplar[:, 8:48, 4:60], tmp_path / "crop.png")
    write(exemplar.flip(2), tmp_path / "mirrored.png")
    write(torch.rand(3, 5, 40), tmp_path / "flat.png")


def test_positions_of_a_crop_are_one_run(impasto, pictures):
    said = impasto("measure", "positions", "crop.png", "pebbles.png")
    header, row = (line.split("\t") for line in said.out.splitlines())
    found = dict(zip(header, row))
    assert float(found["copied in runs"]) > 0.99
    assert float(found["distance"]) < 0.005
    assert float(found["mean run"]) > 40


def test_positions_as_json_say_what_was_looked_at(impasto, pictures):
    said = impasto("measure", "positions", "mirrored.png", "pebbles.png", "--every", "3", "--patch", "5", "--json")
    found = json.loads(said.out)
    assert (found["patch"], found["every"], found["patches"]) == (5, 3, 21 * 21)
    assert found["copied in runs"] < 0.5
    assert found["picture"] == "mirrored.png"


def test_the_map_is_written_alone_or_with_its_key(impasto, pictures, tmp_path):
    assert impasto("measure", "positions", "crop.png", "pebbles.png", "-o", "sheet.png").status == 0
    assert impasto("measure", "positions", "crop.png", "pebbles.png", "-o", "map.png", "--only-map").status == 0
    alone = read(tmp_path / "map.png")
    assert alone.shape == (3, 40, 56)
    assert len(alone.flatten(1).unique(dim=1).T) > 1000
    sheet = read(tmp_path / "sheet.png")
    assert sheet.shape[1] > 2 * 64
    assert sheet.shape[2] > 2 * 64


def test_textures_are_compared_in_a_table(impasto, pictures):
    said = impasto("measure", "texture", "mirrored.png", "pebbles.png", "pebbles.png")
    header, mirrored, same, diversity = (line.split("\t") for line in said.out.splitlines())
    assert header[0] == "picture"
    assert set(header) >= {"patches", "patches 1/2", "coherence", "completeness", "autocorrelation", "colors", "seam"}
    table = {row[0]: dict(zip(header, row)) for row in (mirrored, same)}
    assert float(table["pebbles.png"]["patches"]) == float(table["pebbles.png"]["autocorrelation"]) == 0
    assert float(table["mirrored.png"]["colors"]) == 0
    assert float(table["mirrored.png"]["coherence"]) > 0.01
    assert diversity[0] == "diversity"
    assert 0 < float(diversity[1]) < 2


def test_a_diversity_that_is_left_out_is_said(impasto, pictures):
    said = impasto("measure", "texture", "crop.png", "mirrored.png", "pebbles.png", "--scales", "1")
    assert "diversity" not in said.out
    assert said.err == "diversity: left out, it needs pictures of one size; these are 56x40, 64x64 pixels\n"
    assert impasto("measure", "texture", "crop.png", "pebbles.png", "--scales", "1").err == ""


def test_textures_as_json(impasto, pictures):
    found = json.loads(impasto("measure", "texture", "crop.png", "pebbles.png", "--json", "--scales", "1").out)
    assert found["diversity"] is None
    assert found["exemplar"] == "pebbles.png"
    assert found["pictures"][0]["coherence"] < 0.005
    assert "patches 1/2" not in found["pictures"][0]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["texture", "crop.png"], "measure texture: give one or more pictures, and last the exemplar"),
        (["texture", "none.png", "crop.png"], "none.png: no such file"),
        (
            ["texture", "flat.png", "crop.png"],
            "flat.png: 40x5 pixels are less than a patch of 7; take a larger one, or a smaller --patch",
        ),
        (["texture", "crop.png", "crop.png", "--scales", "0"], "scales must be between 1 and 10, got 0"),
        (["positions", "crop.png", "flat.png"], "flat.png: 40x5 pixels are less than a patch of 7"),
        (["positions", "crop.png", "crop.png", "--patch", "99"], "patch must be between 1 and 63, got 99"),
        (["positions", "crop.png", "crop.png", "--only-map"], "--only-map: there is nothing to write; give -o a file"),
        (["positions", "crop.png", "crop.png", "-o", "map.xyz"], "cannot write '.xyz' files"),
    ],
)
def test_what_cannot_be_measured_gets_one_line(impasto, pictures, words, line):
    said = impasto("measure", *words)
    assert said.status == 2
    assert said.out == ""
    assert said.err.startswith(f"impasto: {line}")
    assert said.err.count("\n") == 1
