"""The slope of a patch critic's score, written out, against what PyTorch differentiates twice."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from impasto.losses.critic_slope import CriticLayer, Norm, score_slope, slope_penalty

SLOPE = 0.2


def critic(width: int, depth: int, dtype: torch.dtype, *, normed: bool = True) -> tuple[list[CriticLayer], Tensor]:
    random = torch.Generator().manual_seed(2)

    def drawn(*shape: int) -> Tensor:
        return (torch.randn(shape, generator=random, dtype=dtype) * 0.3).requires_grad_()

    layers = [
        CriticLayer(
            drawn(width, width if number else 3, 3, 3),
            drawn(width),
            Norm(drawn(width), drawn(width)) if normed else None,
        )
        for number in range(depth)
    ]
    return layers, drawn(1, width, 3, 3)


def scores(layers: list[CriticLayer], last: Tensor, pictures: Tensor) -> Tensor:
    for layer in layers:
        pictures = F.conv2d(pictures, layer.weight, layer.bias)
        if layer.norm is not None:
            pictures = F.batch_norm(pictures, None, None, layer.norm.gamma, layer.norm.beta, training=True)
        pictures = F.leaky_relu(pictures, SLOPE)
    return F.conv2d(pictures, last)


def twice(layers: list[CriticLayer], last: Tensor, pictures: Tensor) -> Tensor:
    pictures = pictures.detach().requires_grad_()
    return torch.autograd.grad(scores(layers, last, pictures).sum(), pictures, create_graph=True)[0]


def parameters(layers: list[CriticLayer], last: Tensor) -> list[Tensor]:
    norms = [each for layer in layers if layer.norm for each in (layer.norm.gamma, layer.norm.beta)]
    return [*(layer.weight for layer in layers), *norms, last]


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("depth", [1, 2, 4])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("normed", [True, False])
def test_it_equals_double_backward_in_value_and_gradients(normed, dtype, depth, count):
    layers, last = critic(6, depth, dtype, normed=normed)
    pictures = torch.rand(count, 3, 19, 23, generator=torch.Generator().manual_seed(1), dtype=dtype) * 2 - 1
    ours, theirs = score_slope(pictures, layers, last, SLOPE), twice(layers, last, pictures)
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5 * float(theirs.detach().abs().max()))
    found, wanted = (
        torch.autograd.grad(slope_penalty(each), parameters(layers, last), allow_unused=True) for each in (ours, theirs)
    )
    for mine, other in zip(found, wanted, strict=True):
        if other is None or not other.any():  # the shift of the last norm, which no sign is near enough to feel
            assert mine is None or not mine.any()
        else:
            assert mine is not None
            assert float((mine - other).abs().max() / other.abs().max()) < 1e-5


def test_in_16_bits_it_is_near():
    layers, last = critic(16, 3, torch.float32)
    pictures = torch.rand(1, 3, 40, 40, generator=torch.Generator().manual_seed(1)) * 2 - 1
    exact = slope_penalty(score_slope(pictures, layers, last, SLOPE))
    with torch.autocast("cpu", torch.bfloat16):
        near = slope_penalty(score_slope(pictures, layers, last, SLOPE))
    assert float(near.detach()) == pytest.approx(float(exact.detach()), rel=0.02)
    for mine, other in zip(*(torch.autograd.grad(each, last) for each in (near, exact)), strict=True):
        assert float(F.cosine_similarity(mine.flatten(), other.flatten(), dim=0)) > 0.99


def test_the_penalty_is_of_each_pixel_by_itself():
    slopes = torch.zeros(1, 3, 1, 2)
    slopes[0, :, 0, 0] = torch.tensor([2.0, 2.0, 1.0])  # of length 3; the other pixel's is 0
    assert float(slope_penalty(slopes)) == pytest.approx((4 + 1) / 2, rel=1e-5)
