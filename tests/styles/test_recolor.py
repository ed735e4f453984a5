"""What a transfer sees when it keeps the photo's colours, and what becomes of its result; against NumPy and skimage."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.color import rgb2yiq

from impasto.images import resize, transfer_linear
from impasto.styles.recolor import KeepColor, KeepColorName, colored, in_luminance, recolored

NAMES = get_args(KeepColorName)
LINEAR = ("linear", "image-analogies", "cholesky", "pca", "monge")
LUMINANCE = tuple(name for name in NAMES if in_luminance(name))


def pixels(picture: torch.Tensor) -> np.ndarray:
    return picture.reshape(3, -1).double().numpy()


def yiq(picture: torch.Tensor) -> np.ndarray:
    return np.moveaxis(rgb2yiq(picture.permute(1, 2, 0).double().numpy()), -1, 0)


def soft(picture: torch.Tensor) -> torch.Tensor:
    """Of small spread, so that nothing is clamped."""
    return 0.5 + 0.3 * (picture - picture.mean((1, 2), keepdim=True))


def grainy(picture: torch.Tensor) -> torch.Tensor:
    """With some of every colour, so that its covariance has full rank."""
    return picture + 0.05 * torch.randn(picture.shape, generator=torch.Generator().manual_seed(0))


def test_off_leaves_all_as_it_is(photo, painting):
    content, styles = recolored(photo[None], [painting[None], photo[None]], "off")
    assert torch.equal(content, photo[None])
    assert torch.equal(styles[0], painting[None])
    assert torch.equal(styles[1], photo[None])
    assert torch.equal(colored(painting, photo, "off"), painting)


@pytest.mark.parametrize("name", LINEAR)
def test_each_painting_gets_the_photos_mean_and_covariance(photo, painting, name):
    photo, painting = soft(grainy(photo)), grainy(painting)
    content, styles = recolored(photo[None], [painting[None], painting.flip(0)[None]], name)
    assert torch.equal(content, photo[None])
    for style in styles:
        assert style.shape == (1, 3, 56, 40)
        assert np.abs(pixels(style).mean(1) - pixels(photo).mean(1)).max() < 1e-5
        assert np.abs(np.cov(pixels(style), bias=True) - np.cov(pixels(photo), bias=True)).max() < 1e-5
    assert torch.equal(colored(painting, photo, name), painting)


def test_linear_is_the_form_of_image_analogies(photo, painting):
    linear, named = (recolored(photo[None], [painting[None]], name)[1][0] for name in ("linear", "image-analogies"))
    assert torch.equal(linear, named)
    assert torch.equal(linear[0], transfer_linear(painting, photo))


def test_each_channel_gets_the_photos_histogram(photo, painting):
    painting = resize(painting, (48, 64))  # as many pixels as the photo: equality is exact
    style = recolored(photo[None], [painting[None]], "histogram")[1][0]
    assert np.array_equal(np.sort(pixels(style)), np.sort(pixels(photo)))


@pytest.mark.parametrize("name", LUMINANCE)
def test_for_luminance_all_pictures_are_grey_and_the_photo_keeps_its_y(photo, painting, name):
    content, (style,) = recolored(photo[None], [painting[None]], name)
    for grey, shape in ((content, (1, 3, 48, 64)), (style, (1, 3, 56, 40))):
        assert grey.shape == shape
        assert float((grey[:, 0] - grey[:, 2]).abs().max()) < 1e-6
    assert np.abs(content[0, 0].double().numpy() - yiq(photo)[0]).max() < 1e-6


def test_luminance_alone_keeps_the_paintings_y(photo, painting):
    style = recolored(photo[None], [painting[None]], "luminance")[1][0]
    assert np.abs(style[0, 0].double().numpy() - yiq(painting)[0]).max() < 1e-6


def test_matched_luminance_has_the_photos_mean_and_deviation(photo, painting):
    photo = soft(photo)
    style = recolored(photo[None], [painting[None]], "luminance-matched")[1][0][0, 0].double().numpy()
    ours, wanted = yiq(painting)[0], yiq(photo)[0]
    expected = (ours - ours.mean()) * wanted.std() / ours.std() + wanted.mean()
    assert np.abs(style - expected).max() < 1e-6


def test_the_luminance_histogram_is_the_photos(photo, painting):
    painting = resize(painting, (48, 64))
    style = recolored(photo[None], [painting[None]], "luminance-histogram")[1][0][0, 0].double().numpy()
    assert np.abs(np.sort(style.ravel()) - np.sort(yiq(photo)[0].ravel())).max() < 1e-6


@pytest.mark.parametrize("name", LUMINANCE)
@pytest.mark.parametrize("channels", [1, 3])
def test_a_result_of_luminance_gets_the_photos_chroma_and_keeps_its_own_y(photo, name, channels):
    photo = soft(photo)
    result = (0.5 + 0.2 * torch.rand(1, 48, 64, generator=torch.Generator().manual_seed(1))).expand(channels, -1, -1)
    found = colored(result, photo, name)
    assert found.shape == (3, 48, 64)
    assert np.abs(yiq(found)[0] - result[0].double().numpy()).max() < 1e-6
    assert np.abs(yiq(found)[1:] - yiq(photo)[1:]).max() < 1e-6


@settings(max_examples=25, deadline=None)
@given(
    name=st.sampled_from(NAMES), sides=st.tuples(*[st.integers(1, 9)] * 4), grey=st.booleans(), seed=st.integers(0, 99)
)
def test_any_pictures_of_any_sizes_stay_pictures(name, sides, grey, seed):
    random = torch.Generator().manual_seed(seed)
    photo = torch.rand(3, *sides[:2], generator=random)
    painting = torch.rand(1 if grey else 3, *sides[2:], generator=random).expand(3, -1, -1)
    content, (style,) = recolored(photo[None], [painting[None]], name)
    shown = colored(content[0], photo, name)
    for picture, shape in ((content[0], photo.shape), (style[0], painting.shape), (shown, photo.shape)):
        assert picture.shape == shape
        assert bool(torch.isfinite(picture).all())
        assert float(picture.min()) >= 0
        assert float(picture.max()) <= 1
    assert float((shown - photo).abs().max()) < 1e-5  # a picture that was not painted over comes back


def test_the_parameter_is_off_unless_it_is_named():
    assert KeepColor().keep_color == "off"
