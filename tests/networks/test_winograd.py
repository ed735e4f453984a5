"""Convolutions by fewer products against torch's own: values, gradients, and gradients of gradients."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from impasto.networks import winograd
from impasto.networks.winograd import StridedConvolution, TransposedConvolution


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Small layers of double precision take the quicker way too."""
    monkeypatch.setattr(winograd, "is_quicker", lambda *_: True)


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    made = torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return made.contiguous(memory_format=torch.channels_last).requires_grad_()


def penalty(layer, x: torch.Tensor) -> torch.Tensor:
    """A loss of the values, and of their gradients' gradients."""
    y = torch.tanh(layer(x))
    (slope,) = torch.autograd.grad(y.square().sum(), x, create_graph=True)
    return y.sum() + slope.square().sum()


@pytest.mark.parametrize("deep", [1, 1000], ids=["deep", "shallow"])
@pytest.mark.parametrize("kind", ["strided", "transposed"])
def test_values_and_all_gradients_are_those_of_torchs_convolutions(kind, deep, monkeypatch):
    monkeypatch.setattr(winograd, "DEEP", deep)
    w, b = drawn(5, 3, 4, 4), torch.randn(5 if kind == "strided" else 3, dtype=torch.float64)
    x = drawn(2, 3, 8, 12, seed=1) if kind == "strided" else drawn(2, 5, 4, 6, seed=1)
    layer = (StridedConvolution(3, 5, 4, 2, 1) if kind == "strided" else TransposedConvolution(5, 3, 4, 2, 1)).double()
    with torch.no_grad():
        layer.weight.copy_(w)
        layer.bias.copy_(b)
    torchs = F.conv2d if kind == "strided" else F.conv_transpose2d

    def theirs(values):
        return torchs(values, w, b, stride=2, padding=1)

    assert torch.allclose(layer(x), theirs(x))
    found = torch.autograd.grad(penalty(layer, x), (x, layer.weight))
    expected = torch.autograd.grad(penalty(theirs, x), (x, w))
    for a, b in zip(found, expected):
        assert torch.allclose(a, b)


def pictures_and_weights():
    return (
        torch.randn(shape, generator=torch.Generator().manual_seed(1)) for shape in ((4, 64, 16, 16), (32, 64, 4, 4))
    )


def test_in_float32_hardly_a_bit_is_lost_but_in_sums():
    """Sums are a library's, which rounds otherwise on each kind of processor: here they are exact."""
    x, w = pictures_and_weights()
    products = torch.bmm(winograd.spread(x).double(), winograd.of_weights(w).double().mT)
    found, exact = winograd.joined(products, (4, 32, 8, 8)), F.conv2d(x.double(), w.double(), stride=2, padding=1)
    assert float((found - exact).abs().max() / exact.abs().max()) < 1e-7


def test_with_its_sums_it_loses_little_more_than_a_bit_beside_the_convolution_itself():
    x, w = pictures_and_weights()
    products = torch.bmm(winograd.spread(x), winograd.of_weights(w).mT)
    exact = F.conv2d(x.double(), w.double(), stride=2, padding=1)
    ours, direct = (
        float((found - exact).square().mean().sqrt())
        for found in (winograd.joined(products, (4, 32, 8, 8)), F.conv2d(x, w, stride=2, padding=1))
    )
    assert ours < 2.5 * direct < 1e-6 * float(exact.abs().max())
