"""The photographs that come inside libraries are there without a network."""

import numpy as np
import pytest
import torch

from impasto.errors import InputError
from impasto.samples.photos import SAMPLES, sample


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_a_picture_of_the_size_it_says(name):
    picture = sample(name)
    width, height = SAMPLES[name].rpartition(" ")[2].split("x")
    assert picture.shape == (3, int(height), int(width))
    assert picture.dtype == torch.float32
    assert picture.std() > 0.05


def test_a_sample_has_the_librarys_pixels():
    import skimage.data

    ours = (sample("coffee") * 255).round().byte().permute(1, 2, 0).numpy()
    assert np.array_equal(ours, skimage.data.coffee())


def test_a_grey_sample_has_three_equal_channels():
    picture = sample("brick")
    assert torch.equal(picture[0], picture[1])
    assert torch.equal(picture[1], picture[2])


def test_a_mistyped_sample_gets_the_nearest_right_name():
    with pytest.raises(InputError, match="no sample is called 'astronout'; did you mean 'astronaut'"):
        sample("astronout")
