"""Training a texture network and sampling from it, tiny and with a random judge."""

from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError

import impasto
from impasto.autograd import NormalizedGradient
from impasto.errors import InputError
from impasto.features import load_network
from impasto.generators.sample import Sample, SampleConfig
from impasto.kinds import build
from impasto.model import Model
from impasto.networks.texture import render
from impasto.observers import Unobserved
from impasto.randomness import generator
from impasto.runs.enter import enter
from impasto.runs.execute import carry_on, perform
from impasto.runs.job import prepare
from impasto.runs.model import model_file
from impasto.runs.recipe import recipe_of
from impasto.runs.repeat import repeat
from impasto.samples.drawings import drawing
from impasto.textures.network_loss import TextureLoss
from impasto.textures.network_settings import TextureNetworkConfig
from impasto.textures.train_network import TrainTextureNetwork, initialize

TINY = {"steps": 6, "side": 64, "widths": (4, 6, 8), "network_weights": "random", "layers": ("stem", "d0")}


@pytest.fixture(scope="module")
def exemplar():
    return drawing("pebbles", 64)


def trained(exemplar, observer=None, **changes):
    method = TrainTextureNetwork(TextureNetworkConfig(**TINY | changes))
    return method.run({"exemplar": [exemplar]}, observer or Unobserved())


def same(one: Model, other: Model) -> bool:
    return all(torch.equal(one.tensors[name], value) for name, value in other.tensors.items())


def test_training_brings_the_statistics_nearer(exemplar):
    config = TextureNetworkConfig(**TINY)
    loss = TextureLoss(load_network(config.network, weights="random"), config, exemplar[None])

    def distance(steps: int) -> float:
        network = build(trained(exemplar, steps=steps, learning_rate=0.02).model)
        picture = render(network, 64, 64, generator(77))[None].clone()
        return float(torch.stack(list(loss(picture, 0).values())).sum())

    assert distance(40) < 0.6 * distance(1)


def test_the_first_pictures_have_the_exemplar_s_colours(exemplar):
    from impasto.networks.texture import TextureNetwork

    network = TextureNetwork()
    initialize(network, exemplar[None], generator(3))
    with torch.no_grad():
        picture = network.train()(network.draw(128, 128, generator(4)))[0].flatten(1)
    goal = exemplar.flatten(1)
    assert torch.allclose(picture.mean(1), goal.mean(1), atol=0.5 * float(goal.std(1).mean()))
    assert 0.3 < float(picture.std(1).mean() / goal.std(1).mean()) < 3


def test_watching_a_training_changes_nothing(exemplar):
    class Curious(Unobserved):
        def step(self, step) -> None:
            step.preview()
            step.model()

    assert same(trained(exemplar, Curious()).model, trained(exemplar).model)


def test_normalised_gradients_pull_equally_at_every_layer(exemplar):
    """Backpropagated by hand from each layer, gradients of L1 norm 1 add up to the gradient of the loss."""
    config = TextureNetworkConfig(**TINY, normalize=True, patch_weight=0, gamut_weight=0, statistics="gram")
    judge = load_network(config.network, weights="random")
    loss = TextureLoss(judge, config, exemplar[None])
    picture = torch.rand(1, 3, 64, 64, generator=generator(8)).requires_grad_()
    loss(picture, 0)["style"].backward()
    expected = torch.zeros_like(picture)
    for layer in TINY["layers"]:
        features = judge(picture, [layer])[layer]
        of = features.detach().clone().requires_grad_()
        target = judge(exemplar[None], [layer])[layer].flatten(2)
        matrices = [f @ f.mT / f.shape[2] for f in (of.flatten(2), target)]
        ((matrices[0] - matrices[1]).square().sum() / matrices[1].square().sum()).backward()
        pull = of.grad / of.grad.abs().sum()
        assert float(pull.abs().sum()) == pytest.approx(1, abs=1e-4)
        expected += torch.autograd.grad(features, picture, pull)[0]
    assert torch.allclose(picture.grad, expected, rtol=1e-3, atol=1e-3 * float(expected.abs().max()))


