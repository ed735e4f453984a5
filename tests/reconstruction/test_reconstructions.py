"""What layers know of a picture: one reconstruction for each layer, or set of layers, from the same noise."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import impasto
from impasto.features import load_network
from impasto.images import contact_sheet
from impasto.methods import Forecast
from impasto.observers import Unobserved
from impasto.reconstruction.content import ContentReconstruction, ContentReconstructionConfig
from impasto.reconstruction.style import StyleReconstruction, StyleReconstructionConfig
from impasto.synthesis.cost import activations
from observers import StopAt

QUICK = {"enlarge": 1.0, "scales": 1, "iterations": (20,), "learning_rate": 0.03}
STYLE = {**QUICK, "layers": ("stem", "e1", "d1")}
CONTENT = {**QUICK, "layers": ("stem", "e2", "e6")}


def style(picture: torch.Tensor, observer: Unobserved | None = None, **values: object):
    config = StyleReconstructionConfig(**{**STYLE, **values})
    return StyleReconstruction(config).run({"image": [picture]}, observer or Unobserved())


def content(picture: torch.Tensor, observer: Unobserved | None = None, **values: object):
    config = ContentReconstructionConfig(**{**CONTENT, **values})
    return ContentReconstruction(config).run({"image": [picture]}, observer or Unobserved())


def test_there_is_one_picture_for_each_set_of_layers_under_its_name(painting):
    found = style(painting)
    sheet, *pictures = found.images.values()
    assert list(found.images) == ["output", "stem", "stem to e1", "stem to d1"]
    assert all(picture.shape == painting.shape for picture in pictures)
    assert torch.equal(sheet, contact_sheet([painting, *pictures], ["the picture", *list(found.images)[1:]], 4))
    assert found.facts["layers"] == ["stem", "e1", "d1"]


def test_sets_of_layers_may_be_single_ones_or_all_at_once(painting):
    single = style(painting, sets="each", iterations=(5,)).images
    assert list(single) == ["output", "stem", "e1", "d1"]
    growing = style(painting, iterations=(5,)).images
    assert torch.equal(single["stem"], growing["stem"])
    whole = style(painting, sets="whole", iterations=(5,)).images
    assert list(whole) == ["output", "stem to d1"]
    assert torch.allclose(whole["stem to d1"], growing["stem to d1"], atol=1e-6)


def test_the_forecast_counts_what_the_network_does_for_each_picture(monkeypatch):
    """Up to the last of its layers: in values of the layers, whatever a step takes."""
    monkeypatch.setattr("impasto.reconstruction.grid.forecast", lambda *_: Forecast(seconds=10.0, memory=1))
    layers = ("e1", "stem")
    network = load_network("efficientnet-lite0", weights="random")
    counts = {layer: activations(network, [layer], 64, 64) for layer in layers}
    shallow = counts["stem"] / counts["e1"]
    assert 0 < shallow < 0.5

    def seconds(method, **values: object) -> float:
        return method(method.Config(layers=layers, **values)).forecast({"image": [(64, 64)]}).seconds

    assert seconds(StyleReconstruction, sets="whole") == pytest.approx(10)
    assert seconds(StyleReconstruction, sets="growing") == pytest.approx(20)
    assert seconds(StyleReconstruction, sets="each") == pytest.approx(10 + 10 * shallow)
    assert seconds(ContentReconstruction) == pytest.approx(10 + 10 * shallow)


def test_each_set_of_layers_is_matched_and_the_sets_that_know_more_are_nearer_in_deep_layers(painting):
    """By means and covariances of the features, in NumPy."""
    network = load_network("efficientnet-lite0")
    pictures = style(painting, iterations=(40,)).images
    noise = style(painting, iterations=(1,), learning_rate=1e-9, gamut_weight=0.0).images["stem"]

    def statistics(picture: torch.Tensor, layer: str) -> np.ndarray:
        with torch.no_grad():
            features = network(picture[None], [layer])[layer][0].flatten(1).double().numpy()
        return np.concatenate([np.cov(features, bias=True).ravel(), features.mean(1)])

    def distance(picture: torch.Tensor, layer: str) -> float:
        goal = statistics(painting, layer)
        return float(np.linalg.norm(statistics(picture, layer) - goal) / np.linalg.norm(goal))

    sets = {"stem": ["stem"], "stem to e1": ["stem", "e1"], "stem to d1": ["stem", "e1", "d1"]}
    for name, layers in sets.items():
        for layer in layers:
            assert distance(pictures[name], layer) < 0.5 * distance(noise, layer)
    assert distance(pictures["stem to d1"], "d1") < distance(pictures["stem"], "d1")


def test_there_is_one_picture_for_each_content_layer_and_deep_layers_know_less_of_the_pixels(photo):
    found = content(photo, iterations=(60,))
    assert list(found.images) == ["output", "stem", "e2", "e6"]
    errors = [float((found.images[layer] - photo).abs().mean()) for layer in ("stem", "e2", "e6")]
    assert errors[0] < 0.6 * errors[1] < 0.6 * errors[2]


def test_all_reconstructions_start_from_the_same_noise(photo):
    found = content(photo, iterations=(1,), learning_rate=1e-9)
    assert torch.allclose(found.images["stem"], found.images["e6"], atol=1e-4)
    other = content(photo, iterations=(1,), learning_rate=1e-9, seed=1)
    assert float((found.images["stem"] - other.images["stem"]).abs().mean()) > 0.1


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_the_grid_has_the_columns_that_are_asked_for(photo, columns):
    few = {"iterations": (1,), "size": "32x24"}
    sheet = content(photo, columns=columns, **few).output
    pictures = [torch.zeros(3, 24, 32)] * 4
    assert sheet.shape == contact_sheet(pictures, ["the picture", "stem", "e2", "e6"], columns).shape


def test_the_size_is_the_pictures_or_the_one_asked_for(photo):
    few = {"iterations": (1,), "layers": ("stem",)}
    assert content(photo, **few).images["stem"].shape == photo.shape
    assert content(photo, size="40x20", **few).images["stem"].shape == (3, 20, 40)
    assert content(torch.rand(3, 30, 300), **few).images["stem"].shape == (3, 26, 256)


def test_a_stopped_reconstruction_is_the_grid_so_far(painting):
    settings = {"layers": ("stem", "e1"), "iterations": (4,), "scales": 1, "size": 48}
    whole = impasto.reconstruct(painting, "style", **settings).tensor
    stopped = impasto.reconstruct(painting, "style", observer=StopAt(6), **settings).tensor  # in the second picture
    assert stopped.shape == whole.shape
