from __future__ import annotations

import pytest
import torch
from torch.autograd import gradcheck

from impasto.losses import content_loss, total_variation


def test_content_forms_are_multiples_of_each_other() -> None:
    features, target = torch.randn(1, 3, 4, 4), torch.randn(1, 3, 4, 4)
    energy = ((features - target) ** 2).sum()
    torch.testing.assert_close(content_loss(features, target, "sum"), energy)
    torch.testing.assert_close(content_loss(features, target, "half-sum"), energy / 2)
    torch.testing.assert_close(content_loss(features, target), energy / (target**2).sum())


def test_the_gradient_of_the_half_sum_is_the_difference() -> None:
    features, target = torch.randn(1, 3, 4, 4, requires_grad=True), torch.randn(1, 3, 4, 4)
    (gradient,) = torch.autograd.grad(content_loss(features, target, "half-sum"), features)
    torch.testing.assert_close(gradient, (features - target).detach())


def test_a_flat_picture_is_smooth() -> None:
    image = torch.full((1, 3, 5, 6), 0.3)
    for isotropic in (False, True):
        for wrap in (False, True):
            assert total_variation(image, isotropic=isotropic, wrap=wrap) < 1e-5


@pytest.mark.parametrize("exponent", [1.0, 2.0, 1.25])
def test_a_ramp_has_the_variation_of_its_slope(exponent: float) -> None:
    ramp = (torch.arange(8) * 0.1).expand(1, 1, 6, 8)
    expected = pytest.approx(0.1**exponent, rel=1e-3)
    assert float(total_variation(ramp, exponent=exponent)) == expected
    assert float(total_variation(ramp, exponent=exponent, isotropic=True)) == expected


def test_a_wrapped_ramp_pays_for_its_seam() -> None:
    ramp = (torch.arange(8) * 0.1).expand(1, 1, 6, 8)
    assert float(total_variation(ramp, wrap=True)) == pytest.approx((7 * 0.1 + 0.7) / 8)


def test_wrapped_variation_does_not_depend_on_where_the_tile_begins() -> None:
    image = torch.rand(1, 3, 6, 7)
    for isotropic in (False, True):
        found = total_variation(image.roll((2, 3), (-2, -1)), wrap=True, isotropic=isotropic)
        torch.testing.assert_close(found, total_variation(image, wrap=True, isotropic=isotropic))


@pytest.mark.parametrize("exponent", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("isotropic", [False, True])
@pytest.mark.parametrize("wrap", [False, True])
def test_the_gradient_of_variation_equals_finite_differences(exponent: float, isotropic: bool, wrap: bool) -> None:
    image = torch.rand(1, 2, 4, 3, dtype=torch.float64, requires_grad=True)
    assert gradcheck(lambda x: total_variation(x, exponent=exponent, isotropic=isotropic, wrap=wrap), image)


def test_a_flat_picture_has_a_finite_gradient() -> None:
    image = torch.full((1, 1, 4, 4), 0.5, requires_grad=True)
    for exponent in (1.0, 1.25, 2.0):
        for isotropic in (False, True):
            (gradient,) = torch.autograd.grad(total_variation(image, exponent=exponent, isotropic=isotropic), image)
            assert gradient.abs().max() < 1e-3
