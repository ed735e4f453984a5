"""A recipe is followed as it was meant when it was made, and no further than the files that it names allow."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
import torch
from PIL import Image

from impasto.errors import InputError
from impasto.images import write
from impasto.images.recipe import read_recipe
from impasto.methods import Result
from impasto.registry import METHODS
from impasto.runs.execute import perform
from impasto.runs.job import prepare
from impasto.runs.recipe import recipe_of
from impasto.runs.repeat import repeat
from impasto.textures.pyramid import PyramidConfig, PyramidTexture

CONFIG = PyramidConfig(steps=2, levels=2)


@pytest.fixture
def exemplar(tmp_path):
    values = np.random.default_rng(0).integers(0, 256, (40, 48), dtype=np.uint8)
    Image.fromarray(np.stack([values] * 3, axis=2)).save(tmp_path / "grey.png")
    return tmp_path / "grey.png"


@pytest.fixture
def made(exemplar, tmp_path):
    """A picture with another recipe than the one that it was made by."""
    outcome = perform(prepare(PyramidTexture(CONFIG), {"exemplar": [exemplar]}), output=tmp_path / "made.png")

    def with_recipe(**changes):
        recipe = read_recipe(tmp_path / "made.png")
        recipe["inputs"] = [record | changes.pop("record", {}) for record in recipe["inputs"]]
        write(next(iter(outcome.images.values())), tmp_path / "other.png", recipe=recipe | changes)
        return tmp_path / "other.png"

    return with_recipe


def picture_of(job):
    return next(iter(perform(job).images.values()))


def job_of(picture):
    return repeat(recipe_of(picture), picture, {})


def test_the_cost_goes_by_the_file_and_not_by_what_the_recipe_says_of_it(made):
    forecast = job_of(made()).forecast
    assert job_of(made(record={"size": [4, 4]})).forecast == forecast


@pytest.mark.parametrize("version", [1, 2, 3])
def test_recipes_that_knew_no_grey_repeat_without(made, version, monkeypatch):
    monkeypatch.setattr("impasto.textures.pyramid.PyramidTexture.run", _tinted)
    assert not _is_grey(picture_of(job_of(made(version=version))))
    assert _is_grey(picture_of(job_of(made())))


def test_a_recipe_that_was_repeated_says_what_it_was(made, tmp_path):
    old = perform(job_of(made(version=3)), output=tmp_path / "again.png")
    assert old.recipe.grey is False
    assert recipe_of(tmp_path / "again.png").grey is False


def gamma_one(path):
    """A grey picture in linear light: PNG, third edition, 11.3.2.2."""
    data = path.read_bytes()
    body = b"gAMA" + struct.pack(">I", 100_000)
    path.write_bytes(data[:33] + struct.pack(">I", 4) + body + struct.pack(">I", zlib.crc32(body)) + data[33:])


@pytest.mark.parametrize(("version", "linear", "told"), [(1, True, 1), (3, True, 1), (4, True, 0), (3, False, 0)])
def test_a_line_says_that_a_files_colours_were_read_otherwise(exemplar, tmp_path, version, linear, told):
    if linear:
        gamma_one(exemplar)
    outcome = perform(prepare(PyramidTexture(CONFIG), {"exemplar": [exemplar]}), output=tmp_path / "made.png")
    recipe = read_recipe(tmp_path / "made.png") | {"version": version}
    write(next(iter(outcome.images.values())), tmp_path / "old.png", recipe=recipe)
    lines: list[str] = []
    perform(
        repeat(recipe_of(tmp_path / "old.png"), tmp_path / "old.png", {}, say=lines.append), output=tmp_path / "n.png"
    )
    assert [line for line in lines if "colours" in line] == told * [
        f"note: {exemplar}: what it says of its colours was not followed when this was made, and is now: "
        "the pixels will differ"
    ]
    lines.clear()
    repeat(recipe_of(tmp_path / "n.png"), tmp_path / "n.png", {}, say=lines.append)
    assert not [line for line in lines if "colours" in line]  # it is made as they are read now


def test_a_recipe_of_a_newer_version_is_refused(made):
    with pytest.raises(InputError, match="made by a newer impasto"):
        recipe_of(made(version=99))


def test_a_recipe_makes_no_mask_of_an_exemplar(made):
    with pytest.raises(InputError, match="reads 'exemplar' as a mask"):
        job_of(made(record={"reading": "mask"}))


def test_a_photo_that_is_nearly_grey_stays_as_it_is_where_nothing_is_mended(exemplar, tmp_path):
    values = np.asarray(Image.open(exemplar)).copy()
    values[::2, :, 2] = np.where(values[::2, :, 2] < 255, values[::2, :, 2] + 1, 254)
    hole = np.zeros(values.shape[:2], bool)
    hole[10:18, 20:30] = True
    Image.fromarray(values).save(tmp_path / "nearly.png")
    Image.fromarray(hole).save(tmp_path / "hole.png")
    method = METHODS["vary patches"].load()
    job = prepare(method(method.Config()), {"image": [tmp_path / "nearly.png"], "mask": [tmp_path / "hole.png"]})
    found = (picture_of(job).permute(1, 2, 0).numpy() * 255).round()
    assert (found[~hole] == values[~hole]).all()


def _tinted(*_):
    return Result({"output": torch.stack([torch.full((16, 16), level) for level in (0.2, 0.3, 0.4)])})


def _is_grey(picture: torch.Tensor) -> bool:
    return torch.equal(picture[0], picture[1]) and torch.equal(picture[0], picture[2])


def test_half_a_letter_in_a_strangers_recipe_is_read_as_something_else(made):
    assert recipe_of(made(record={"path": "a\ud800b.png"})).inputs[0].path == "a?b.png"
