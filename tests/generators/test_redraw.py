"""Pictures drawn anew by a model of another: painted, edited, harmonised; and enlarged by it."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
import torch
from scipy.ndimage import distance_transform_edt

import impasto
from impasto.errors import InputError
from impasto.gan.singan_sheets import model_of
from impasto.generators.edit import soft_edged
from impasto.generators.paint import in_colors, palette
from impasto.images import resize
from impasto.model import Model
from impasto.samples.drawings import drawing
from pyramids import untrained

WIDTH, HEIGHT = 48, 40


def made(count: int = 4) -> Model:
    return model_of(untrained((WIDTH, HEIGHT), count, seed=3), grey=False)


@pytest.fixture(scope="module")
def model() -> Model:
    return made()


@pytest.fixture(scope="module")
def picture() -> torch.Tensor:
    return drawing("mosaic", 64)[:, :HEIGHT, :WIDTH].contiguous()


@pytest.fixture(scope="module")
def mask() -> torch.Tensor:
    mask = torch.zeros(3, HEIGHT, WIDTH)
    mask[:, 12:20, 10:24] = 1
    return mask


def drawn(method: str, model: Model, picture: torch.Tensor, **values: object):
    given = {"run": model, "picture": picture}
    given |= {"mask": values.pop("mask")} if "mask" in values else {}
    return impasto.run(method, given, **values)


@pytest.mark.parametrize("method", ["edit", "harmonize"])
def test_beyond_the_mask_not_a_bit_changes(method, model, picture, mask):
    config = {"grow": 0.05, "soften": 0.1, "start_scale": 1}
    made = drawn(method, model, picture, mask=mask, **config).tensor
    away = (
        torch.from_numpy(distance_transform_edt(mask[0].numpy() < 0.5)) > round(0.05 * WIDTH) + round(0.1 * WIDTH) + 1
    )
    assert 0.2 < away.float().mean() < 0.9
    assert torch.equal(made[:, away], picture[:, away])
    assert not torch.equal(made[:, ~away], picture[:, ~away])
    within = mask[0] > 0.5  # where all of it is drawn anew
    assert torch.equal(made[:, within], drawn(method, model, picture, start_scale=1).tensor[:, within])


def test_a_large_picture_keeps_its_own_bits_too(model, picture, mask):
    large, wide = (resize(each, (3 * WIDTH, 3 * HEIGHT)) for each in (picture, mask))
    made = drawn("edit", model, large, mask=wide, size="100%", start_scale=2).tensor
    assert made.shape == large.shape
    away = torch.from_numpy(distance_transform_edt(wide[0].numpy() < 0.5)) > 0.06 * 3 * WIDTH
    assert torch.equal(made[:, away], large[:, away])
    assert drawn("edit", model, large, mask=wide, start_scale=2).tensor.shape == picture.shape


@pytest.mark.parametrize("method", ["edit", "harmonize", "paint"])
def test_the_later_it_starts_the_more_of_the_picture_stays(method, model, picture):
    more = {"colors": 0} if method == "paint" else {}
    apart = [
        float((drawn(method, model, picture, start_scale=start, **more).tensor - picture).abs().mean())
        for start in (1, 2, 3)
    ]
    assert apart[0] > apart[2] > 0


def test_only_what_is_coarser_than_the_scale_is_seen(model, picture):
    """A checkerboard, which no smaller size can have, is gone; a change of all is not."""
    steps = torch.arange(WIDTH) + torch.arange(HEIGHT)[:, None]
    fine, light = (0.6 * picture + 0.1 + 0.1 * (-1.0) ** steps), 0.6 * picture + 0.2
    plain = drawn("edit", model, 0.6 * picture + 0.1, start_scale=1).tensor
    assert (drawn("edit", model, fine, start_scale=1).tensor - plain).abs().max() < 0.03
    assert (drawn("edit", model, light, start_scale=1).tensor - plain).abs().mean() > 0.03


def test_the_scale_that_is_suggested_is_the_one_that_is_taken(model, picture):
    found = drawn("harmonize", model, picture, seed=5)
    facts = found.facts
    assert list(facts["distances"]) == ["1", "2", "3"]
    distances = {int(start): value for start, value in facts["distances"].items()}
    least, most = min(distances.values()), max(distances.values())
    near = max(start for start, value in distances.items() if value <= (least + most) / 2)
    assert facts["start_scale"] == (2 if most - least < 0.3 * most else near)
    again = drawn("harmonize", model, picture, seed=5, start_scale=facts["start_scale"])
    assert torch.equal(found.tensor, again.tensor)
    sheet = drawn("harmonize", model, picture, seed=5, scales=True)
    assert sheet.facts["start_scale"] in distances
    assert sheet.tensor.shape[1] > 3 * HEIGHT


@pytest.mark.parametrize(
    ("method", "values", "line"),
    [
        ("edit", {"start_scale": 4}, "--start-scale 4: a picture is let in at scales 1 to 3"),
        ("edit", {"mask": torch.ones(3, 8, 9)}, "mask is 9x8 pixels, but the picture is 48x40; make them"),
        ("harmonize", {"mask": torch.zeros(3, HEIGHT, WIDTH)}, "mask: has no white"),
        ("upscale", {"size": "50%"}, "size 50%: 24x20 is no more than 48x40; give more"),
        ("upscale", {"size": "30x200"}, "size 30x200: 30x200 is no more than 48x40; give more"),
        ("upscale", {"size": "100%"}, "size 100%: 48x40 is no more than 48x40; give more"),
    ],
)
def test_what_cannot_be_is_refused(method, values, line, model, picture):
    with pytest.raises(InputError, match=line):
        drawn(method, model, picture, **values)


def test_a_sketch_is_let_in_where_the_model_begins_to_paint(model, picture):
    painter = replace(model, config={**model.config, "sketch": 2})
    found = drawn("sketch", painter, picture, seed=4)
    assert found.facts["start_scale"] == 2
    assert torch.equal(found.tensor, drawn("paint", painter, picture, seed=4, start_scale=2, colors=0).tensor)
    assert drawn("sketch", painter, picture, start_scale=1).facts["start_scale"] == 1
    assert list(drawn("sketch", painter, picture, scales=True).facts["distances"]) == ["1", "2", "3"]


def test_a_model_that_has_learned_no_sketch_is_refused(model, picture):
    with pytest.raises(InputError, match="has learned no sketch: train one with impasto train singan --sketch"):
        drawn("sketch", model, picture)
    with pytest.raises(InputError, match="of another version of impasto, or damaged"):
        drawn("sketch", replace(model, config={**model.config, "sketch": 99}), picture)
    with pytest.raises(InputError, match="nothing but the sketch yet"):
        drawn("sketch", replace(model, config={**model.config, "sketch": 4}), picture)


def test_a_model_of_one_scale_has_none_to_start_at(picture):
    with pytest.raises(InputError, match="the model has one scale"):
        drawn("paint", made(1), picture)


@pytest.mark.parametrize(("grow", "soften"), [(0, 0), (3, 0), (0, 4), (5, 3)])
def test_edges_are_soft_as_far_as_was_said(grow, soften):
    places = torch.zeros(40, 50, dtype=torch.bool)
    places[15:20, 20:28] = True
    places[0, 0] = True
    share = soft_edged(places, grow, soften)[0]
    away = torch.from_numpy(distance_transform_edt(~places.numpy()))
    assert bool((share[places] == 1).all())
    assert bool((share[away > grow + soften + 1] == 0).all())
    assert bool((share[away <= grow - soften] == 1).all())
    assert float(share.min()) >= 0
    assert float(share.max()) <= 1
    if grow and soften:
        assert 0.2 < float(share[(away > grow - 0.5) & (away < grow + 0.5)].mean()) < 0.8


@pytest.mark.parametrize("method", ["paint", "edit", "animate", "upscale"])
@pytest.mark.parametrize("sizes", [5, None, [[1, 2]]])
def test_a_damaged_model_is_told_as_such(method, sizes, model, picture):
    damaged = replace(model, config={**model.config, "sizes": sizes})
    given = {"run": damaged} if method == "animate" else {"run": damaged, "picture": picture}
    with pytest.raises(InputError, match="of another version of impasto, or damaged"):
        impasto.run(method, given)


def test_steps_are_few_however_near_the_scales_are(picture):
    near = made(4)
    near = replace(near, config={**near.config, "factor": 0.99})
    assert drawn("upscale", near, picture, size="400%").facts["steps"] == 13  # of at least 1 / 0.9


def test_a_large_mask_is_softened_in_no_time():
    places = torch.zeros(1200, 1600, dtype=torch.bool)
    places[400:800, 500:900] = True
    started = time.process_time()
    soft_edged(places, 0.08 * 1600, 0.02 * 1600)
    assert time.process_time() - started < 1.5


def test_a_painting_gets_the_colours_of_the_learned_picture():
    colors = torch.tensor([[0, 0, 0], [255, 0, 0], [0, 128, 255], [250, 250, 250]]) / 255
    picture = colors[torch.arange(16 * 20) % 4].T.reshape(3, 16, 20)
    found = palette(picture, 4)
    assert sorted(map(tuple, found.tolist())) == sorted(map(tuple, colors.tolist()))
    painting = torch.tensor([[0.9, 0.2, 0.1], [0.1, 0.4, 0.8], [0.1, 0.1, 0.05]]).T[:, None]
    assert torch.equal(in_colors(painting, found), colors[[1, 2, 0]].T[:, None])


def test_a_picture_that_is_enlarged_stays_itself_when_reduced_again(model, picture):
    found = drawn("upscale", model, picture, size="200%", faithful=60, detail=1)
    assert found.tensor.shape == (3, 2 * HEIGHT, 2 * WIDTH)
    assert found.facts["steps"] == 2  # each about 1 / 0.7
    back = resize(found.tensor, (WIDTH, HEIGHT))
    free = resize(drawn("upscale", model, picture, size="200%", faithful=0, detail=1).tensor, (WIDTH, HEIGHT))
    plain = drawn("upscale", model, picture, size="200%", faithful=60, detail=0).tensor
    some = drawn("upscale", model, picture, size="200%", faithful=60, detail=0.25).tensor
    torch.testing.assert_close(some, (0.75 * plain + 0.25 * found.tensor).clamp(0, 1))
    assert float((back - picture).abs().mean()) < 0.1 * float((free - picture).abs().mean())
