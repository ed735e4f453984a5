"""Kinds of models: each is built again from its numbers, and whatever does not fit is refused in one line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import nn

from impasto.errors import InputError
from impasto.inputs import ModelSizes
from impasto.kinds import KINDS, build, drawing_cost, load
from impasto.model import Model
from impasto.networks.adversaries import Adversaries
from impasto.networks.consingan import GrowingGenerator
from impasto.networks.drawing_cost import USUAL
from impasto.networks.shape import Shape
from impasto.networks.singan import Pyramid
from impasto.networks.style import StyleNetwork
from impasto.networks.texture import TextureNetwork
from impasto.registry import METHODS


def _pyramid() -> Pyramid:
    made = Pyramid([(12, 10), (15, 12)], (3, 3), 0.8, "zero")
    for _ in made.sizes:
        made.add()
    return made


def _grown() -> GrowingGenerator:
    made = GrowingGenerator([(12, 10), (15, 12)], (0.8, 1.0), 3, normed=True)
    for _ in made.sizes:
        made.add()
    return made


# A network of each kind, and what its model says of it.
NETWORKS: dict[str, tuple[Callable[[], nn.Module], dict[str, object]]] = {
    "texture-network": (lambda: TextureNetwork((3, 4)), {"widths": [3, 4], "noise": 3}),
    "dcgan": (lambda: Adversaries(Shape(side=28, width=2, latent=3)), {"side": 28, "width": 2, "latent": 3}),
    "singan": (_pyramid, {"sizes": [[12, 10], [15, 12]], "widths": [3, 3], "factor": 0.8, "borders": "zero"}),
    "consingan": (_grown, {"sizes": [[12, 10], [15, 12]], "shares": [0.8, 1.0], "width": 3, "normed": True}),
    "style-network": (lambda: StyleNetwork((3, 4, 5), 1), {"widths": [3, 4, 5], "blocks": 1}),
}
WRONG = {
    "texture-network": {
        "widths": [[3, 5], [3], [3, 4, 5], [10**6, 4], [3.0, 4], "wide", None, [3] * 7, []],
        "noise": [0, -1, 65, 10**9, True, 3.0, "3", None],
    },
    "dcgan": {
        "side": [32, 30, 10**9, None],
        "width": [3, 0, 2048, 10**9, "2"],
        "latent": [4, -1, True],
        "widths": [[2, 5], [2], "wide", [2, 4, 8], [2048] * 12],
        "architecture": ["perceptron", "report", "unknown"],
        "dense": [4096],
        "classes": [10_000],
        "only": ["generator", "neither", 1, ["critic"]],
        "surplus": [1],
    },
    "singan": {
        "sizes": [[[13, 10], [15, 12]], [[12, 10]], [[12, 10]] * 41, [[10**5, 10]] * 2, [[12], [15]], None],
        "widths": [[3, 4], [3], [3, 3, 3], [10**6, 3], [1024, 1024], [3.0, 3]],
        "factor": [0, 2, "wide", None],
        "borders": ["noise", "odd", None],
        "residual": [None, 1, "no"],
        "sketch": [-1, 41, "2", True],
    },
    "consingan": {
        "sizes": [[[13, 10], [15, 12]], [[12, 10]], [[10**5, 10]] * 2, [[12], [15]], None],
        "shares": [[1.0], [0.8, 0.9], [0, 1.0], [2, 1.0], ["a", 1.0], [0.9] * 40 + [1.0], None],
        "width": [4, 0, 10**6, 3.0],
        "normed": [False, None, 1, "yes"],
    },
    "style-network": {"widths": [[3, 4, 6], [3, 4], [3, 4, 10**6], None], "blocks": [2, 10**9, -1, "1e9", 1.0]},
}


def model_of(kind: str, **changes: object) -> Model:
    make, config = NETWORKS[kind]
    return Model(kind, config | changes, make().state_dict(), (8, 8))


def test_every_kind_has_its_case_here():
    assert list(KINDS) == list(NETWORKS) == list(WRONG)


@pytest.mark.parametrize("kind", KINDS)
def test_a_network_is_built_again_ready_for_use(kind):
    torch.manual_seed(0)
    model = model_of(kind)
    network = build(model)
    assert not network.training
    assert all(torch.equal(value, model.tensors[name]) for name, value in network.state_dict().items())


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [(kind, name, value) for kind, fields in WRONG.items() for name, values in fields.items() for value in values],
)
def test_numbers_that_do_not_fit_are_refused(kind, name, value):
    with pytest.raises(InputError, match=r"^the model is of another version of impasto, or damaged: train it again$"):
        build(model_of(kind, **{name: value}))


@pytest.mark.parametrize("kind", KINDS)
def test_tensors_that_are_missing_are_refused(kind):
    with pytest.raises(InputError, match="of another version of impasto, or damaged"):
        build(Model(kind, NETWORKS[kind][1], {}, (8, 8)))


@pytest.mark.parametrize("number", [torch.nan, torch.inf])
@pytest.mark.parametrize("kind", KINDS)
def test_numbers_that_are_not_finite_are_told_with_their_file(kind, number):
    model = model_of(kind)
    name = max(name for name, value in model.tensors.items() if value.is_floating_point() and value.numel())
    model.tensors[name].view(-1)[-1] = number
    with pytest.raises(InputError, match=r"^net/model\.safetensors has numbers that are not finite, or "):
        build(replace(model, file="net/model.safetensors"))


@pytest.mark.parametrize("strange", [torch.complex64, torch.float8_e4m3fn])
def test_numbers_of_a_strange_kind_are_refused(strange):
    model = model_of("style-network")
    tensors = {name: value.to(strange) for name, value in model.tensors.items()}
    with pytest.raises(InputError, match="of a strange kind"):
        build(replace(model, tensors=tensors))


def test_a_kind_that_nobody_knows_is_refused():
    with pytest.raises(InputError, match=r"^no kind of model is called 'line'; there are texture-network, "):
        build(Model("line", {}, {}, (8, 8)))


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_what_a_kind_names_is_there(kind):
    assert all(callable(load(target)) for target in (kind.build, kind.sampler, kind.cost, kind.exporter) if target)
    assert kind.uses
    assert all("{run}" in use and use.startswith("impasto ") for use in kind.uses)


@pytest.mark.parametrize("name", ["paint", "upscale", "animate", "sample"])
def test_drawing_costs_what_the_networks_of_a_model_are_wide(name):
    """Measured at 160x120 in seven scales: .13, .51 and 4.9 s for four samples of widths 8, 48 and 200."""
    method = METHODS[name].load()
    sizes = {"picture": [(160, 120)], "run": [(160, 120)]}
    foreseen = []
    for width in (8, 48, 200):
        model = Model("singan", {"widths": [width] * 7, "factor": 0.79}, {}, (160, 120))
        job = method(method.Config(**{"size": "200%"} if name == "upscale" else {}))
        foreseen.append(job.forecast({**sizes, "run": ModelSizes(model)}))
    seconds, memory = ([getattr(each, what) for each in foreseen] for what in ("seconds", "memory"))
    assert seconds == sorted(set(seconds))
    assert memory == sorted(set(memory))
    if name in ("animate", "sample"):  # the others measure as well
        assert 15 < seconds[2] / seconds[0] < 60


def test_a_model_of_which_nothing_can_be_told_costs_what_is_usual():
    wrong = [{"widths": [width] * 3, "factor": 0.8} for width in (10**9, 1e150, float("inf"), float("nan"), -1, True)]
    wrong += [{"widths": [3] * 3, "factor": factor} for factor in (0, 3, float("inf"), float("nan"), "b")]
    for config in (
        {},
        {"widths": 3, "factor": 1},
        {"widths": [], "factor": 1},
        {"widths": [3] * 999, "factor": 1},
        *wrong,
    ):
        assert drawing_cost(Model("singan", config, {}, (9, 9))) == USUAL
    assert drawing_cost(None) == drawing_cost(Model("dcgan", {}, {}, (9, 9))) == USUAL
