"""Training a texture network and sampling from it, tiny and with a random judge."""

from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError

import impasto
from impasto.autograd import NormalizedGradient
from impasto.errors import Cancelled, InputError
from impasto.features import load_network
from impasto.generators.sample import Sample, SampleConfig, load_texture_network
from impasto.images import read, write
from impasto.model import Model
from impasto.observers import Unobserved
from impasto.randomness import generator
from impasto.runs.execute import execute
from impasto.runs.job import prepare
from impasto.runs.model import model_file
from impasto.runs.recipe import recipe_of
from impasto.runs.recorder import Every
from impasto.runs.repeat import repeat, resume
from impasto.samples.drawings import drawing
from impasto.textures.network_loss import TextureLoss
from impasto.textures.network_settings import TextureNetworkConfig
from impasto.textures.train_network import TrainTextureNetwork, initialize, render

TINY = {"steps": 6, "side": 64, "widths": (4, 6, 8), "network_weights": "random", "layers": ("stem", "d0")}


@pytest.fixture(scope="module")
def exemplar():
    return drawing("pebbles", 64)


@pytest.fixture(scope="module")
def model(exemplar) -> Model:
    method = TrainTextureNetwork(TextureNetworkConfig(**TINY))
    return method.run({"exemplar": [exemplar]}, Unobserved()).model


class StopAt(Unobserved):
    """Breaks a run off after so many steps."""

    def __init__(self, at: int, error: type[BaseException]) -> None:
        self.at, self.error = at, error

    def step(self, step) -> None:
        if step.index == self.at:
            raise self.error


def training(exemplar, root, *, observers=(), every=None, **changes):
    config = TextureNetworkConfig(**TINY | changes)
    job = prepare("train texture-network", config, {"exemplar": [exemplar]})
    return execute(job, root=root, observers=observers, every=every)


def sample(model, **values) -> dict[str, torch.Tensor]:
    return dict(Sample(SampleConfig(**values)).run({"run": [model]}, Unobserved()).images)


def test_training_brings_the_statistics_nearer(exemplar):
    config = TextureNetworkConfig(**TINY | {"steps": 40, "learning_rate": 0.02})
    judge = load_network(config.network, weights="random")
    loss = TextureLoss(judge, config, exemplar[None])

    def distance(trained: Model) -> float:
        network = load_texture_network(trained)
        picture = render(network, 64, 64, generator(77))[None].clone()
        return float(torch.stack(list(loss(picture, 0).values())).sum())

    before = TrainTextureNetwork(config.model_copy(update={"steps": 1})).run({"exemplar": [exemplar]}, Unobserved())
    after = TrainTextureNetwork(config).run({"exemplar": [exemplar]}, Unobserved())
    assert distance(after.model) < 0.6 * distance(before.model)


def test_the_first_pictures_have_the_exemplar_s_colours(exemplar):
    from impasto.networks.texture import TextureNetwork

    network = TextureNetwork()
    initialize(network, exemplar[None], generator(3))
    with torch.no_grad():
        picture = network.train()(network.draw(128, 128, generator(4)))[0].flatten(1)
    goal = exemplar.flatten(1)
    assert torch.allclose(picture.mean(1), goal.mean(1), atol=0.5 * float(goal.std(1).mean()))
    assert 0.3 < float(picture.std(1).mean() / goal.std(1).mean()) < 3


@pytest.mark.parametrize("stop", [1, 4])
def test_a_training_that_broke_ends_with_the_same_model(exemplar, tmp_path, stop):
    straight = training(exemplar, tmp_path / "straight").folder
    with pytest.raises(RuntimeError):
        training(exemplar, tmp_path / "runs", observers=[StopAt(stop, RuntimeError)], every=Every(steps=1))
    folder = type(straight)(next((tmp_path / "runs").iterdir()))
    assert not model_file(folder.path).exists()
    resume(folder)
    assert model_file(folder.path).read_bytes() == model_file(straight.path).read_bytes()
    assert torch.equal(read(folder.output), read(straight.output))


def test_a_training_that_was_cancelled_leaves_a_model_and_can_go_on(exemplar, tmp_path):
    straight = training(exemplar, tmp_path / "straight").folder
    outcome = training(exemplar, tmp_path / "runs", observers=[StopAt(4, Cancelled)])
    assert outcome.state == "cancelled"
    assert impasto.sample(outcome.folder.path, size=64).tensor.shape == (3, 64, 64)
    resume(outcome.folder)
    assert model_file(outcome.folder.path).read_bytes() == model_file(straight.path).read_bytes()


