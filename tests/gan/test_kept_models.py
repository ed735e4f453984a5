"""What a training measures and keeps on its way: the critic's accuracy, and models as they were then."""

from __future__ import annotations

import pytest
import torch

from impasto.cli.app import run
from impasto.data import Pictures
from impasto.gan.cost import forecast
from impasto.gan.dcgan import TrainDCGAN
from impasto.gan.dcgan_settings import DCGANConfig
from impasto.gan.gallery import Gallery
from impasto.images import read
from impasto.networks.adversaries import Adversaries, built_anew, settled
from impasto.networks.latents import draw_latents
from impasto.observers import Unobserved
from impasto.randomness import generator, step_seed
from impasto.runs.enter import enter
from impasto.runs.execute import carry_on
from impasto.runs.job import prepare
from impasto.runs.model import from_bytes, model_file
from impasto.training.average import Average
from impasto.training.best import Best

TINY = {"side": 28, "width": 2, "latent_size": 4, "batch": 4, "pictures": 16, "samples": 4, "measure_pictures": 12}


def data(classes=2):
    drawn = torch.rand(15, 3, 28, 28, generator=torch.Generator().manual_seed(0))
    labels = [number % classes for number in range(15)] if classes else None
    return Pictures.of((drawn * 255).byte(), labels, ["a", "b"][:classes], "drawn")


@pytest.mark.parametrize(("classes", "activation"), [(2, "tanh"), (0, "sigmoid")])
def test_the_accuracies_are_those_of_all_pictures_judged_at_once(classes, activation, monkeypatch):
    monkeypatch.setattr("impasto.gan.gallery.AT_ONCE", 8)
    config, pictures = DCGANConfig(**TINY, activation=activation, loss="lsgan", average=0.0), data(classes)
    networks = built_anew(config.shape(3, classes), (), "he", generator(1), torch.device("cpu"))
    chosen = pictures.take([number * 15 // 12 for number in range(12)])
    x, y = chosen.pictures.float() / 255, chosen.labels if classes else None
    x = x if activation == "sigmoid" else 2 * x - 1
    scores = networks.eval().critic(x, y)
    (bias,) = (each for each in networks.critic.parameters() if each.shape == (1,))
    bias.data += 0.5 - scores.detach().quantile(0.3)  # some are right
    networks.train()
    before = {name: value.clone() for name, value in networks.state_dict().items()}
    gallery = Gallery(config, networks, Average(networks.generator, 0), Best(), pictures)
    found = gallery.measure(config.steps - 1)
    assert networks.critic.training
    assert all(torch.equal(value, before[name]) for name, value in networks.state_dict().items())
    assert found["accuracy/real"] == pytest.approx(8 / 12)
    networks.eval()
    drawer, parts = settled(networks.generator, networks.shape, 0), [(8, 0), (4, 8)]
    z = torch.cat([draw_latents("normal", count, 4, generator(step_seed(1, first))) for count, first in parts])
    y = torch.cat([torch.arange(count) % 2 for count, _ in parts]) if classes else None
    shown = drawer(z, y)
    scores = networks.critic(shown, y)
    assert found["accuracy/fake"] == pytest.approx(float((scores < 0.5).float().mean()), abs=1e-6)


def test_models_that_are_kept_are_those_of_trainings_that_ended_then(place, tmp_path):
    config = DCGANConfig(**TINY | {"models_every": 8, "pictures": 12, "classes": True, "measure_every": 4})
    job = prepare(TrainDCGAN(config), {"data": [str(place.path("classes"))]})
    folder = carry_on(enter(job, tmp_path, place=tmp_path / "run")).folder
    assert sorted(path.name for path in folder.models.iterdir()) == ["0000000008", "0000000012"]
    shorter = config.model_copy(update={"pictures": 8, "measure_every": 0})
    expected = TrainDCGAN(shorter).run(job.inputs(), Unobserved()).model.tensors
    kept = from_bytes(model_file(folder.models / "0000000008").read_bytes(), "kept").tensors
    assert all(torch.equal(value, kept[name]) for name, value in expected.items())
    assert run(["sample", str(folder.models / "0000000008"), "-q", "--no-record", "-o", str(tmp_path / "one.png")]) == 0
    assert read(tmp_path / "one.png").shape == (3, 28, 28)


def test_the_models_on_the_way_are_counted_and_bounded():
    plain, kept = (forecast(DCGANConfig(**TINY, models_every=every)) for every in (0, 8))
    weights = sum(4 * each.numel() for each in Adversaries(DCGANConfig(**TINY).shape(3, 0)).parameters())
    assert kept.disk - plain.disk == 2 * weights
    with pytest.raises(ValueError, match="models_every must be at least 1000, so that at most 1,000 are kept, got 5"):
        DCGANConfig(pictures=1_000_000, models_every=5)
