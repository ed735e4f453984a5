"""Heeger & Bergen's textures: the pyramid loses nothing, and the texture has the exemplar's distributions."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from impasto.observers import Unobserved
from impasto.textures.pyramid import (
    PyramidConfig,
    PyramidTexture,
    bands,
    collapse,
    match,
    periodic,
    principal_colors,
    steerable_filters,
    to_rgb,
)


@settings(deadline=None, max_examples=30)
@given(st.integers(8, 40), st.integers(8, 40), st.integers(1, 5), st.integers(1, 6))
def test_the_filters_are_a_tight_frame(height, width, levels, orientations):
    filters = steerable_filters(height, width, levels, orientations)
    assert torch.allclose((filters.abs() ** 2).sum(0), torch.ones(()), atol=1e-5)


@pytest.mark.parametrize("size", [(32, 48), (33, 31)])
def test_a_pyramid_can_be_put_together_again(size):
    image = torch.rand(size, generator=torch.Generator().manual_seed(1))
    filters = steerable_filters(*size, 3, 4)
    assert torch.allclose(collapse(bands(image, filters), filters), image, atol=2e-3)


def test_matching_gives_the_goals_values_in_the_order_of_the_image():
    image = torch.randn(2, 6, 5)
    goal = torch.rand(2, 30).sort(dim=1).values
    matched = match(image, goal)
    assert torch.allclose(matched.flatten(1).sort(dim=1).values, goal)
    assert torch.equal(matched.flatten(1).argsort(dim=1), image.flatten(1).argsort(dim=1))


def test_a_goal_of_another_size_is_interpolated():
    matched = match(torch.arange(5.0).view(1, 1, 5), torch.tensor([[0.0, 1.0, 2.0]]))
    assert matched.flatten().tolist() == [0, 0.5, 1, 1.5, 2]


def test_the_periodic_part_has_no_seam():
    ramp = torch.linspace(0, 1, 64).expand(1, 64, 64)
    part = periodic(ramp)
    assert float((part[:, :, 0] - part[:, :, -1]).abs().max()) < 0.05
    assert torch.allclose(part.mean(), ramp.mean(), atol=1e-5)


def test_colors_are_decorrelated_and_come_back():
    image = torch.rand(3, 20, 20) @ torch.rand(20, 20) / 20
    mean, axes = principal_colors(image)
    parts = torch.einsum("cd,chw->dhw", axes, image - mean)
    covariance = torch.cov(parts.flatten(1))
    assert float((covariance - covariance.diag().diag()).abs().max()) < 1e-5
    assert torch.allclose(to_rgb(parts, mean, axes), image.clamp(0, 1), atol=1e-5)


def test_the_texture_takes_after_the_exemplar_and_less_and_less_is_left_to_do():
    steps = []

    class Watch(Unobserved):
        def step(self, step):
            steps.append(step.losses["distance"])

    waves = 0.5 + 0.3 * torch.sin(torch.arange(64) * 0.8).expand(3, 64, 64)
    grain = 0.05 * torch.randn(3, 64, 64, generator=torch.Generator().manual_seed(2))
    stripes = (waves + grain).clamp(0, 1) * torch.tensor([0.9, 0.6, 0.3]).view(3, 1, 1)
    result = PyramidTexture(PyramidConfig(size="96x80", levels=3)).run({"exemplar": [stripes]}, Watch())
    assert result.output.shape == (3, 80, 96)
    assert steps[-1] < steps[0] / 5
    across, along = (result.output.diff(dim=dim).square().mean() for dim in (2, 1))
    assert across > 3 * along  # the stripes' direction
    assert torch.allclose(result.output.mean((1, 2)), stripes.mean((1, 2)), atol=0.02)


def test_the_same_seed_gives_the_same_texture_and_another_does_not():
    exemplar = torch.rand(3, 16, 16)
    first, again, other = (
        PyramidTexture(PyramidConfig(seed=seed, steps=2, levels=2)).run({"exemplar": [exemplar]}, Unobserved()).output
        for seed in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
