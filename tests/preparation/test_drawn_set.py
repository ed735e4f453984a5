"""The set drawn by code: the same for everybody, and what its tables say is what is seen."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from impasto.cli.app import run
from impasto.images import read
from impasto.samples.portraits.portrait import boxes_of, portrait
from impasto.samples.portraits.traits import traits


def test_a_portrait_is_a_function_of_seed_and_number():
    assert np.array_equal(portrait(3, 7).picture, portrait(3, 7).picture)
    assert not np.array_equal(portrait(3, 7).picture, portrait(3, 8).picture)
    assert not np.array_equal(portrait(3, 7).picture, portrait(4, 7).picture)


def test_attributes_are_as_frequent_as_said_and_independent():
    found = [traits(0, number) for number in range(1, 1501)]
    table = np.array([[it.glasses, it.hat, it.smile, it.long_hair, it.turned == "left"] for it in found], float)
    assert np.allclose(table.mean(0), (0.4, 0.4, 0.5, 0.5, 0.5), atol=0.04)
    assert np.abs(np.corrcoef(table.T) - np.eye(5)).max() < 0.08


def test_what_has_a_box_changes_the_pixels_in_it_alone(monkeypatch):
    """Two portraits that differ in the glasses alone differ where the box says, and nowhere else."""
    number = next(n for n in range(1, 99) if traits(0, n).glasses and not traits(0, n).hat)
    drawn = portrait(0, number, 128)
    bare = traits(0, number).__class__(**{**vars(drawn.traits), "glasses": False})
    monkeypatch.setattr("impasto.samples.portraits.portrait.traits", lambda seed, n: bare)
    changed = (drawn.picture != portrait(0, number, 128).picture).any(-1)
    left, top, right, bottom = drawn.boxes["glasses"]
    assert changed[top:bottom, left:right].mean() > 0.3
    changed[top:bottom, left:right] = False
    assert not changed.any()


def test_boxes_are_known_without_drawing():
    for number in range(1, 12):
        assert boxes_of(0, number, 48) == portrait(0, number, 48).boxes


def test_the_folder_holds_pictures_tables_and_the_recipe(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert (
        run(["data", "drawn", "--count", "35", "--size", "32", "--first", "4", "-o", "set/", "-q", "--no-record"]) == 0
    )
    names = sorted(path.name for path in Path("set").iterdir())
    assert names == [*(f"{n:05d}.png" for n in range(4, 39)), "attributes.csv", "boxes.csv", "data.json"]
    with Path("set/attributes.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[1] == {"picture": "00005", **traits(0, 5).attributes}
    assert np.array_equal(
        np.asarray(read("set/00009.png") * 255).round(), portrait(0, 9, 32).picture.transpose(2, 0, 1)
    )


def test_one_portrait_s_recipe_makes_it_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(["data", "drawn", "--count", "3", "--size", "16", "-o", "set", "-q", "--no-record"]) == 0
    assert run(["runs", "repeat", "set/00002.png", "-o", "again.png", "-q", "--no-record"]) == 0
    assert Path("again.png").read_bytes() == Path("set/00002.png").read_bytes()
