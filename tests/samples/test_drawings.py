"""The project's own drawings are the same every time, and are pictures of something."""

from functools import lru_cache

import pytest
import torch

from impasto.errors import InputError
from impasto.samples.drawings import DRAWINGS, STYLES, TEXTURES, drawing

drawn = lru_cache(drawing)


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_is_the_same_every_time(name):
    assert torch.equal(drawing(name, 48), drawn(name, 48))


@pytest.mark.parametrize("name", DRAWINGS)
def test_another_seed_draws_another_picture(name):
    assert (drawn(name, 48) - drawing(name, 48, seed=2)).abs().mean() > 0.005


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_is_a_picture_with_many_colours(name):
    picture = drawing(name, 96)
    assert picture.shape == (3, 96, 96)
    assert picture.dtype == torch.float32
    assert picture.min() >= 0
    assert picture.max() <= 1
    assert picture.is_contiguous()
    assert picture.mean(0).std() > 0.1  # light and dark
    spread = (picture.max(0).values - picture.min(0).values).mean()
    assert spread > 0.06  # not grey
    coarse = torch.unique((picture * 7).round().flatten(1).T, dim=0)
    assert len(coarse) > 40


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_larger_drawing_shows_the_same_scene(name):
    small = drawn(name, 48)
    large = torch.nn.functional.avg_pool2d(drawing(name, 192)[None], 4)[0]
    assert (small.mean((1, 2)) - large.mean((1, 2))).abs().max() < 0.12


def test_textures_are_alike_all_over():
    for name in TEXTURES:
        quarters = drawing(name, 128).unfold(1, 64, 64).unfold(2, 64, 64).mean((3, 4)).flatten(1)
        assert (quarters.max(1).values - quarters.min(1).values).max() < 0.25, name


def test_every_drawing_is_a_style_or_a_texture():
    assert set(STYLES) | set(TEXTURES) == set(DRAWINGS)
    assert not set(STYLES) & set(TEXTURES)


def test_a_mistyped_name_gets_the_nearest_right_one():
    with pytest.raises(InputError, match="no drawing is called 'swirl'; did you mean 'swirls'"):
        drawing("swirl")


@pytest.mark.parametrize("size", [31, 4097])
def test_a_size_out_of_range_is_refused(size):
    with pytest.raises(InputError, match=f"between 32 and 4096 pixels, got {size}"):
        drawing("weave", size)
