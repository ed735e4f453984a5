"""Whatever is optimised shows the picture it was made from, and every number of it can be moved."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_network import noise

from impasto.synthesis.canvas import CanvasKind, FourierCanvas, LaplacianCanvas, make_canvas

KINDS = get_args(CanvasKind)
SIZES = [(16, 16), (17, 31), (64, 48), (33, 100), (1, 5)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", SIZES)
def test_a_canvas_shows_the_picture_it_was_made_from(kind, channels, size):
    picture = noise(*size, channels=channels)
    shown = make_canvas(kind, picture).image()
    assert shown.shape == picture.shape
    assert torch.allclose(shown, picture, atol=2e-5)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(KINDS), st.integers(1, 70), st.integers(1, 70), st.sampled_from([1, 3]))
def test_a_canvas_of_any_size_shows_its_picture(kind, height, width, channels):
    picture = noise(height, width, seed=height, channels=channels)
    assert torch.allclose(make_canvas(kind, picture).image(), picture, atol=5e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(32, 32), (35, 51)])
def test_every_parameter_has_a_gradient(kind, channels, size):
    canvas = make_canvas(kind, noise(*size, channels=channels))
    wanted = noise(*size, seed=1, channels=channels)
    (canvas.image() - wanted).square().sum().backward()
    for parameter in canvas.parameters:
        assert parameter.is_leaf
        assert parameter.is_contiguous()  # torch's L-BFGS needs it
        assert float(parameter.grad.abs().max()) > 0
    changed = sum(float((parameter.grad != 0).float().mean()) for parameter in canvas.parameters)
    assert changed > 0.9 * len(canvas.parameters)


@pytest.mark.parametrize("kind", KINDS)
def test_a_canvas_does_not_share_the_pictures_memory(kind):
    picture = noise(24, 24)
    canvas = make_canvas(kind, picture)
    before = canvas.image().detach().clone()
    picture.zero_()
    assert torch.equal(canvas.image(), before)


def test_the_bands_of_the_pyramid_halve_and_the_fine_ones_have_no_mean():
    canvas = LaplacianCanvas(noise(128, 96))
    sides = [tuple(band.shape[-2:]) for band in canvas.parameters]
    assert len(sides) > 2
    assert sides == [(128 >> level, 96 >> level) for level in range(len(sides))]
    assert all(abs(float(band.detach().mean())) < 0.01 for band in canvas.parameters[:-1])


def test_a_coefficient_of_the_spectrum_is_one_wave_as_high_as_its_wavelength():
    """The whitening's inverse: a step of 1 in a coefficient moves the picture by a plane wave, 1 / frequency high."""
    height, width = 32, 48
    canvas = FourierCanvas(torch.full((1, 3, height, width), 0.5))
    with torch.no_grad():
        canvas.parameters[0][0, 0, 2, 6, 0] += 1  # colour 0, 2 waves down, 6 across, real part
    moved = (canvas.image().detach() - 0.5)[0].double().numpy()
    y, x = np.mgrid[:height, :width]
    wave = np.cos(2 * np.pi * (2 * y / height + 6 * x / width))
    heights = moved.reshape(3, -1) @ wave.ravel() / (wave**2).sum()
    assert np.allclose(moved, heights[:, None, None] * wave, atol=1e-6)
    assert np.allclose(heights / heights[0], np.array(FourierCanvas.COLORS)[:, 0] / FourierCanvas.COLORS[0][0])
    with torch.no_grad():
        canvas.parameters[0][0, 0, 2, 6, 0] -= 1
        canvas.parameters[0][0, 0, 4, 12, 0] += 1  # twice the frequency
    twice = (canvas.image().detach() - 0.5)[0].double().numpy()
    assert np.abs(twice).max() == pytest.approx(np.abs(moved).max() / 2, rel=1e-4)