def test_watching_a_training_changes_nothing(exemplar, tmp_path):
    class Curious(Unobserved):
        def step(self, step) -> None:
            step.preview()
            step.model()

    watched = training(exemplar, tmp_path / "a", observers=[Curious()]).model
    alone = TrainTextureNetwork(TextureNetworkConfig(**TINY)).run({"exemplar": [exemplar]}, Unobserved()).model
    assert all(torch.equal(watched.tensors[name], value) for name, value in alone.tensors.items())


def test_the_same_seed_gives_the_same_sample_and_another_one_another(model):
    first = sample(model, seed=3, size="96")["1"]
    assert torch.equal(first, sample(model, seed=3, size="96")["1"])
    other = sample(model, seed=4, size="96")["1"]
    assert float((first - other).abs().mean()) > 0.3 * float(first.std())


def test_several_samples_are_those_of_the_seeds_that_follow(model):
    several = sample(model, seed=5, count=3, size="64x48")
    assert list(several) == ["1", "2", "3"]
    for index, picture in enumerate(several.values()):
        assert torch.equal(picture, sample(model, seed=5 + index, size="64x48")["1"])


@pytest.mark.parametrize("size", ["64x64", "100x52", "17x9", "3x200"])
def test_samples_have_any_size(model, size):
    width, height = map(int, size.split("x"))
    for tile in (False, True):
        assert sample(model, size=size, tile=tile)["1"].shape == (3, height, width)


def test_without_a_size_a_sample_is_as_large_as_what_it_was_trained_on(model):
    assert sample(model)["1"].shape == (3, 64, 64)
    assert sample(model, size="200%")["1"].shape == (3, 128, 128)


@pytest.mark.parametrize("size", ["64x64", "50x70"])
def test_a_tile_has_no_seam(model, size):
    """Across its edges neighbours differ as they do elsewhere; without --tile they differ far more."""

    def seam(picture: torch.Tensor) -> float:
        across = (picture[:, :, 0] - picture[:, :, -1]).square().mean() + (
            picture[:, 0] - picture[:, -1]
        ).square().mean()
        within = picture.diff(dim=2).square().mean() + picture.diff(dim=1).square().mean()
        return float(across / within)

    seams = [seam(sample(model, size=size, tile=True, seed=seed)["1"]) for seed in range(4)]
    others = [seam(sample(model, size=size, seed=seed)["1"]) for seed in range(4)]
    assert sum(seams) / 4 < 1.3
    assert sum(others) / 4 > 1.5


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
    run = training(exemplar, tmp_path / "runs").folder.path
    job = prepare("sample", SampleConfig(seed=6, count=2, size="80x64"), {"run": [str(run)]})
    outcome = execute(job, output=tmp_path / "a.png")
    recipe = recipe_of(tmp_path / "a.png")
    assert recipe.inputs[0].model
    assert (recipe.config["seed"], recipe.config["count"]) == (6, 1)
    execute(repeat(recipe, tmp_path, {}), output=tmp_path / "b.png")
    assert (tmp_path / "b.png").read_bytes() == (tmp_path / "a.png").read_bytes()
    write(outcome.images["2"], tmp_path / "second.png", recipe=outcome.embedded("2"))
    execute(repeat(recipe_of(tmp_path / "second.png"), tmp_path, {}), output=tmp_path / "c.png")
    assert (tmp_path / "c.png").read_bytes() == (tmp_path / "second.png").read_bytes()
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
    with pytest.raises(InputError, match="count must be between 1 and 1000, got 0"):
        trained.sample(count=0)


def test_a_model_whose_tensors_do_not_fit_is_refused(model):
    for widths in ([4, 6, 9], [4, 6], [10**6], "wide", None):
        other = Model(model.kind, dict(model.config) | {"widths": widths}, model.tensors, model.size)
        with pytest.raises(InputError, match="of another version of impasto, or damaged"):
            sample(other)
    for noise in (0, -1, 65, 10**9, True, 3.0, "3", None):
        other = Model(model.kind, dict(model.config) | {"noise": noise}, model.tensors, model.size)
        with pytest.raises(InputError, match="of another version of impasto, or damaged"):
            sample(other)


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
    small = Sample(SampleConfig()).forecast({"run": [(64, 64)]})
    large = Sample(SampleConfig(size="4096")).forecast({"run": [(64, 64)]})
    assert large.memory > 10 * small.memory
    assert large.size == (4096, 4096)


def test_the_paper_s_setting_runs(exemplar):
    values = TextureNetworkConfig.presets["paper"] | {"network_weights": "random", "side": 64, "steps": 1}
    result = TrainTextureNetwork(TextureNetworkConfig(**values)).run({"exemplar": [exemplar]}, Unobserved())
    assert result.facts["layers"] == ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"]
    assert sample(result.model, size="64")["1"].shape == (3, 64, 64)
