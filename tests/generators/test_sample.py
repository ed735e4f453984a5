"""Sampling: any size, with and without a seam, of each seed its own, and never more than one picture held."""

from __future__ import annotations

import gc
import weakref

import pytest
import torch
from pydantic import ValidationError

from impasto.errors import InputError
from impasto.generators.sample import Sample, SampleConfig
from impasto.model import Model
from impasto.networks.adversaries import built_anew, described
from impasto.networks.shape import Shape
from impasto.networks.texture import TextureNetwork
from impasto.observers import Checkpoint, Piece, Unobserved
from impasto.runs.limits import check_pixels
from impasto.textures.train_network import settled
from impasto.training.sheets import GAP, grid
from observers import Keep, Resume


@pytest.fixture(scope="module")
def model() -> Model:
    """An untrained texture network, ready for sampling."""
    torch.manual_seed(1)
    network = settled(TextureNetwork((4, 6, 8)), 64, 0)
    return Model("texture-network", {"widths": [4, 6, 8], "noise": 3}, network.state_dict(), (64, 64))


def pieces(model: Model, **values: object) -> dict[str, Piece]:
    seen = Keep()
    result = Sample(SampleConfig(**values)).run({"run": [model]}, seen)
    found = {name: piece for step in seen.steps for name, piece in step.pieces.items()}
    assert list(result.images) == ["output"]
    assert torch.equal(result.output, found["1"].picture)
    return found


def sample(model: Model, **values: object) -> torch.Tensor:
    return pieces(model, **values)["1"].picture


def test_the_same_seed_gives_the_same_picture_and_another_one_another(model):
    first, again, other = (sample(model, seed=seed, size="96") for seed in (3, 3, 4))
    assert torch.equal(first, again)
    assert float((first - other).abs().mean()) > 0.3 * float(first.std())


def test_several_are_those_of_the_seeds_that_follow_and_each_says_how_to_make_it_alone(model):
    several = pieces(model, seed=5, count=3, size="64x48")
    assert list(several) == ["1", "2", "3"]
    for piece in several.values():
        assert torch.equal(piece.picture, sample(model, size="64x48", **piece.alone))
    assert [dict(piece.alone) for piece in several.values()] == [{"seed": seed, "count": 1} for seed in (5, 6, 7)]


def test_the_seed_after_the_last_is_the_first(model):
    assert [piece.alone["seed"] for piece in pieces(model, seed=2**63 - 1, count=2, size="32").values()] == [
        2**63 - 1,
        0,
    ]


@pytest.mark.parametrize("size", ["64x64", "100x52", "17x9", "3x200"])
@pytest.mark.parametrize("tile", [False, True])
def test_pictures_have_any_size(model, size, tile):
    width, height = map(int, size.split("x"))
    assert sample(model, size=size, tile=tile).shape == (3, height, width)


def test_without_a_size_a_picture_is_as_large_as_what_it_was_trained_on(model):
    assert sample(model).shape == (3, 64, 64)
    assert sample(model, size="200%").shape == (3, 128, 128)


@pytest.mark.parametrize("size", ["64x64", "50x70"])
def test_a_tile_has_no_seam(model, size):
    """Across its edges neighbours differ as they do elsewhere; without --tile they differ far more."""

    def seam(picture: torch.Tensor) -> float:
        across = (picture[:, :, 0] - picture[:, :, -1]).square().mean() + (
            picture[:, 0] - picture[:, -1]
        ).square().mean()
        within = picture.diff(dim=2).square().mean() + picture.diff(dim=1).square().mean()
        return float(across / within)

    tiles, others = (
        sum(seam(sample(model, size=size, tile=tile, seed=it)) for it in range(4)) for tile in (True, False)
    )
    assert tiles / 4 < 1.3
    assert others / 4 > 1.5


def test_what_was_given_away_is_not_held(model):
    held = []

    class Count(Unobserved):
        def step(self, step) -> None:
            gc.collect()
            held.append(sum(reference() is not None for reference in seen))
            seen.extend(weakref.ref(piece.picture) for piece in step.pieces.values())

    seen: list[weakref.ref[torch.Tensor]] = []
    Sample(SampleConfig(count=6, size="32")).run({"run": [model]}, Count())
    assert max(held) <= 1


def test_a_stopped_run_goes_on_with_the_next_picture_and_has_the_same_result(model):
    seen = Keep(states=True)
    whole = Sample(SampleConfig(count=3, size="32")).run({"run": [model]}, seen)
    resumed = Resume(Checkpoint(2, seen.states[1]))
    again = Sample(SampleConfig(count=3, size="32")).run({"run": [model]}, resumed)
    assert torch.equal(again.output, whole.output)


def test_the_forecast_grows_with_the_size_and_its_seconds_with_the_count():
    def forecast(**values: object):
        return Sample(SampleConfig(**values)).forecast({"run": [(64, 64)]})

    one, many, large = forecast(), forecast(count=1000), forecast(size="4096")
    assert large.memory > 10 * one.memory
    assert large.size == (4096, 4096)
    assert many.seconds == pytest.approx(1000 * one.seconds)
    assert many.memory == one.memory
    with pytest.raises(ValidationError, match="count"):
        SampleConfig(count=0)


@pytest.fixture(scope="module")
def adversary() -> Model:
    """An untrained generator of two classes."""
    shape = Shape(side=28, width=2, latent=4, classes=2)
    networks = built_anew(shape, ("ant", "bee"), "he", torch.Generator().manual_seed(0), torch.device("cpu"))
    return Model("dcgan", described(networks), networks.state_dict(), (28, 28))


def test_a_grid_has_the_pictures_that_come_one_by_one(adversary):
    each = pieces(adversary, seed=3, count=5, class_="bee")
    sheet = pieces(adversary, seed=3, count=5, class_="bee", grid=True)
    assert list(sheet) == ["1"]
    assert sheet["1"].picture.shape == (3, 2 * 28 + GAP, 3 * 28 + 2 * GAP)
    assert torch.equal(sheet["1"].picture, grid(torch.stack([piece.picture for piece in each.values()]), 3))


def test_a_generator_draws_each_seed_alone_as_among_others(adversary):
    several = pieces(adversary, seed=5, count=3)
    for piece in several.values():
        assert torch.equal(piece.picture, sample(adversary, **piece.alone))


def test_less_truncated_pictures_differ_more(adversary):
    spread = []
    for truncation in (0.1, 0.0):
        drawn = [it.picture for it in pieces(adversary, count=6, class_=0, truncation=truncation).values()]
        spread.append(float(torch.stack(drawn).std(0).mean()))
    assert spread[0] < spread[1] / 2


def test_a_sheet_that_is_too_large_is_known_before(adversary):
    found = Sample(SampleConfig(count=100_000, grid=True)).forecast({"run": [(28, 28)]})
    assert found.size == (317 * 30 - 2, 316 * 30 - 2)
    with pytest.raises(InputError, match="megapixels"):
        check_pixels(found)


@pytest.mark.parametrize("values", [{"class_": "ant"}, {"truncation": 0.5}])
def test_a_texture_network_knows_no_classes(model, values):
    with pytest.raises(InputError, match="a texture network knows nothing of that: leave it out"):
        sample(model, **values)
