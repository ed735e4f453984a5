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
    assert found["facts"] == {"patch": 5, "every": 3, "patches": 21 * 21}
    assert found["tables"]["table"][0]["copied in runs"] < 0.5
    assert [it["path"] for it in found["inputs"]] == ["mirrored.png", "pebbles.png"]
    assert found["run"] is None


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
    header, mirrored, same, name, diversity = (line.split("\t") for line in said.out.splitlines())
    assert header[0] == "picture"
    assert set(header) >= {"patches", "patches 1/2", "coherence", "completeness", "autocorrelation", "colors", "seam"}
    table = {row[0]: dict(zip(header, row)) for row in (mirrored, same)}
    assert float(table["pebbles.png"]["patches"]) == float(table["pebbles.png"]["autocorrelation"]) == 0
    assert float(table["mirrored.png"]["colors"]) == 0
    assert float(table["mirrored.png"]["coherence"]) > 0.01
    assert name == ["diversity"]
    assert 0 < float(diversity[0]) < 2


def test_a_diversity_that_is_left_out_is_said(impasto, pictures):
    said = impasto("measure", "texture", "crop.png", "mirrored.png", "pebbles.png", "--scales", "1")
    assert "diversity" not in said.out
    assert "diversity: left out, it needs pictures of one size; these are 56x40, 64x64 pixels\n" in said.err
    assert "diversity" not in impasto("measure", "texture", "crop.png", "pebbles.png", "--scales", "1").err


def test_textures_as_json(impasto, pictures):
    found = json.loads(impasto("measure", "texture", "crop.png", "pebbles.png", "--json", "--scales", "1").out)
    assert found["facts"]["diversity"] is None
    (row,) = found["tables"]["table"]
    assert row["picture"] == "crop.png"
    assert row["coherence"] < 0.005
    assert "patches 1/2" not in row


def test_measures_keep_no_run_unless_they_are_asked_to(impasto, pictures, tmp_path):
    assert impasto("measure", "texture", "crop.png", "pebbles.png", "--scales", "1").status == 0
    assert not (tmp_path / "runs").exists()
    assert impasto("measure", "texture", "crop.png", "pebbles.png", "--scales", "1", "--record").status == 0
    (folder,) = (tmp_path / "runs").iterdir()
    assert (folder / "tables/table.csv").read_text().startswith("picture,patches,coherence,")
    assert "coherence" in (folder / "report.html").read_text()


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["texture", "crop.png"], "exemplar is missing: the picture that they were made from, given last"),
        (["texture", "none.png", "crop.png"], "none.png: no such file"),
        (
            ["texture", "flat.png", "crop.png"],
            "flat.png: 40x5 pixels are less than a patch of 7; take a larger one, or a smaller --patch",
        ),
        (["texture", "crop.png", "crop.png", "--scales", "0"], "scales must be between 1 and 10, got 0"),
        (["positions", "crop.png", "flat.png"], "flat.png: 40x5 pixels are less than a patch of 7"),
        (["positions", "crop.png", "crop.png", "--patch", "99"], "patch must be between 1 and 63, got 99"),
        (["positions", "crop.png", "crop.png", "-o", "map.xyz"], "cannot write '.xyz' files"),
    ],
)
def test_what_cannot_be_measured_gets_one_line(impasto, pictures, words, line):
    said = impasto("measure", *words)
    assert said.status == 2
    assert said.out == ""
    assert said.err.startswith(f"impasto: {line}")
    assert said.err.count("\n") == 1
