"""Features that are computed in tiles, against those of the whole picture, and their gradients."""

from __future__ import annotations

import pytest
import torch

from impasto.features import load_network
from impasto.features.tiled import features_by_tiles

NETWORKS = {"efficientnet-lite0": ("stem", "d2", "e4", "e6"), "vgg16": ("relu1_1", "conv2_2", "pool2")}


def looked_at(features):
    """A number that depends on all values of all layers, on some more than on others."""
    parts = []
    for layer in features.values():
        weights = torch.linspace(0.5, 1.5, layer.numel()).view(layer.shape)
        parts.append((weights * layer).sum() / layer.shape[1])
    return torch.stack(parts).sum()


@pytest.mark.parametrize("padding", ["zero", "reflect"])
@pytest.mark.parametrize(
    ("name", "height", "width", "side"),
    [("efficientnet-lite0", 176, 131, 48), ("efficientnet-lite0", 161, 40, 64), ("vgg16", 71, 66, 24)],
)
def test_tiles_are_the_whole_and_so_is_the_gradient(name, height, width, side, padding):
    network = load_network(name, weights="random", padding=padding)
    layers = NETWORKS[name]
    image = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(height)).requires_grad_()
    whole = network(image, layers)
    (gradient,) = torch.autograd.grad(looked_at(whole), image)
    tiled = features_by_tiles(network, image, layers, side=side)
    (ours,) = torch.autograd.grad(looked_at(tiled), image)
    assert list(tiled) == list(whole)
    for layer in layers:
        assert torch.allclose(tiled[layer], whole[layer], atol=1e-4 * float(whole[layer].abs().max()))
    assert torch.allclose(ours, gradient, atol=1e-4 * float(gradient.abs().max()))


def test_no_feature_sees_further_than_its_layer_says():
    network = load_network("efficientnet-lite0", weights="random")
    image = torch.rand(1, 3, 256, 256, generator=torch.Generator().manual_seed(1)).requires_grad_()
    for layer in ("stem", "d3", "e6"):
        stride, radius = network.reach(layer)
        features = network(image, [layer])[layer]
        middle = features.shape[-1] // 2
        (seen,) = torch.autograd.grad(features[0, :, middle, middle].sum(), image)
        rows = seen.abs().sum((0, 1, 3)).nonzero()[:, 0]
        assert 256 // features.shape[-1] == stride
        assert middle * stride - radius <= int(rows.min())
        assert int(rows.max()) <= middle * stride + radius


def test_visitors_are_given_the_layers_in_order_and_decide_what_comes_back():
    network = load_network("efficientnet-lite0", weights="random")
    image = torch.rand(1, 3, 96, 64)
    met = []

    def visit(layer, features):
        met.append(layer)
        return features * 0

    found = features_by_tiles(network, image, {"e4", "stem"}, visit, side=32)
    assert met == ["stem", "e4"]
    assert float(found["e4"].abs().max()) == 0
    assert features_by_tiles(network, image, (), side=32) == {}
