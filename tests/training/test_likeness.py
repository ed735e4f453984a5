"""What a training measures of its pictures, against SciPy's root of a matrix."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

from impasto.data import Pictures
from impasto.errors import InputError
from impasto.features import load_network
from impasto.features.vectors import LayerMeans
from impasto.training.likeness import Likeness


def test_the_distance_is_frechets_of_all_pictures_however_they_come():
    random = torch.Generator().manual_seed(3)
    pixels = torch.randint(0, 256, (130, 3, 64, 64), generator=random, dtype=torch.uint8)
    real, drawn = pixels.float() / 255, (pixels.float() / 255) ** 2
    likeness = Likeness(Pictures.of(pixels), 130, torch.device("cpu"))
    assert likeness(lambda start, end: real[start:end]) == pytest.approx(0, abs=1e-6)
    vectors = LayerMeans(load_network(), side=64)
    one, two = (vectors(each).double().numpy() for each in (drawn, real))
    covariances = np.cov(one.T), np.cov(two.T)
    cross = np.trace(sqrtm(covariances[0] @ covariances[1]).real)
    expected = ((one.mean(0) - two.mean(0)) ** 2).sum() + sum(map(np.trace, covariances)) - 2 * cross
    assert likeness(lambda start, end: drawn[start:end]) == pytest.approx(expected, rel=1e-4)


def test_what_is_no_longer_finite_is_told_in_a_line():
    likeness = Likeness(Pictures.of(torch.zeros(4, 3, 64, 64, dtype=torch.uint8)), 4, torch.device("cpu"))
    with pytest.raises(InputError, match="no longer finite"):
        likeness(lambda start, end: torch.full((end - start, 3, 64, 64), torch.nan))
