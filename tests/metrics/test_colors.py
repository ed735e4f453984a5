"""Distances of colours against NumPy, scikit-image and pictures whose answers are plain."""

import numpy as np
import pytest
import torch
from skimage.color import rgb2yiq

from impasto.errors import InputError
from impasto.images import yiq_to_rgb
from impasto.metrics import chroma_distance, color_moment_distances, edge_agreement

RANDOM = torch.Generator().manual_seed(0)
PHOTO = torch.rand(3, 20, 31, generator=RANDOM)
OTHER = torch.rand(3, 17, 12, generator=RANDOM) ** 2


def test_moment_distances_are_numpys():
    ours, theirs = (picture.flatten(1).double().numpy() for picture in (OTHER, PHOTO))
    S, T = (np.cov(pixels, bias=True) for pixels in (ours, theirs))
    mean, covariance = color_moment_distances(OTHER, PHOTO)
    assert mean == pytest.approx(np.linalg.norm(ours.mean(1) - theirs.mean(1)))
    assert covariance == pytest.approx(np.linalg.norm(S - T) / np.linalg.norm(T))
    assert color_moment_distances(PHOTO.flip(1), PHOTO) == pytest.approx((0, 0), abs=1e-12)


def test_chroma_is_compared_in_scikit_images_yiq():
    other = PHOTO.flip(2)
    ours, theirs = (rgb2yiq(picture.permute(1, 2, 0).double().numpy())[..., 1:] for picture in (other, PHOTO))
    assert chroma_distance(other, PHOTO) == pytest.approx(np.sqrt(((ours - theirs) ** 2).sum(-1).mean()), abs=1e-7)


def test_another_luminance_is_no_other_chroma():
    assert chroma_distance(PHOTO + 0.1, PHOTO) == pytest.approx(0, abs=1e-6)


def test_chroma_of_other_sizes_is_refused():
    with pytest.raises(InputError, match="got 12x17 and 31x20"):
        chroma_distance(OTHER, PHOTO)


def of_planes(y: torch.Tensor, i: torch.Tensor) -> torch.Tensor:
    return yiq_to_rgb(torch.stack([y, i, torch.zeros_like(y)]))


def test_edges_agree_where_colour_is_a_multiple_of_lightness():
    y = torch.rand(40, 50, generator=RANDOM)
    assert edge_agreement(of_planes(y, 0.4 * y)) == pytest.approx(1, abs=1e-6)
    assert edge_agreement(of_planes(y, 1 - 2 * y)) == pytest.approx(1, abs=1e-6)  # the direction is nothing


def test_edges_that_have_nothing_to_do_with_each_other_do_not_agree():
    y, i = torch.rand(2, 200, 200, generator=RANDOM)
    assert abs(edge_agreement(of_planes(y, i))) < 0.03


def test_edges_of_a_grey_or_even_picture_agree_with_none():
    assert edge_agreement(PHOTO[:1].expand(3, -1, -1)) == 0
    assert edge_agreement(torch.full((3, 9, 9), 0.4)) == 0
