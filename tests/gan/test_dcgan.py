"""Training a generator against a critic: each step against a loop written by hand, and gone on with to the bit."""

from __future__ import annotations

from copy import deepcopy

import pytest
import torch
import torch.nn.functional as F
from pydantic import ValidationError

from impasto.data import Batch, Pictures
from impasto.errors import InputError
from impasto.gan.dcgan import TrainDCGAN
from impasto.gan.dcgan_settings import DCGANConfig
from impasto.gan.steps import Steps
from impasto.kinds import build
from impasto.losses.adversarial import ADVERSARIAL
from impasto.networks.adversaries import Adversaries, built_anew
from impasto.networks.latents import draw_latents
from impasto.observers import Checkpoint
from impasto.training.team import ALONE
from observers import Keep, Resume

CPU = torch.device("cpu")
TINY = {"side": 28, "width": 3, "latent_size": 6, "batch": 6, "pictures": 24, "measure_every": 0, "samples": 4}


def config(**values: object) -> DCGANConfig:
    return DCGANConfig(**{**TINY, **values})


def data(classes: int = 3, channels: int = 3, count: int = 20) -> Pictures:
    drawn = torch.rand(count, channels, 28, 28, generator=torch.Generator().manual_seed(0))
    labels = [number % classes for number in range(count)] if classes else None
    return Pictures.of((drawn * 255).byte(), labels, [f"class {number}" for number in range(classes)], "drawn")


def prepared(chosen: DCGANConfig) -> tuple[Steps, Adversaries, torch.Generator]:
    random = torch.Generator().manual_seed(4)
    networks = built_anew(chosen.shape(3, 0), (), "he", random, CPU)
    return Steps(chosen, networks, random, device=CPU, precision="fp32", team=ALONE), networks, random


@pytest.mark.parametrize("size", [6, 8, 20, 64])
def test_a_step_is_foreseen_from_what_every_step_takes_and_what_each_picture_does(monkeypatch, size):
    monkeypatch.setattr("impasto.gan.cost._seconds", lambda small, *_: 0.5 + 0.01 * small.batch)
    found = TrainDCGAN(config(batch=size, pictures=10 * size)).forecast({"data": []})
    assert found.seconds == pytest.approx(10 * (0.5 + 0.01 * size))


def batch(seed: int) -> Batch:
    drawn = torch.rand(6, 3, 28, 28, generator=torch.Generator().manual_seed(seed))
    return Batch(drawn * 2 - 1, torch.full((6,), -1))


def by_hand(networks: Adversaries, random: torch.Generator, *, together: bool) -> dict[str, float]:
    """Two steps as everybody writes them, with torch's own Adam."""
    G, D = networks.generator, networks.critic
    of_G, of_D = (torch.optim.Adam(each.parameters(), lr=2e-4, betas=(0.5, 0.999)) for each in (G, D))
    for number in range(2):
        x, z = batch(number).pictures, draw_latents("normal", 6, 6, random)
        fake = G(z)
        of_D.zero_grad()
        real, drawn = D(x), D(fake.detach())
        ones, zeros = torch.ones(6), torch.zeros(6)
        judged = F.binary_cross_entropy_with_logits(real, ones), F.binary_cross_entropy_with_logits(drawn, zeros)
        sum(judged).backward()
        if not together:
            of_D.step()
        of_G.zero_grad()
        aim = F.binary_cross_entropy_with_logits(D(fake), ones)
        aim.backward(inputs=list(G.parameters()))
        of_G.step()
        if together:
            of_D.step()
    return {"G": float(aim), "D/real": float(judged[0]), "D/fake": float(judged[1])}


@pytest.mark.parametrize("updates", ["alternate", "together"])
def test_two_steps_are_those_of_a_plain_loop(updates):
    steps, networks, _ = prepared(config(updates=updates))
    _, twins, random = prepared(config())
    for number in range(2):
        losses = steps(number, batch(number))
    expected = by_hand(twins, random, together=updates == "together")
    for name, value in expected.items():
        assert float(losses[name]) == pytest.approx(value, abs=1e-4), name
    for a, b in zip(networks.parameters(), twins.parameters()):
        assert torch.allclose(a, b, atol=1e-5)


def test_on_batches_by_turns_only_one_network_learns():
    steps, networks, _ = prepared(config(updates="batches", critic_steps=2))
    for number in range(6):
        before = deepcopy(networks.state_dict())
        losses = steps(number, batch(number))
        changed = {
            name.partition(".")[0] for name, value in networks.named_parameters() if (value != before[name]).any()
        }
        assert changed == ({"generator"} if number % 3 == 2 else {"critic"})
        assert ("G" in losses) == (number % 3 == 2)


def test_parts_of_a_batch_add_up_to_the_whole_where_nothing_is_normalised_over_it():
    found = []
    for micro_batch in (0, 2):
        steps, networks, _ = prepared(config(micro_batch=micro_batch, batch_norm="none", penalty="interpolated"))
        found.append((steps(0, batch(0)), networks))
    (whole, first), (parts, second) = found
    for name, loss in whole.items():
        assert float(parts[name]) == pytest.approx(float(loss), rel=1e-4), name
    for a, b in zip(first.parameters(), second.parameters()):
        assert torch.allclose(a, b, atol=1e-5)


