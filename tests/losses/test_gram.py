from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.autograd import gradcheck

from impasto.losses import GramForm, Normalise, gram, gram_loss

DIVISORS = {"positions": 20, "channels-positions": 60, "channels": 3, "none": 1}


@pytest.mark.parametrize("normalise", list(DIVISORS))
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_gram_is_the_inner_products_of_the_channels(normalise: Normalise, layout: torch.memory_format) -> None:
    features = torch.randn(2, 3, 4, 5)
    expected = np.einsum("nchw,ndhw->ncd", features.numpy(), features.numpy()) / DIVISORS[normalise]
    found = gram(features.contiguous(memory_format=layout), normalise)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-4, atol=1e-6)


@given(n=st.integers(1, 2), c=st.integers(1, 5), h=st.integers(1, 6), w=st.integers(1, 6))
@settings(max_examples=25, deadline=None)
def test_gram_is_symmetric_and_keeps_shapes(n: int, c: int, h: int, w: int) -> None:
    found = gram(torch.randn(n, c, h, w))
    assert found.shape == (n, c, c)
    assert torch.equal(found, found.mT)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_the_gradient_of_gram_equals_finite_differences(layout: torch.memory_format) -> None:
    features = torch.randn(2, 3, 3, 2, dtype=torch.float64).contiguous(memory_format=layout).requires_grad_()
    weights = torch.randn(2, 3, 3, dtype=torch.float64)  # not symmetric
    assert gradcheck(lambda f: (gram(f) * weights).sum(), features)


def test_shifted_gram_is_the_gram_of_shifted_features() -> None:
    features = torch.randn(1, 3, 4, 4)
    torch.testing.assert_close(gram(features, activation_shift=-1.0), gram(features - 1))


@pytest.mark.parametrize("form", ["relative", "paper", "mean-squared"])
def test_the_same_picture_is_at_distance_zero_and_gradients_are_right(form: GramForm) -> None:
    features = torch.randn(1, 3, 3, 4, dtype=torch.float64, requires_grad=True)
    assert gram_loss(features, gram(features).detach(), form) < 1e-20
    target = gram(torch.randn(1, 3, 5, 5, dtype=torch.float64))
    assert gradcheck(lambda f: gram_loss(f, target, form), features)


@pytest.mark.parametrize("normalise", list(DIVISORS))
def test_the_papers_form_does_not_depend_on_the_normalisation(normalise: Normalise) -> None:
    features, other = torch.randn(1, 3, 4, 5), torch.randn(1, 3, 4, 5)
    raw = torch.einsum("nchw,ndhw->ncd", features, features) - torch.einsum("nchw,ndhw->ncd", other, other)
    expected = raw.square().sum() / (4 * 3**2 * 20**2)
    found = gram_loss(features, gram(other, normalise), "paper", normalise=normalise)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=0)


def test_the_relative_form_is_one_for_features_of_zero() -> None:
    target = gram(torch.randn(1, 4, 5, 5))
    assert float(gram_loss(torch.zeros(1, 4, 5, 5), target)) == pytest.approx(1)
    assert float(gram_loss(torch.zeros(3, 4, 5, 5), target)) == pytest.approx(1)
