"""Edges of pictures."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
import torch

from impasto.cli.app import run
from impasto.edges.canny import canny
from impasto.edges.gradient import colour_gradient
from impasto.edges.lines import lines_of, without_crumbs
from impasto.edges.soft import soft_edges
from impasto.edges.xdog import xdog
from impasto.features import load_network
from impasto.images import read, write
from impasto.samples.drawings import drawing


@pytest.fixture(scope="module")
def noise() -> np.ndarray:
    return np.random.default_rng(0).random((48, 40, 3)).astype(np.float32)


def disc(size: int = 64, radius: float = 20) -> np.ndarray:
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    return np.hypot(x, y) < radius


def test_canny_does_not_care_for_the_order_of_the_channels(noise):
    lines = canny(noise, sigma=1.5, low=0.02, high=0.05)
    assert lines.any()
    for order in permutations(range(3)):
        assert np.array_equal(canny(np.ascontiguousarray(noise[..., order]), sigma=1.5, low=0.02, high=0.05), lines)


def test_two_colours_of_one_grey_have_an_edge():
    picture = np.zeros((32, 32, 3), np.float32)
    picture[:, :16], picture[:, 16:] = (0.6, 0.2, 0.2), (0.2, 0.2 + 0.4 * 0.299 / 0.587, 0.2)  # equal luma (BT.601)
    columns = np.flatnonzero(canny(picture, sigma=1).any(0))
    assert len(columns)
    assert set(columns) <= {14, 15, 16}


def test_the_gradient_of_a_slope_is_its_steepness():
    y, x = np.mgrid[:20, :20].astype(np.float32)
    slope = (0.01 * x + 0.02 * y)[..., None] * np.array((1, 2, 2), np.float32)
    strength, direction = colour_gradient(slope, 0)
    assert np.allclose(strength[2:-2, 2:-2], 3 * np.hypot(0.01, 0.02), rtol=1e-4)
    assert np.allclose(direction[2:-2, 2:-2], np.arctan2(2, 1), atol=1e-4)


def test_xdog_is_its_formula():
    from scipy.ndimage import gaussian_filter

    light = np.random.default_rng(1).random((40, 40))
    fine, coarse = (gaussian_filter(light, s, mode="mirror", truncate=4) for s in (1.0, 1.6))
    sharp = 21 * fine - 20 * coarse
    expected = np.where(sharp >= 0.7, 1, 1 + np.tanh(10 * (sharp - 0.7)))
    assert np.abs(xdog(light) - expected).mean() < 0.01  # another library's blur, wider by a pixel


def test_lines_are_thin_whole_and_without_crumbs():
    import cv2

    soft = cv2.GaussianBlur(cv2.Canny(disc().astype(np.uint8) * 255, 1, 2).astype(np.float32) / 255, (0, 0), 2)
    soft[2, 2] = 1
    lines = lines_of(soft)
    y, x = np.argwhere(lines).T - 31.5
    assert np.abs(np.hypot(x, y) - 20).max() < 2
    assert 0.8 < lines.sum() / (2 * np.pi * 20) < 1.2


def test_pieces_smaller_than_asked_are_dropped():
    lines = np.zeros((9, 9), bool)
    lines[1, 1:5] = True
    lines[4:9, 4] = True
    assert without_crumbs(lines, 5).sum() == 5
    assert without_crumbs(lines, 4).sum() == 9


def test_the_soft_detector_sees_the_object_and_not_its_texture():
    """On a woven ground a plain disc: its outline stands out, the threads do not."""
    weave = drawing("weave", 96)
    inside = disc(96, 28)
    picture = torch.where(torch.from_numpy(inside), torch.tensor([0.9, 0.3, 0.2])[:, None, None], weave)
    soft = soft_edges(load_network(), picture)
    assert soft.shape == (96, 96)
    y, x = np.mgrid[:96, :96] - 47.5
    away = np.abs(np.hypot(x, y) - 28)
    assert soft[away < 1.5].mean() > 3 * soft[away > 6].mean()


def test_pairs_are_the_photo_and_beside_it_its_edges(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    photo = torch.from_numpy(disc(40, 12)).float().expand(3, -1, -1)[:, :32]
    write(photo, "a.png")
    assert run(["data", "edges", "a.png", "--detector", "canny", "--pairs", "-o", "pair.png", "-q", "--no-record"]) == 0
    assert run(["data", "edges", "a.png", "--detector", "canny", "-o", "edges.png", "-q", "--no-record"]) == 0
    pair = read("pair.png")
    assert torch.equal(pair[..., :40], read("a.png"))
    assert torch.equal(pair[..., 40:], read("edges.png"))
    assert set(read("edges.png").unique().tolist()) == {0.0, 1.0}
