"""Resizing against Pillow and closed forms; sizes as people write them."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from impasto.errors import InputError
from impasto.images import fit_long_side, parse_size, resize, srgb_to_linear
from impasto.images.sizes import check_same_size

IMAGE = torch.rand(3, 40, 60, generator=torch.Generator().manual_seed(0))
FILTERS = ["lanczos", "bicubic", "bilinear", "area", "nearest"]


@pytest.mark.parametrize("size", [(20, 13), (7, 40), (60, 9), (90, 100)])
@pytest.mark.parametrize("name", ["lanczos", "bicubic", "bilinear"])
def test_it_agrees_with_pillow(size, name):
    filter = getattr(Image.Resampling, name.upper())
    expected = [np.asarray(Image.fromarray(channel.numpy(), "F").resize(size, filter)) for channel in IMAGE]
    out = resize(IMAGE, size, filter=name, clamp=False)
    assert out.shape == (3, size[1], size[0])
    assert np.abs(out.numpy() - np.stack(expected)).max() < 1e-5


def test_area_by_whole_factors_is_the_mean_of_boxes():
    expected = IMAGE.reshape(3, 10, 4, 20, 3).mean((2, 4))
    assert torch.allclose(resize(IMAGE, (20, 10), filter="area"), expected, atol=1e-6)


@pytest.mark.parametrize("filter", FILTERS)
def test_constants_stay_and_batches_are_images_side_by_side(filter):
    grey = torch.full((3, 11, 13), 0.3)
    for linear_light in (False, True):
        assert torch.allclose(resize(grey, (5, 30), filter=filter, linear_light=linear_light), torch.tensor(0.3))
    batch = torch.stack([IMAGE, IMAGE.flip(1)])
    out = resize(batch, (17, 9), filter=filter)
    assert torch.equal(out[1], resize(IMAGE.flip(1), (17, 9), filter=filter))


def test_nothing_aliases():
    stripes = (torch.arange(256) % 2).float().expand(3, 64, 256)
    for filter in ("lanczos", "bicubic", "bilinear", "area"):
        assert resize(stripes, (64, 16), filter=filter)[:, :, 2:-2].std() < 0.02


def test_linear_light_averages_light():
    checker = ((torch.arange(8)[:, None] + torch.arange(8)) % 2).float().expand(3, 8, 8)
    out = resize(checker, (1, 1), linear_light=True, filter="area")
    assert torch.allclose(srgb_to_linear(out), torch.tensor(0.5), atol=1e-5)
    assert torch.allclose(out, torch.tensor(0.7354), atol=1e-3)
    assert torch.allclose(resize(checker, (1, 1), filter="area"), torch.tensor(0.5))


@given(
    st.integers(1, 12),
    st.integers(1, 12),
    st.integers(1, 20),
    st.integers(1, 20),
    st.sampled_from(FILTERS),
    st.booleans(),
)
def test_any_size_gives_that_size_within_range(height, width, new_height, new_width, filter, linear_light):
    image = torch.rand(3, height, width).round()
    out = resize(image, (new_width, new_height), filter=filter, linear_light=linear_light)
    assert out.shape == (3, new_height, new_width)
    assert 0 <= out.min() <= out.max() <= 1 + 1e-6


@pytest.mark.parametrize("filter", FILTERS)
def test_the_gradient_is_right(filter):
    image = torch.rand(1, 3, 5, 6, dtype=torch.float64).mul(0.6).add(0.2).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: resize(x, (4, 3), filter=filter, clamp=False), image)
    assert torch.autograd.gradcheck(lambda x: resize(x, (4, 3), filter=filter, linear_light=True, clamp=False), image)


def test_wrong_requests_are_refused():
    for size in ((0, 5), (5, -1), (40000, 5)):
        with pytest.raises(InputError, match="sides between 1 and 32768"):
            resize(IMAGE, size)
    with pytest.raises(InputError, match="filter must be one of lanczos, bicubic"):
        resize(IMAGE, (5, 5), filter="cubic")
    with pytest.raises(InputError, match="shape"):
        resize(IMAGE[0], (5, 5))


@pytest.mark.parametrize(
    ("text", "of", "size"),
    [
        ("512x384", None, (512, 384)),
        (" 512 X 384 ", (9, 9), (512, 384)),
        ("512×384", None, (512, 384)),
        ("512", None, (512, 512)),
        ("512", (4000, 3000), (512, 384)),
        ("512", (3000, 4000), (384, 512)),
        ("10", (10000, 3), (10, 1)),
        ("50%", (640, 480), (320, 240)),
        ("12.5%", (640, 480), (80, 60)),
        ("x0.5", (640, 480), (320, 240)),
        ("0.5x", (640, 480), (320, 240)),
        ("2x", (640, 480), (1280, 960)),
        ("1%", (10, 10), (1, 1)),
        ("32768x1", None, (32768, 1)),
    ],
)
def test_sizes_are_understood(text, of, size):
    assert parse_size(text, of) == size


@pytest.mark.parametrize(
    "text", ["", "big", "512x", "x", "-5", "0", "0x5", "5x0", "512x384x3", "40000", "1e3", "0%", "5.5"]
)
def test_other_sizes_are_refused(text):
    with pytest.raises(InputError, match="size") as caught:
        parse_size(text, (640, 480))
    assert str(caught.value).isprintable()


def test_a_factor_needs_a_picture():
    for text in ("50%", "2x"):
        with pytest.raises(InputError, match="needs a picture to refer to"):
            parse_size(text)


@settings(max_examples=50, deadline=None)
@given(st.text("0123456789x×.% X", max_size=9), st.none() | st.tuples(st.integers(1, 5000), st.integers(1, 5000)))
def test_any_text_is_a_size_or_refused(text, of):
    try:
        width, height = parse_size(text, of)
    except InputError:
        return
    assert 1 <= width <= 32768
    assert 1 <= height <= 32768


@given(st.integers(1, 9000), st.integers(1, 9000), st.integers(1, 4000))
def test_the_long_side_fits_and_the_shape_is_kept(width, height, long):
    new_width, new_height = fit_long_side((width, height), long)
    assert max(new_width, new_height) == long
    assert abs(new_width * height - new_height * width) <= max(width, height)


def test_pictures_of_two_sizes_are_told_apart_by_name():
    check_same_size(IMAGE, IMAGE[:1], "mask", "the picture")
    with pytest.raises(InputError, match=r"mask is 40x60 pixels, but the picture is 60x40; make them the same size"):
        check_same_size(IMAGE.mT, IMAGE, "mask", "the picture")
