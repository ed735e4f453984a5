"""Masks from the command's words to the picture, in every method's option."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
from PIL import Image

from impasto.images import read as read_picture
from impasto.images import write
from impasto.images.recipe import read_recipe

HOLE = np.zeros((48, 64), bool)
HOLE[20:28, 30:42] = True
Y, X = np.mgrid[:48, :64]
PHOTO = np.stack([X * 3 + 40, 255 - Y * 3, (X ^ Y) * 3], -1).astype(np.uint8)


@pytest.fixture
def pictures(tmp_path):
    white = np.full_like(PHOTO, 255)
    layers = {"erased": (PHOTO, ~HOLE), "stroke": (white, HOLE), "black": (0 * PHOTO, HOLE)}
    for name, (color, painted) in layers.items():
        Image.fromarray(np.dstack([color * painted[:, :, None], painted * np.uint8(255)])).save(
            tmp_path / f"{name}.png"
        )
    Image.fromarray(PHOTO).save(tmp_path / "photo.png")
    Image.fromarray(PHOTO[::-1, ::-1, 0]).save(tmp_path / "grey.png")
    Image.fromarray(HOLE.astype(np.uint8) * 255).save(tmp_path / "hole.png")
    return tmp_path


def read(path):
    return np.asarray(Image.open(path).convert("RGB")).astype(int)


@pytest.mark.parametrize("method", ["patches", "sliced-patches"])
@pytest.mark.parametrize("mask", ["erased.png", "stroke.png"])
def test_only_the_hole_is_filled(impasto, pictures, method, mask):
    quick = ["--steps", 3] if method == "sliced-patches" else []
    for file, output in ((mask, "filled.png"), ("hole.png", "plain.png")):
        assert (
            impasto("vary", method, "photo.png", "--mask", file, *quick, "--no-record", "-q", "-o", output).status == 0
        )
    filled = read(pictures / "filled.png")
    assert (filled[~HOLE] == PHOTO[~HOLE]).all()
    assert (filled == read(pictures / "plain.png")).all()


@pytest.mark.parametrize("mask", ["stroke.png", "erased.png"])
@pytest.mark.parametrize("words", [["--region", "{}=grey.png"], ["--style-map", "{}"]])
def test_regions_and_maps_are_read_as_holes_are(impasto, pictures, mask, words):
    for file, output in ((mask, "painted.png"), ("hole.png", "plain.png")):
        given = [word.format(file) for word in words]
        assert impasto("style", "fast", "photo.png", "photo.png", *given, "--no-record", "-q", "-o", output).status == 0
    assert (read(pictures / "painted.png") == read(pictures / "plain.png")).all()


@pytest.mark.parametrize(
    "words",
    [
        "vary patches photo.png --mask black.png",
        "vary sliced-patches photo.png --mask black.png --mask-use keep",
        "style fast photo.png photo.png --region black.png=grey.png",
        "style gatys photo.png grey.png --style-map black.png",
        "texture patches photo.png --guide black.png --exemplar-guide two.png",
    ],
)
def test_masks_of_two_meanings_are_refused_before_the_cost_is_told(impasto, pictures, words):
    both = np.array(Image.open(pictures / "stroke.png"))
    both[:8, :8] = (0, 0, 0, 255)
    Image.fromarray(both).save(pictures / "two.png")
    said = impasto(*words.split(), "--dry-run")
    assert said.status == 2
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
    assert "could mean" in said.err
    assert "black.png: " in said.err or "two.png: " in said.err


def test_a_dry_run_says_what_share_a_mask_covers(impasto, pictures):
    plan = json.loads(impasto("vary", "patches", "photo.png", "--mask", "stroke.png", "--dry-run").out)
    assert plan["notices"] == ["stroke.png: counts as white 3.1% of the picture"]


def test_a_picture_with_such_a_mask_repeats(impasto, pictures):
    impasto("vary", "patches", "photo.png", "--mask", "erased.png", "--no-record", "-q", "-o", "filled.png")
    assert impasto("runs", "repeat", "filled.png", "--no-record", "-o", "again.png").status == 0
    assert (read(pictures / "again.png") == read(pictures / "filled.png")).all()


def test_recipes_of_before_keep_how_they_read_masks(impasto, pictures):
    """A recipe that says nothing of reading: the photo's light parts were white then."""
    impasto("vary", "patches", "photo.png", "--mask", "hole.png", "--no-record", "-q", "-o", "filled.png")
    recipe = read_recipe(pictures / "filled.png")
    bright = np.where(HOLE[:, :, None], (200, 255, 180), (90, 20, 20)).astype(np.uint8)
    Image.fromarray(bright).save(pictures / "hole.png")
    mask = next(record for record in recipe["inputs"] if record["name"] == "mask")
    mask["sha256"] = hashlib.sha256((pictures / "hole.png").read_bytes()).hexdigest()
    assert mask.pop("reading") == "mask"
    write(read_picture(pictures / "filled.png"), pictures / "old.png", recipe=recipe)
    assert impasto("runs", "repeat", "old.png", "--no-record", "-o", "again.png").status == 0
    assert (read(pictures / "again.png") == read(pictures / "filled.png")).all()
