from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck

from impasto.losses import Moments, moments, relative_moment_loss


def gaussian(channels: int, seed: int) -> Moments:
    generator = torch.Generator().manual_seed(seed)
    return moments(torch.randn(1, channels, 9, 8, generator=generator, dtype=torch.float64) * (1 + seed))


def test_moments_are_numpys() -> None:
    features = torch.randn(1, 4, 6, 5)
    found = moments(features)
    samples = features[0].flatten(1).numpy()
    np.testing.assert_allclose(found.mean[0].numpy(), samples.mean(1), atol=1e-6)
    np.testing.assert_allclose(found.covariance[0].numpy(), np.cov(samples, bias=True), atol=1e-5)


def test_gradients_equal_finite_differences() -> None:
    features = torch.randn(1, 3, 4, 5, dtype=torch.float64, requires_grad=True)
    target = gaussian(3, 1)
    assert gradcheck(lambda f: relative_moment_loss(moments(f), target), features)


def test_equal_gaussians_are_at_distance_zero_with_a_finite_gradient() -> None:
    features = torch.randn(1, 8, 2, 2, requires_grad=True)  # four positions: a covariance without full rank
    target = Moments(*(part.detach() for part in moments(features)))
    loss = relative_moment_loss(moments(features), target)
    (gradient,) = torch.autograd.grad(loss, features)
    assert abs(loss.item()) < 1e-5
    assert gradient.isfinite().all()
    assert gradient.abs().max() < 1e-2


def test_the_relative_form_is_two_for_features_of_zero() -> None:
    target = gaussian(4, 1)
    zero = moments(torch.zeros(1, 4, 3, 3, dtype=torch.float64))
    assert float(relative_moment_loss(zero, target)) == pytest.approx(2)
