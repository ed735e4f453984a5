"""Between a photo and a result: the ends, the colours, and the contrast in the middle."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from impasto import run
from impasto.images import resize, rgb_to_oklab
from impasto.styles.strength import between


def weaker(photo, result, **values) -> torch.Tensor:
    return run("style strength", [photo, result], **values).tensor


@pytest.fixture(scope="module")
def result(painting) -> torch.Tensor:
    return resize(painting, (64, 48))


def test_nothing_is_the_photo_and_all_is_the_result(photo, result):
    assert torch.allclose(weaker(photo, result, strength=0), photo, atol=1e-4)
    assert torch.allclose(weaker(photo, result, strength=1), result, atol=1e-4)


def test_a_result_that_is_the_photo_stays_as_it_is(photo):
    assert torch.allclose(weaker(photo, photo, strength=0.4), photo, atol=1e-4)


def test_more_strength_leads_away_from_the_photo(photo, result):
    away = [float((weaker(photo, result, strength=s) - photo).abs().mean()) for s in (0, 0.25, 0.5, 0.75, 1)]
    assert (np.diff(away) > 0.01).all()


def test_the_photo_is_brought_to_the_results_size(photo, result):
    assert weaker(resize(photo, (128, 96)), result).shape == (3, 48, 64)


def test_colours_have_a_strength_of_their_own(photo, result):
    """Oklab's a and b are the photo's and its L the result's, wherever that colour exists."""
    found = weaker(photo, result, strength=1, colors=0)
    inside = ((found > 0.002) & (found < 0.998)).all(0)
    assert float(inside.float().mean()) > 0.5
    ours, photos, results = (rgb_to_oklab(picture)[:, inside] for picture in (found, photo, result))
    assert float((ours[0] - results[0]).abs().max()) < 1e-3
    assert float((ours[1:] - photos[1:]).abs().max()) < 1e-3


def test_details_that_have_nothing_to_do_with_each_other_keep_their_contrast():
    """The mean of two independent noises has 0.71 of their deviation."""
    first, second = torch.randn(2, 1, 128, 128, generator=torch.Generator().manual_seed(0)) * 0.1 + 0.5
    assert float(torch.lerp(first, second, 0.5).std()) == pytest.approx(0.071, abs=0.003)
    assert float(between(first, second, 0.5).std()) == pytest.approx(0.1, abs=0.006)


def test_where_one_picture_is_flat_contrast_is_a_share_of_the_others():
    flat = torch.full((1, 64, 64), 0.5)
    rough = torch.rand(1, 64, 64, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(between(flat, rough, 0.3), torch.lerp(flat, rough, 0.3), atol=1e-5)


@settings(max_examples=30, deadline=None)
@given(st.tuples(st.integers(1, 40), st.integers(1, 40)), st.floats(0, 1), st.integers(0, 99))
def test_pictures_of_any_size_have_one_between(size, strength, seed):
    first, second = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(seed))
    found = between(first, second, strength)
    assert found.shape == first.shape
    assert bool(torch.isfinite(found).all())
    back = between(second, first, 1 - strength)
    assert torch.allclose(found, back, atol=1e-4)
