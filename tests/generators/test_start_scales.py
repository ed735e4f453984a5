"""From which scale on a pyramid's pictures are new: asked for by number, and shown for all of them."""

from __future__ import annotations

import pytest
import torch

from impasto.errors import InputError
from impasto.gan.singan_sheets import model_of
from impasto.generators.sample import Sample, SampleConfig
from impasto.generators.start_scales import measures, suggestion
from impasto.model import Model
from impasto.networks.singan import Pyramid
from impasto.networks.singan_sampler import reconstructed
from impasto.networks.texture import TextureNetwork
from impasto.observers import Unobserved
from pyramids import untrained


@pytest.fixture(scope="module")
def pyramid() -> Pyramid:
    return untrained((30, 24))


@pytest.fixture(scope="module")
def model(pyramid) -> Model:
    return model_of(pyramid, grey=False)


def sampled(model: Model, **values: object):
    return Sample(SampleConfig(**values)).run({"run": [model]}, Unobserved())


def test_pictures_have_any_size_from_any_scale(model):
    for start in range(3):
        assert sampled(model, size="95x20", start_scale=start).output.shape == (3, 20, 95)


def test_the_later_it_starts_the_nearer_it_is_to_the_picture(model, pyramid):
    own = reconstructed(pyramid)
    apart = [
        sum(float((sampled(model, start_scale=start, seed=seed).output - own).abs().mean()) for seed in range(4))
        for start in range(3)
    ]
    assert apart[0] > apart[1] > apart[2] > 0


def test_a_large_picture_is_drawn_in_strips_without_seams(model, monkeypatch):
    whole = sampled(model, size="60x50").output
    monkeypatch.setattr("impasto.networks.drawing_cost.STRIP", 500)
    torch.testing.assert_close(sampled(model, size="60x50").output, whole, rtol=0, atol=0.5 / 255)


def test_the_sheet_has_samples_of_every_scale_and_suggests_one(model):
    result = sampled(model, scales=True, count=2)
    facts = result.facts
    assert len(facts["scales"]) == 3
    assert facts["suggested"] == suggestion([each["distance"] for each in facts["scales"]])
    assert str(facts["suggested"]) in facts["why"]
    assert result.output.shape[2] > 2 * 96


def test_samples_that_are_the_picture_have_no_distance_and_no_variety():
    picture = torch.rand(3, 20, 24, generator=torch.Generator().manual_seed(0))
    assert measures(picture.expand(3, -1, -1, -1), picture) == {"distance": 0.0, "variety": 0.0}


def test_variety_is_the_deviation_over_samples_for_that_of_the_picture():
    random = torch.Generator().manual_seed(0)
    picture = torch.randn(1, 32, 32, generator=random).expand(3, -1, -1)
    samples = torch.randn(16, 1, 32, 32, generator=random).expand(-1, 3, -1, -1) / 2
    assert measures(samples, picture)["variety"] == pytest.approx(0.5, rel=0.1)


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ({"start_scale": 3}, "--start-scale 3: this model has scales 0 to 2, the coarsest first"),
        ({"tile": True}, "--tile: a model of a single picture knows nothing of that"),
        ({"class_": "ant"}, "--class ant: a model of a single picture"),
    ],
)
def test_what_there_is_not_is_refused(model, values, match):
    with pytest.raises(InputError, match=match):
        sampled(model, **values)


@pytest.mark.parametrize(("values", "flag"), [({"scales": True}, "--scales"), ({"start_scale": 1}, "--start-scale")])
def test_other_models_have_no_scales(values, flag):
    network = TextureNetwork((4, 6, 8)).eval()
    model = Model("texture-network", {"widths": [4, 6, 8], "noise": 3}, network.state_dict(), (64, 64))
    with pytest.raises(InputError, match=f"{flag}: this model has no scales"):
        sampled(model, **values)


@pytest.mark.parametrize(
    "changed",
    [{"widths": [4, 4]}, {"sizes": [[9999, 9999]] * 3}, {"borders": "odd"}, {"factor": 7}, {"widths": [4, 4, 5]}],
)
def test_a_damaged_model_is_refused(model, changed):
    damaged = Model(model.kind, {**model.config, **changed}, model.tensors, model.size)
    with pytest.raises(InputError, match="another version of impasto, or damaged"):
        sampled(damaged)
