from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from impasto.errors import InputError
from impasto.features import load_network
from impasto.features.vgg import file_names, random_tensors, shapes

TORCHVISION_VGG16 = [64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512, "M"]


def plain_vgg16() -> nn.Sequential:
    """VGG-16's `features` as torchvision writes them."""
    layers: list[nn.Module] = []
    inputs = 3
    for width in TORCHVISION_VGG16:
        if isinstance(width, str):
            layers.append(nn.MaxPool2d(2, 2))
        else:
            layers += [nn.Conv2d(inputs, width, 3, padding=1), nn.ReLU()]
            inputs = width
    return nn.Sequential(*layers)


@pytest.fixture
def torchvision_file(tmp_path: Path) -> Path:
    """A made-up file with torchvision's keys."""
    tensors, names = random_tensors("vgg16", 3), file_names("vgg16")
    path = tmp_path / "vgg16.pth"
    torch.save({names[tensor]: value for tensor, value in tensors.items()}, path)
    return path


def test_a_torchvision_file_gives_torchvisions_features(torchvision_file: Path) -> None:
    plain = plain_vgg16()
    tensors = torch.load(torchvision_file, weights_only=True)
    plain.load_state_dict({name.removeprefix("features."): value for name, value in tensors.items()})
    image = torch.rand(1, 3, 40, 32, dtype=torch.float64)  # so that the order of sums does not matter
    mean, std = torch.tensor([0.485, 0.456, 0.406]).double(), torch.tensor([0.229, 0.224, 0.225]).double()
    plain = plain.double()
    normal = (image - mean[:, None, None]) / std[:, None, None]
    network = load_network("vgg16", weights=torchvision_file).double()
    features = network(image, network.layers)
    with torch.no_grad():
        for layer, module in zip(network.layers, plain, strict=True):
            normal = module(normal)
            torch.testing.assert_close(features[layer], normal, rtol=1e-6, atol=1e-7)


def test_the_stand_in_gives_the_features_of_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("stlpips_pytorch", exc_type=ImportError)
    monkeypatch.setenv("IMPASTO_CACHE", str(tmp_path))
    network = load_network("vgg16")
    assert "impasto weights get vgg16" in network.notice
    assert network.weights["source"] == "vgg_shift_tolerant.pth"
    from impasto.features.weights import find

    tensors = torch.load(find("vgg16-stand-in"), weights_only=True, map_location="cpu")
    image = torch.rand(1, 3, 32, 32)
    scaled = (2 * image - 1 - tensors["scaling_layer.shift"]) / tensors["scaling_layer.scale"]
    first = F.relu(F.conv2d(scaled, tensors["net.slice1.0.weight"], tensors["net.slice1.0.bias"], padding=1))
    expected = F.conv2d(first, tensors["net.slice1.2.weight"], tensors["net.slice1.2.bias"], padding=1)
    torch.testing.assert_close(network(image, ["conv1_2"])["conv1_2"], expected, rtol=1e-4, atol=1e-5)


def test_vgg19_without_weights_says_how_to_get_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("IMPASTO_CACHE", str(tmp_path))
    with pytest.raises(InputError, match="get them with: impasto weights get vgg19"):
        load_network("vgg19")


@pytest.mark.parametrize(("name", "count"), [("vgg16", 13), ("vgg19", 16)])
def test_the_networks_have_their_convolutions(name: str, count: int) -> None:
    network = load_network(name, weights="random")
    assert sum(layer.startswith("conv") for layer in network.layers) == count
    assert network.layers[-1] == "pool5"
    features = network(torch.rand(1, 3, 50, 33), network.layers)
    assert network.sizes(50, 33) == [(layer, *feature.shape[1:]) for layer, feature in features.items()]


def test_a_convolution_that_is_tapped_is_not_overwritten() -> None:
    network = load_network("vgg16", weights="random")
    features = network(torch.rand(1, 3, 32, 32), ["conv1_1", "relu1_1"])
    assert features["conv1_1"].min() < 0
    assert torch.equal(features["relu1_1"], features["conv1_1"].relu())


def test_average_pooling_averages() -> None:
    network = load_network("vgg16", weights="random", pool="average")
    features = network(torch.rand(1, 3, 32, 32), ["relu1_2", "pool1"])
    torch.testing.assert_close(features["pool1"], F.adaptive_avg_pool2d(features["relu1_2"], 16))


def test_circular_padding_moves_with_the_tile() -> None:
    network = load_network("vgg16", weights="random", padding="circular")
    image = torch.rand(1, 3, 32, 32)
    moved = network(image.roll(4, -1), ["relu3_1"])["relu3_1"]
    torch.testing.assert_close(moved, network(image, ["relu3_1"])["relu3_1"].roll(1, -1), rtol=1e-4, atol=1e-4)


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    path.write_bytes(b"no weights at all")
    with pytest.raises(InputError, match="is not a file of PyTorch weights"):
        load_network("vgg16", weights=path)
    torch.save({"features.0.weight": torch.zeros(64, 3, 5, 5)}, path)
    with pytest.raises(InputError, match=r"does not fit vgg16: 'features.0.weight' is \(64, 3, 5, 5\)"):
        load_network("vgg16", weights=path)
    whole = {"features.0.weight": torch.zeros(64, 3, 3, 3), "features.0.bias": torch.full((64,), torch.nan)}
    torch.save(whole, path)
    with pytest.raises(InputError, match=r"weights.pth is damaged: 'features.0.bias' has numbers that are not finite"):
        load_network("vgg16", weights=path)
    with pytest.raises(InputError, match="no weights file"):
        load_network("vgg16", weights=tmp_path / "absent.pth")


def test_vgg16_has_as_many_numbers_as_published() -> None:
    numbers = sum(torch.Size(shape).numel() for shape in shapes("vgg16").values())
    assert numbers == 14_714_688  # torchvision's vgg16().features
