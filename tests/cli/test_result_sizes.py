"""A result is as large as a person asked, reckoned from the file, also where the work is done on a reduced picture."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from impasto.images import read_size

PERCENT = [
    ("vary patches", "wide.png --size 100%", (1100, 330)),
    ("vary patches", "wide.png --size 50%", (550, 165)),
    ("vary sliced-patches", "large.jpg --size 20%", (240, 180)),
    ("texture quilt", "wide.png --size 2x", (2200, 660)),
    ("texture quilt", "large.jpg --exemplar-size 100 --size x0.25", (300, 225)),
    ("texture patches", "large.jpg wide.png --size 50%", (600, 450)),
    ("texture sliced-patches", "large.jpg --size 10%", (120, 90)),
    ("texture gram", "large.jpg --size 50%", (600, 450)),
    ("texture kwatra", "large.jpg --size 25%", (300, 225)),
    ("texture pyramid", "large.jpg --size 0.5x", (600, 450)),
    ("style fast", "large.jpg wide.png --size 100%", (1200, 900)),
    ("style sliced-patches", "large.jpg wide.png --size 150%", (1800, 1350)),
]
DEFAULTS = [
    ("vary patches", "wide.png", (1024, 307)),
    ("texture quilt", "large.jpg --exemplar-size 300", (300, 225)),
    ("texture gram", "large.jpg --exemplar-size 100", (100, 75)),
    ("style gatys", "large.jpg wide.png", (1024, 768)),
    ("style gatys", "large.jpg half.png", (1024, 768)),
    ("texture quilt", "half.png --guide large.jpg", (512, 384)),
    ("reconstruct content", "large.jpg", (256, 192)),
]


@pytest.fixture
def pictures(tmp_path):
    """Two pictures that are larger than what the methods work from by themselves."""
    noise = np.random.default_rng(3).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    Image.fromarray(noise).resize((1200, 900)).save(tmp_path / "large.jpg")
    Image.fromarray(noise).resize((1100, 330)).save(tmp_path / "wide.png")
    Image.fromarray(noise).resize((1024, 768)).save(tmp_path / "half.png")


@pytest.mark.parametrize(("method", "words", "size"), PERCENT)
def test_a_share_is_one_of_the_file(impasto, pictures, method, words, size):
    plan = json.loads(impasto(*method.split(), *words.split(), "--dry-run").out)
    assert plan["forecast"]["size"] == list(size)
    assert not [line for line in plan["notices"] if "the result is" in line]


@pytest.mark.parametrize(("method", "words", "size"), DEFAULTS)
def test_a_smaller_result_than_the_file_is_said_and_how_to_have_it_whole(impasto, pictures, method, words, size):
    plan = json.loads(impasto(*method.split(), *words.split(), "--dry-run").out)
    assert plan["forecast"]["size"] == list(size)
    file = next(word for word in ("large.jpg", "wide.png") if word in words)
    own = "1200x900" if file == "large.jpg" else "1100x330"
    told = f"the result is {size[0]}x{size[1]}, {file} is {own}: --size 100% makes as much"
    assert plan["notices"] == [told]


def test_the_picture_has_the_size_that_was_foretold(impasto, pictures, tmp_path):
    said = impasto("texture", "quilt", "wide.png", "--exemplar-size", "64", "--size", "20%", "-o", "q.png")
    assert said.err.splitlines()[0] == (
        "wide.png is worked from at a long side of 64 pixels: --exemplar-size 1100 for more"
    )
    assert read_size(tmp_path / "q.png") == (220, 66)
    small = impasto("texture", "quilt", "wide.png", "--exemplar-size", "64", "-o", "s.png")
    assert small.err.startswith("the result is 64x19, wide.png is 1100x330: --size 100% makes as much\n")
    assert read_size(tmp_path / "s.png") == (64, 19)


def test_a_mended_photo_keeps_its_size(impasto, pictures, tmp_path):
    mask = np.zeros((330, 1100), np.uint8)
    mask[100:140, 500:560] = 255
    Image.fromarray(mask).save(tmp_path / "hole.png")
    plan = json.loads(impasto("vary", "patches", "wide.png", "--mask", "hole.png", "--dry-run").out)
    assert plan["forecast"]["size"] == [1100, 330]
    assert plan["notices"] == ["hole.png: counts as white 0.7% of the picture"]


@pytest.mark.parametrize("words", ["style gatys half.png large.jpg", "texture quilt large.jpg --guide small.png"])
def test_a_larger_picture_that_does_not_decide_the_size_is_no_reason_to_speak(impasto, pictures, tmp_path, words):
    Image.open(tmp_path / "large.jpg").resize((400, 300)).save(tmp_path / "small.png")
    notices = json.loads(impasto(*words.split(), "--dry-run").out)["notices"]
    assert not [line for line in notices if "the result is" in line]
