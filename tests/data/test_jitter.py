"""Jitter against closed forms and Pillow, drawn evenly, and the same however batches are shared."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance

from impasto.data import Batches, Pictures
from impasto.data.jitter import jitter_factors, jittered


def pictures(count=30):
    drawn = torch.rand(count, 3, 5, 7, generator=torch.Generator().manual_seed(3))
    return Pictures.of((drawn * 255).byte(), name="drawn")


def changed(values, brightness=1.0, contrast=1.0, saturation=1.0):
    picture = torch.tensor(values, dtype=torch.uint8).reshape(1, 1, -1, 3).permute(0, 3, 1, 2)
    return jittered(picture, torch.tensor([[brightness, contrast, saturation]]))[0, :, 0].T


def test_each_factor_alone_is_its_closed_form():
    red, white = [200, 0, 0], [100, 100, 100]
    assert changed([red, white], brightness=0.5) == pytest.approx(torch.tensor([[100.0, 0, 0], [50, 50, 50]]))
    mean = (0.299 * 200 + 100) / 2
    expected = torch.tensor([red, white]) * 0.5 + mean * 0.5
    assert torch.allclose(changed([red, white], contrast=0.5), expected)
    assert torch.allclose(changed([red, white], saturation=0.0), torch.tensor([[59.8] * 3, [100.0] * 3]))
    assert changed([red, white], brightness=2.0)[0, 0] == 255  # and no more


@pytest.mark.parametrize(("number", "enhancer"), [(0, ImageEnhance.Brightness), (2, ImageEnhance.Color)])
def test_pillow_agrees(number, enhancer):
    picture = pictures(1)[0].picture
    factors = torch.ones(1, 3)
    factors[0, number] = 0.7
    expected = enhancer(Image.fromarray(picture.permute(1, 2, 0).numpy())).enhance(0.7)
    found = jittered(picture[None], factors)[0].permute(1, 2, 0).numpy()
    assert np.abs(found - np.asarray(expected)).max() <= 1.5  # which rounds, and its grey before


def test_factors_are_drawn_evenly_and_independently():
    factors = jitter_factors(np.arange(20_000), 5, 0.4)
    assert float(factors.min()) == pytest.approx(0.6, abs=1e-3)
    assert float(factors.max()) == pytest.approx(1.4, abs=1e-3)
    assert torch.allclose(factors.mean(0), torch.ones(3), atol=0.01)
    assert torch.allclose(factors.var(0), torch.full((3,), 0.8**2 / 12), rtol=0.03)
    assert torch.allclose(torch.corrcoef(factors.T), torch.eye(3), atol=0.03)
    assert not torch.equal(factors, jitter_factors(np.arange(20_000), 6, 0.4))


def test_a_picture_is_the_same_for_any_number_of_workers_and_processes():
    data = pictures()
    alone = Batches(data, batch=10, seed=0, jitter=0.5, flip=True, workers=0).at(7).pictures
    ahead = Batches(data, batch=10, seed=0, jitter=0.5, flip=True, workers=3)
    assert torch.equal(ahead.at(7).pictures, alone)
    team = [SimpleNamespace(rank=rank, size=3) for rank in range(3)]
    shares = [Batches(data, batch=10, seed=0, jitter=0.5, flip=True, team=member).at(7).pictures for member in team]
    assert torch.equal(torch.cat(shares), alone)
    plain = Batches(data, batch=10, seed=0, flip=True).at(7).pictures
    assert float(alone.abs().max()) <= 1
    assert 0.01 < float((alone - plain).abs().mean()) < 0.5


def test_both_of_a_pair_change_alike():
    twice = torch.cat([pictures(6).take(range(6)).pictures] * 2, 1)
    batch = Batches(Pictures("pairs", twice.numpy(), "", paired=True), batch=6, seed=1, jitter=0.3).at(0)
    assert torch.equal(batch.pictures, batch.partners)
