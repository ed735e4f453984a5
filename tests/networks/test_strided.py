"""Convolutions taken another way against torch's own: values, gradients, and gradients of gradients."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from impasto.networks import columns, strided, winograd
from impasto.networks.strided import FEWER_PRODUCTS, ONE_PRODUCT, StridedConvolution, TransposedConvolution


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
@pytest.mark.parametrize(("way", "maps"), [(FEWER_PRODUCTS, winograd), (ONE_PRODUCT, columns)], ids=["fewer", "one"])
def test_values_and_all_gradients_are_those_of_torchs_convolutions(way, maps, kind, deep, monkeypatch):
    """Of small layers of double precision, which otherwise torch takes itself."""
    monkeypatch.setattr(strided, "quicker_way", lambda *_: way)
    monkeypatch.setattr(strided, "_as_it_takes", lambda _, *given: given)
    monkeypatch.setattr(maps, "DEEP", deep)
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


@pytest.mark.parametrize("kind", [StridedConvolution, TransposedConvolution])
def test_in_bf16_a_deep_layer_is_one_product_and_as_exact_as_torchs(kind, monkeypatch):
    """Nothing is asked of the processor: bf16 is computed on each, if slowly."""
    taken, weigh = [], ONE_PRODUCT.weighed
    watched = ONE_PRODUCT._replace(weighed=lambda *given: taken.append(given) or weigh(*given))
    monkeypatch.setattr(strided, "ONE_PRODUCT", watched)
    (outer, inner), shape = (64, 128), (2, 128, 8, 8) if kind is StridedConvolution else (2, 64, 4, 4)
    torchs = F.conv2d if kind is StridedConvolution else F.conv_transpose2d
    channels = (inner, outer) if kind is StridedConvolution else (outer, inner)
    layer = kind(*channels, 4, 2, 1)
    x = torch.randn(shape, generator=torch.Generator().manual_seed(2), requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        found = layer(x)
    exact = torchs(x, layer.weight, layer.bias, stride=2, padding=1)
    assert found.dtype == torch.bfloat16
    assert float((found - exact).detach().abs().max() / exact.detach().abs().max()) < 0.01
    (ours,) = torch.autograd.grad(found.float().square().sum(), layer.weight)
    (theirs,) = torch.autograd.grad(exact.square().sum(), layer.weight)
    assert len(taken) == 1
    assert float((ours - theirs).norm() / theirs.norm()) < 0.01
