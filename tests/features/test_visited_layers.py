"""A network that goes on from what a visitor of its layers returns."""

from __future__ import annotations

import pytest
import torch

from impasto.features import load_network
from impasto.losses import fuse_moments, gram

LAYERS = {
    "efficientnet-lite0": ("stem", "d0", "p1", "e2", "p2", "e4", "p5"),
    "vgg16": ("conv1_1", "relu1_2", "pool1", "conv2_2", "relu3_1"),
}


def network(name):
    return load_network(name, weights="random", seed=3).double()


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("stride", [1, 2])
def test_fused_moments_have_the_gradient_of_moments_by_autograd(name, stride):
    image = torch.rand(1, 3, 48, 40, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    offset = (stride - 1, 0)
    content = LAYERS[name][3]

    def fused(picture):
        seen = {}

        def visit(layer, features):
            features, seen[layer] = fuse_moments(features, stride=stride, offset=offset)
            return features

        found = network(name)(picture, LAYERS[name], visit)
        return sum(m.square().sum() + c.square().sum() for m, c in seen.values()) + found[content].square().mean()

    def plainly(picture):
        found = network(name)(picture, LAYERS[name])
        total = found[content].square().mean()
        for features in found.values():
            rows = features[..., offset[0] :: stride, offset[1] :: stride].flatten(2)[0]
            covariance = torch.cov(rows, correction=0)
            total = total + rows.mean(1).square().sum() + covariance.square().sum()
        return total

    gradients = []
    for loss in (fused, plainly):
        picture = image.clone().requires_grad_()
        value = loss(picture)
        value.backward()
        gradients.append((float(value.detach()), picture.grad))
    assert gradients[0][0] == pytest.approx(gradients[1][0], rel=1e-9)
    assert torch.allclose(gradients[0][1], gradients[1][1], rtol=1e-7, atol=1e-12 + 1e-9 * gradients[1][1].abs().max())


@pytest.mark.parametrize("name", LAYERS)
def test_a_visitor_may_change_what_the_later_layers_see(name):
    first, *_, last = LAYERS[name]
    image = torch.rand(1, 3, 48, 48, dtype=torch.float64, generator=torch.Generator().manual_seed(2))

    def darken(layer, features):
        return features * 0 if layer == first else features

    changed = network(name)(image, (first, last), darken)
    assert not changed[first].any()
    plain = network(name)(image, (first, last))
    assert not torch.allclose(gram(changed[last]), gram(plain[last]))


def test_a_sum_as_the_later_gradient_is_no_trap():
    """Its gradient is one number seen as many, which cannot be added to in place."""
    features = torch.rand(1, 3, 6, 6, requires_grad=True)
    same, moments = fuse_moments(features, stride=2)
    (same.sum() + moments.mean.sum()).backward()
    wanted = torch.ones(1, 3, 6, 6)
    wanted[..., ::2, ::2] += 1 / 9
    assert torch.allclose(features.grad, wanted)
