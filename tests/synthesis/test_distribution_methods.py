"""Textures and styles by histograms and by sliced distributions: what they look like, and that they resume."""

from __future__ import annotations

import pytest
import torch

from impasto.images import resize
from impasto.methods import Method
from impasto.metrics import color_histogram_distance, sliced_patch_wasserstein
from impasto.observers import Unobserved
from impasto.registry import method
from impasto.samples.drawings import drawing
from impasto.samples.photos import sample

METHODS = ("texture histogram", "texture sliced-features", "style histogram", "style sliced-features")
# Everything that decides the pixels, so that other defaults leave the golden pictures as they are.
QUICK = {
    "network_weights": "random",
    "layers": ("stem", "e1", "d1"),
    "canvas": "laplacian",
    "optimizer": "adam",
    "learning_rate": 0.02,
    "positions": 16384,
    "decay": False,
    "scales": 2,
    "iterations": (15, 10),
    "enlarge": 1.0,
    "patch_weight": 0.0,
    "gamut_weight": 100.0,
    "size": "64x64",
    "seed": 5,
}
OWN = {
    "histogram": {"histogram_layers": ("stem", "d1"), "histogram_weight": 1.0, "bins": 256},
    "sliced-features": {"directions": 16, "direction_sets": 4},
    "style": {"content_layers": ("e2",), "content_weight": 5.0, "hold": 1.0, "style_weight": 1.0},
    "texture": {"noise": 0.2},
}
# Red, green and blue of the golden pictures, each the mean of a quarter.
# fmt: off
GOLDEN = {
    "texture histogram": [[0.55, 0.517, 0.545, 0.494], [0.474, 0.454, 0.45, 0.443], [0.426, 0.404, 0.395, 0.402]],
    "texture sliced-features": [[0.522, 0.505, 0.482, 0.515], [0.481, 0.494, 0.485, 0.481], [0.387, 0.4, 0.41, 0.408]],
    "style histogram": [[0.539, 0.503, 0.41, 0.504], [0.434, 0.432, 0.461, 0.462], [0.403, 0.421, 0.406, 0.425]],
    "style sliced-features": [[0.533, 0.633, 0.439, 0.44], [0.449, 0.533, 0.387, 0.404], [0.388, 0.435, 0.343, 0.426]],
}
# fmt: on


def inputs(name: str) -> dict[str, list[torch.Tensor]]:
    exemplar = drawing("mosaic", 64)
    return {"exemplar": [exemplar]} if name.startswith("texture") else {"content": [photo()], "style": [exemplar]}


def photo() -> torch.Tensor:
    return resize(sample("coffee"), (64, 64))


def made_by(name: str, **changes: object) -> Method:
    kind = method(name)
    return kind(kind.Config(**{**QUICK, **OWN[name.split()[0]], **OWN[name.split()[1]], **changes}))


def picture(name: str, **changes: object) -> torch.Tensor:
    return made_by(name, **changes).run(inputs(name), Unobserved()).output


@pytest.mark.parametrize("name", METHODS)
def test_the_golden_picture_looks_as_it_did(name):
    """By the means of its quarters, which are the same on machines that round differently."""
    found = torch.nn.functional.avg_pool2d(picture(name)[None], 32)[0].reshape(3, 4)
    assert torch.allclose(found, torch.tensor(GOLDEN[name]), atol=0.02), found.round(decimals=3).tolist()


@pytest.mark.parametrize("name", METHODS)
def test_it_comes_nearer_to_the_exemplar_by_measures_that_it_did_not_optimise(name):
    exemplar = drawing("mosaic", 64)
    started, made = picture(name, iterations=(1,), learning_rate=1e-9), picture(name, iterations=(40, 30))
    patches = [sum(sliced_patch_wasserstein(it, exemplar, scales=2, projections=32)) for it in (started, made)]
    assert patches[1] < 0.75 * patches[0]
    assert color_histogram_distance(made, exemplar) < color_histogram_distance(started, exemplar)


def test_two_styles_are_blended_and_a_share_of_all_is_one_alone():
    second, name = drawing("swirls", 64), "style sliced-features"
    both = {"content": [photo()], "style": [drawing("mosaic", 64), second]}
    gamut = {"gamut_weight": 0.0}  # in which both paintings have a part
    one, half = (
        made_by(name, blend=blend, **gamut).run(both, Unobserved()).output for blend in ((1.0, 0.0), (0.5, 0.5))
    )
    assert torch.allclose(one, picture(name, **gamut), atol=0.02)
    assert float((half - one).abs().mean()) > 0.01


@pytest.mark.parametrize("name", METHODS[:2])
def test_tiles_and_every_size_work(name):
    assert picture(name, size="48x33", tile=True, iterations=(2,)).shape == (3, 33, 48)


@pytest.mark.parametrize("name", ["texture sliced-features", "style histogram"])
def test_the_papers_preset_is_foreseen_and_says_what_it_is(name):
    kind = method(name)
    config = kind.Config(**{**kind.Config.presets["paper"], "network_weights": "random"})
    sizes = {part: [(128, 128)] for part in inputs(name)}
    assert kind(config).forecast(sizes).seconds > 0
    assert config.network == "vgg16"
    assert config.optimizer == "lbfgs"
    assert (config.scales, config.patch_weight) == (3, 0)