def test_halves_show_the_critic_one_batch_of_both_kinds_whose_loss_is_the_mean():
    steps, networks, _ = prepared(config(halves=True, architecture="report", batch_norm="none"))
    networks.critic.dropout.rate = 0.0
    twin = deepcopy(networks)
    losses = steps(0, batch(0))
    z = draw_latents("normal", 6, 6, prepared(config(halves=True, architecture="report", batch_norm="none"))[2])
    real, fake = twin.critic(batch(0).pictures[:3]), twin.critic(twin.generator(z)[:3])
    expected = ADVERSARIAL["bce"].of_critic(real, fake) / 2
    assert float(losses["D/real"] + losses["D/fake"]) == pytest.approx(float(expected.detach()), rel=1e-5)


VARIANTS = {
    "labels": {},
    "measured": {"measure_every": 12, "measure_pictures": 8},
    "together": {"updates": "together", "flip": True},
    "perceptron": {"architecture": "perceptron", "dense": 10},  # with dropout
    "two-streams": {"architecture": "two-streams", "width": 2},
    "penalty": {"penalty": "interpolated", "batch_norm": "none", "loss": "wasserstein", "critic_steps": 2},
    "spectral": {"spectral_norm": True, "loss": "hinge", "optimizer": "sgd", "fade": 0.5},
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_gone_on_with_from_any_step_it_ends_with_the_same_bytes(variant):
    chosen, seen = config(**VARIANTS[variant]), Keep(states=True)
    whole = TrainDCGAN(chosen).run({"data": [data()]}, seen)
    for index in (1, 3):
        resumed = TrainDCGAN(chosen).run({"data": [data()]}, Resume(Checkpoint(index, seen.states[index - 1])))
        assert all(torch.equal(value, whole.model.tensors[name]) for name, value in resumed.model.tensors.items())
        assert torch.equal(resumed.output, whole.output)


def test_looking_changes_nothing():
    class Look(Keep):
        def step(self, step):
            super().step(step)
            step.preview()
            step.model()

    looked, blind = (TrainDCGAN(config()).run({"data": [data()]}, observer) for observer in (Look(), Keep()))
    assert all(torch.equal(value, blind.model.tensors[name]) for name, value in looked.model.tensors.items())


def test_it_is_gone_on_with_by_the_same_settings_and_data_alone():
    seen = Keep(states=True)
    TrainDCGAN(config()).run({"data": [data()]}, seen)
    begin = Resume(Checkpoint(2, seen.states[1]))
    with pytest.raises(InputError, match=r"learning_rate 0.0002 and now 0.001"):
        TrainDCGAN(config(learning_rate=1e-3)).run({"data": [data()]}, begin)
    with pytest.raises(InputError, match="not those that this training began with"):
        TrainDCGAN(config()).run({"data": [data(count=21)]}, begin)


def test_the_model_is_the_best_that_was_measured():
    seen = Keep()
    chosen = config(measure_every=6, measure_pictures=8, learning_rate=0.05)
    result = TrainDCGAN(chosen).run({"data": [data()]}, seen)
    measured = {step.index: step.measures["frechet"] for step in seen.steps}
    best = min(measured, key=lambda index: measured[index])
    assert result.facts["best"] == {"step": best, "frechet": measured[best]}
    again = TrainDCGAN(chosen.model_copy(update={"pictures": 6 * best})).run({"data": [data()]}, Keep())
    assert all(torch.equal(value, result.model.tensors[name]) for name, value in again.model.tensors.items())


def test_grey_pictures_make_a_generator_of_one_channel():
    result = TrainDCGAN(config()).run({"data": [data(classes=0, channels=1)]}, Keep())
    assert result.model.config["channels"] == 1
    assert result.model.config["grey"] is True
    assert torch.equal(result.output[0], result.output[2])
    assert build(result.model).generator(torch.zeros(1, 6)).shape == (1, 1, 28, 28)


@pytest.mark.parametrize("preset", DCGANConfig.presets)
def test_presets_are_valid(preset):
    DCGANConfig(**DCGANConfig.presets[preset])


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"penalty": "interpolated"}, "it needs batch_norm none"),
        ({"strides": (2, 2, 2, 2, 2), "widths": (4,) * 5}, "leaves no whole number"),
        ({"widths": (4, 8), "strides": (2,)}, "must be as many, got 2 and 1"),
        ({"batch": 7, "micro_batch": 2}, "multiple of micro_batch"),
        ({"updates": "together", "critic_steps": 2}, "together go with critic_steps 1"),
    ],
)
def test_what_does_not_go_together_is_said(values, line):
    with pytest.raises(ValidationError, match=line):
        config(**values)


def test_too_few_pictures_and_those_of_another_size_are_refused():
    with pytest.raises(InputError, match="drawn: 1 of 20 pictures to train on: held_out must be at most 18"):
        TrainDCGAN(config(held_out=19)).check({"data": [data()]})
    with pytest.raises(InputError, match="drawn: one picture to train on: a generator learns from many"):
        TrainDCGAN(config(held_out=3)).check({"data": [data(count=1)]})
    with pytest.raises(InputError, match="drawn: pictures of 28x28, where side is 32"):
        TrainDCGAN(config(side=32)).check({"data": [data()]})


def test_a_forecast_knows_time_memory_and_disk():
    """The state that is saved is five times the weights: both networks, two moments of each, mean and best."""
    small = TrainDCGAN(config()).forecast({})
    large = TrainDCGAN(config(width=6, pictures=48)).forecast({})
    assert 0 < small.seconds < large.seconds
    assert small.memory < large.memory
    assert small.disk < large.disk
    weights = sum(4 * each.numel() for each in Adversaries(config().shape(3, 0)).parameters())
    assert small.disk == 16 * weights