def test_the_normalised_gradient_does_not_depend_on_the_weight_of_a_loss():
    for weight in (1e-3, 1.0, 1e4):
        x = torch.tensor([1.0, -2.0, 3.0]).requires_grad_()
        (weight * NormalizedGradient.apply(x).square().sum()).backward()
        assert torch.allclose(x.grad, torch.tensor([1.0, -2.0, 3.0]) / 6)


def test_a_batch_is_the_mean_of_its_pictures(exemplar):
    """Two steps of one picture, without a change in between, make the gradient of one step of two."""
    seen = []

    class Look(Unobserved):
        def step(self, step) -> None:
            seen.append(dict(step.losses))

    once = TINY | {"steps": 1, "patch_weight": 0.0, "normalize": False}
    TrainTextureNetwork(TextureNetworkConfig(**once, batch=2)).run({"exemplar": [exemplar]}, Look())
    still = once | {"steps": 2, "learning_rate": 1e-12}
    TrainTextureNetwork(TextureNetworkConfig(**still)).run({"exemplar": [exemplar]}, Look())
    two, first, second = seen
    assert two["style"] == pytest.approx((first["style"] + second["style"]) / 2, rel=1e-3)


def test_a_sample_is_made_again_from_its_own_recipe(exemplar, tmp_path):
    training = prepare(TrainTextureNetwork(TextureNetworkConfig(**TINY)), {"exemplar": [exemplar]})
    run = carry_on(enter(training, tmp_path / "runs"), job=training).folder.path
    job = prepare(Sample(SampleConfig(seed=6, count=2, size="80x64")), {"run": [run]})
    places = perform(job, output=tmp_path / "made.png").places
    for picture, seed in zip(places, (6, 7), strict=True):
        recipe = recipe_of(picture)
        assert (recipe.config["seed"], recipe.config["count"]) == (seed, 1)
        perform(repeat(recipe, tmp_path, {}), output=tmp_path / "again.png")
        assert (tmp_path / "again.png").read_bytes() == picture.read_bytes()
    model_file(run).rename(tmp_path / "moved.safetensors")
    with pytest.raises(InputError, match=r"no such file .* --input run=PATH"):
        repeat(recipe, tmp_path, {})
    repeat(recipe, tmp_path, {"run": [str(tmp_path / "moved.safetensors")]})


def test_from_python_a_network_is_trained_sampled_and_saved(exemplar, tmp_path):
    trained = impasto.train("texture-network", exemplar, **TINY)
    picture = trained.sample(size=(96, 64), seed=2)
    assert picture.tensor.shape == (3, 64, 96)
    run = trained.save(tmp_path / "pebbles")
    assert torch.equal(impasto.sample(run, size=(96, 64), seed=2).tensor, picture.tensor)
    assert list(impasto.sample(trained, count=2).parts) == ["1", "2"]
    with pytest.raises(InputError, match=r"count must be between 1 and \d+, got 0"):
        trained.sample(count=0)


@pytest.mark.parametrize(
    ("values", "field"),
    [({"side": 100}, "side"), ({"side": 32}, "side"), ({"widths": (0,)}, "widths"), ({"widths": (4,) * 7}, "widths")],
)
def test_bounds(values, field):
    with pytest.raises(ValidationError, match=field):
        TextureNetworkConfig(**values)


def test_the_forecast_grows_with_steps_and_size():
    sizes = {"exemplar": [(64, 64)]}
    config = TextureNetworkConfig(**TINY)
    short = TrainTextureNetwork(config).forecast(sizes)
    long = TrainTextureNetwork(config.model_copy(update={"steps": 60, "side": 256})).forecast(sizes)
    assert long.seconds > 20 * short.seconds
    assert long.memory > short.memory


def test_the_paper_s_setting_runs(exemplar):
    values = TextureNetworkConfig.presets["paper"] | {"network_weights": "random", "side": 64, "steps": 1}
    result = TrainTextureNetwork(TextureNetworkConfig(**values)).run({"exemplar": [exemplar]}, Unobserved())
    assert result.facts["layers"] == ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"]
    assert render(build(result.model), 64, 64, generator(0)).shape == (3, 64, 64)
