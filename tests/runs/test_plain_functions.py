"""The plain functions: a picture in, a picture out, nothing written."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

import impasto
from impasto.errors import InputError
from impasto.images import read, read_recipe


def test_a_texture_is_made_from_anything_that_is_a_picture(plaster, tmp_path):
    straight = impasto.texture(plaster, method="drift", steps=2, seed=4)
    from_memory = [read(plaster), Image.open(plaster), plaster.read_bytes(), np.asarray(Image.open(plaster))]
    for picture in from_memory:
        assert torch.equal(impasto.texture(picture, method="drift", steps=2, seed=4).tensor, straight.tensor)
    assert straight.numpy().shape == (16, 24, 3)
    assert straight.image.size == (24, 16)
    assert repr(straight) == "<Picture 24x16 by texture drift, seed 4>"
    assert list(straight.parts) == ["drift", "other"]
    straight.save(tmp_path / "a.png")
    assert read_recipe(tmp_path / "a.png")["config"]["seed"] == 4
    assert float((read(tmp_path / "a.png") - straight.tensor).abs().max()) <= 0.5 / 255 + 1e-6


def test_the_function_survives_the_import_of_the_package_of_its_name(plaster):
    import impasto.textures.pyramid as pyramid

    picture = impasto.texture(plaster, method="pyramid", size=(20, 12), steps=1, levels=2)
    assert picture.tensor.shape == (3, 12, 20)
    assert impasto.textures.pyramid is pyramid


def test_styles_may_be_one_or_several(plaster):
    one = impasto.stylize(plaster, plaster, method="blend")
    assert torch.allclose(impasto.stylize(plaster, [plaster, plaster], method="blend").tensor, one.tensor)
    assert torch.equal(impasto.run("style blend", {"content": plaster, "style": [plaster]}).tensor, one.tensor)


@pytest.mark.parametrize("size", [20, "20", (20, 13), [20, 13], None])
def test_a_size_may_be_numbers_or_words(plaster, size):
    picture = impasto.run("texture pyramid", [plaster], size=size, steps=1, levels=2)
    assert picture.tensor.shape == ((3, 16, 24) if size is None else (3, 13, 20))


def test_a_wrong_value_is_one_line(plaster):
    with pytest.raises(InputError, match=r"^steps must be between 1 and 500, got 0$"):
        impasto.texture(plaster, method="drift", steps=0)
    with pytest.raises(InputError, match="did you mean 'texture drift'"):
        impasto.texture(plaster, method="drft")
    with pytest.raises(InputError, match="takes no picture called 'photo'; it takes exemplar"):
        impasto.run("texture drift", {"exemplar": plaster, "photo": plaster})


def test_importing_the_package_is_light():
    code = "import sys, impasto; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
