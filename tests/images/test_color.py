"""Colour spaces against scikit-image, colorsys, Pillow and published values; inverses; gradients."""

import colorsys

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from skimage import color as oracle

from impasto import images

IMAGE = torch.rand(3, 16, 20, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
EDGES = torch.tensor(
    [[r, g, b] for r in (0.0, 0.04, 0.5, 1.0) for g in (0.0, 0.04, 0.5, 1.0) for b in (0.0, 0.04, 0.5, 1.0)],
    dtype=torch.float64,
).T[:, :, None]
PAIRS = ["yiq", "ycbcr", "hsv", "lab", "oklab"]


def convert(name: str, image: torch.Tensor) -> torch.Tensor:
    return getattr(images, f"rgb_to_{name}")(image)


def back(name: str, image: torch.Tensor) -> torch.Tensor:
    return getattr(images, f"{name}_to_rgb")(image)


@pytest.mark.parametrize(("name", "error"), [("yiq", 1e-7), ("hsv", 1e-9), ("lab", 0.03)])
@pytest.mark.parametrize("image", [IMAGE, EDGES])
def test_spaces_agree_with_scikit_image(name, error, image):
    expected = getattr(oracle, f"rgb2{name}")(image.permute(1, 2, 0).numpy())
    assert np.abs(convert(name, image).permute(1, 2, 0).numpy() - expected).max() < error


def test_ycbcr_is_that_of_jpeg():
    rgb = (IMAGE * 255).round()
    picture = Image.fromarray(rgb.permute(1, 2, 0).numpy().astype(np.uint8)).convert("YCbCr")
    ours = images.rgb_to_ycbcr(rgb / 255) * 255
    assert np.abs(ours.permute(1, 2, 0).numpy() - np.asarray(picture)).max() <= 1.01


def test_oklab_has_its_published_values():
    # white, red, green and blue, as in CSS Color 4
    rgb = torch.tensor([[1.0, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 1]], dtype=torch.float64)[:, :, None]
    expected = [[1, 0, 0], [0.62796, 0.22486, 0.12585], [0.86644, -0.23389, 0.17950], [0.45201, -0.03246, -0.31153]]
    assert np.abs(images.rgb_to_oklab(rgb)[..., 0].T.numpy() - expected).max() < 2e-4


def test_hsv_agrees_with_colorsys():
    for color in EDGES[..., 0].T.tolist():
        ours = images.rgb_to_hsv(torch.tensor(color, dtype=torch.float64)[:, None, None]).flatten().tolist()
        assert ours == pytest.approx(colorsys.rgb_to_hsv(*color), abs=1e-12)


def test_linear_light_has_the_standards_values():
    assert images.srgb_to_linear(torch.tensor(0.5)).item() == pytest.approx(0.2140411, abs=1e-6)
    assert images.linear_to_srgb(torch.tensor(0.18)).item() == pytest.approx(0.4613561, abs=1e-6)
    assert images.srgb_to_linear(torch.tensor([0.0, 1.0])).tolist() == [0.0, 1.0]


@given(st.lists(st.floats(0, 1, width=32), min_size=3, max_size=3))
def test_every_space_comes_back(values):
    for kind, error in ((torch.float64, 1e-6), (torch.float32, 2e-4)):
        image = torch.tensor(values, dtype=kind)[:, None, None]
        for name in PAIRS:
            there = convert(name, image)
            assert there.dtype == kind
            assert torch.allclose(back(name, there), image, atol=error), name
        assert torch.allclose(images.linear_to_srgb(images.srgb_to_linear(image)), image, atol=error)


@pytest.mark.parametrize("name", PAIRS)
def test_batches_are_images_side_by_side(name):
    batch = torch.stack([IMAGE, IMAGE.flip(2)])
    assert torch.equal(convert(name, batch)[1], convert(name, IMAGE.flip(2)))
    assert convert(name, batch[None]).shape == (1, 2, 3, 16, 20)


@pytest.mark.parametrize("name", PAIRS)
def test_greys_have_no_colour(name):
    grey = torch.linspace(0, 1, 9, dtype=torch.float64).expand(3, 1, 9)
    out = convert(name, grey)
    if name == "hsv":
        assert (out[:2] == 0).all()
    else:
        assert (out[1:] - (0.5 if name == "ycbcr" else 0)).abs().max() < 1e-6


@pytest.mark.parametrize("name", [*PAIRS, "linear"])
def test_gradients_are_right_and_finite_at_black_and_white(name):
    forth = images.srgb_to_linear if name == "linear" else getattr(images, f"rgb_to_{name}")
    image = IMAGE[:, :2, :2].clone().requires_grad_()
    assert torch.autograd.gradcheck(forth, image)
    for value in (0.0, 1.0, 0.5):
        flat = torch.full((3, 2, 2), value, requires_grad=True)
        forth(flat).sum().backward()
        assert torch.isfinite(flat.grad).all()


def test_luminance_is_the_first_channel_of_yiq():
    assert torch.allclose(images.luminance(IMAGE), images.rgb_to_yiq(IMAGE)[:1])


def test_two_channels_are_refused():
    with pytest.raises(ValueError, match="shape"):
        images.rgb_to_yiq(torch.zeros(2, 4, 4))
