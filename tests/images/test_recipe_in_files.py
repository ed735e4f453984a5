"""The recipe that a written picture carries comes back."""

import io
import json

import numpy as np
import pytest
import tifffile
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from impasto.errors import InputError
from impasto.images import encode, read_recipe, write

IMAGE = torch.rand(3, 24, 31, generator=torch.Generator().manual_seed(0))
RECIPE = {"method": "texture gram", "config": {"seed": 7, "lr": 0.1, "layers": ["a", "é画"]}, "none": None}


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tif"])
def test_the_recipe_comes_back(suffix, tmp_path):
    path = tmp_path / f"out.{suffix}"
    write(IMAGE, path, recipe=RECIPE)
    assert read_recipe(path) == RECIPE
    assert read_recipe(path.read_bytes()) == RECIPE
    write(IMAGE, path)
    assert read_recipe(path) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.text(), json_values, max_size=4), st.sampled_from(["png", "jpeg", "webp", "tiff"]))
def test_any_recipe_comes_back_from_any_format(recipe, format):
    assert read_recipe(encode(IMAGE[:, :2, :2], format, recipe=recipe)) == recipe


def test_pngs_are_sound_and_say_what_they_are():
    for bits in (8, 16):
        picture = Image.open(io.BytesIO(encode(IMAGE, recipe=RECIPE, bits=bits)))
        picture.verify()  # checks every chunk's checksum
        assert json.loads(picture.info["impasto"]) == RECIPE
        assert picture.info["srgb"] == 1


def test_exif_has_the_bytes_that_pillow_gives_it():
    exif = Image.Exif()
    exif.get_ifd(0x8769).update(
        {0xA001: 1, 0x9286: b"ASCII\0\0\0" + json.dumps(RECIPE, separators=(",", ":")).encode()}
    )
    for format in ("jpeg", "webp"):
        assert (
            Image.open(io.BytesIO(encode(IMAGE, format, recipe=RECIPE))).info["exif"].removeprefix(b"Exif\0\0")
            == exif.tobytes()[6:]
        )


def test_a_recipe_behind_the_pixels_is_found_too():
    png = encode(IMAGE, recipe=RECIPE)
    start = png.index(b"iTXt") - 4
    end = start + 12 + int.from_bytes(png[start : start + 4], "big")
    moved = png[:start] + png[end:-12] + png[start:end] + png[-12:]
    assert read_recipe(moved) == RECIPE


def test_other_peoples_metadata_is_no_recipe():
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0holiday"
    stream = io.BytesIO()
    Image.new("RGB", (4, 4)).save(stream, "JPEG", exif=exif.tobytes())
    assert read_recipe(stream.getvalue()) is None
    stream = io.BytesIO()
    tifffile.imwrite(stream, np.zeros((4, 4, 3), np.uint8), description="[1, 2]", metadata=None)
    assert read_recipe(stream.getvalue()) is None


def test_a_recipe_too_long_for_jpeg_is_refused():
    long = {"text": "x" * 70_000}
    with pytest.raises(InputError, match=r"does not fit in a JPEG or WebP: write a \.png"):
        encode(IMAGE, "jpeg", recipe=long)
    assert read_recipe(encode(IMAGE, "png", recipe=long)) == long
