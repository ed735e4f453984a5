from __future__ import annotations

import torch
from torch.autograd import gradcheck

from impasto.autograd import (
    GuidedRelu,
    MatMul,
    NormalizedGradient,
    Relu,
    guided_relu_backward,
    matmul_backward,
    relu_backward,
    relu_forward,
)


def with_zeros() -> torch.Tensor:
    """Random numbers, some of them exactly 0, where the derivative is a convention."""
    x = torch.randn(6, 5)
    x[1, 2] = x[3, 3] = 0
    return x.requires_grad_()


def test_relu_equals_torchs_forth_and_back() -> None:
    x, dz_dy = with_zeros(), torch.randn(6, 5)
    (expected,) = torch.autograd.grad(torch.relu(x), x, dz_dy)
    assert torch.equal(relu_forward(x), torch.relu(x))
    assert torch.equal(relu_backward(x, dz_dy), expected)
    assert torch.equal(torch.autograd.grad(Relu.apply(x), x, dz_dy)[0], expected)


def test_the_matrix_product_equals_torchs_back() -> None:
    a, x, dz_dy = torch.randn(5, 4, requires_grad=True), torch.randn(4, 3, requires_grad=True), torch.randn(5, 3)
    expected = torch.autograd.grad(a @ x, (a, x), dz_dy)
    for found in (matmul_backward(a, x, dz_dy), torch.autograd.grad(MatMul.apply(a, x), (a, x), dz_dy)):
        assert torch.equal(found[0], expected[0])
        assert torch.equal(found[1], expected[1])


def test_the_matrix_product_equals_finite_differences() -> None:
    a = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    x = torch.randn(4, 2, dtype=torch.float64, requires_grad=True)
    assert gradcheck(MatMul.apply, (a, x))


def test_guided_relu_passes_only_what_is_positive_both_ways() -> None:
    x, dz_dy = with_zeros(), torch.randn(6, 5)
    (plain,) = torch.autograd.grad(torch.relu(x), x, dz_dy)
    (found,) = torch.autograd.grad(GuidedRelu.apply(x), x, dz_dy)
    assert torch.equal(GuidedRelu.apply(x), torch.relu(x))
    assert torch.equal(found, plain.clamp_min(0))
    assert torch.equal(guided_relu_backward(x, dz_dy), found)


def test_a_normalised_gradient_has_an_l1_norm_of_one_and_its_direction() -> None:
    x = torch.randn(6, 5, requires_grad=True)
    dz_dy = torch.randn(6, 5) * 1e4
    (found,) = torch.autograd.grad(NormalizedGradient.apply(x), x, dz_dy)
    assert torch.equal(NormalizedGradient.apply(x), x)
    torch.testing.assert_close(found, dz_dy / dz_dy.abs().sum())


def test_a_gradient_of_zero_stays_zero() -> None:
    x = torch.randn(3, requires_grad=True)
    (found,) = torch.autograd.grad(NormalizedGradient.apply(x), x, torch.zeros(3))
    assert torch.equal(found, torch.zeros(3))
