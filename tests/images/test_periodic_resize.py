"""Tiles stay tiles at any size."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from impasto.images import periodic_bilinear, periodic_resize, resize
from impasto.images.periodic import repeated_resize


def wave(height: int, width: int, down: int, across: int) -> torch.Tensor:
    """A tile (1, 3, H, W) with so many waves down and across, a phase for each colour."""
    y, x = np.mgrid[:height, :width]
    angle = 2 * np.pi * (down * y / height + across * x / width)
    planes = [0.5 + 0.3 * np.cos(angle + phase) for phase in (0.0, 1.0, 2.5)]
    return torch.from_numpy(np.stack(planes)[None]).float()


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(st.integers(10, 40), st.integers(10, 40)),
    st.tuples(st.integers(10, 70), st.integers(10, 70)),
    st.integers(0, 4),
    st.integers(-4, 4),
)
def test_a_wave_stays_exactly_that_wave_at_every_size(old, new, down, across):
    resized = periodic_resize(wave(*old, down, across), new)
    assert resized.shape == (1, 3, *new)
    assert torch.allclose(resized, wave(*new, down, across), atol=2e-6)


@settings(max_examples=40, deadline=None)
@given(st.integers(3, 33), st.integers(3, 33), st.integers(3, 70), st.integers(3, 70))
def test_the_mean_is_kept(height, width, new_height, new_width):
    tile = 0.3 + 0.4 * torch.rand(1, 1, height, width, generator=torch.Generator().manual_seed(height))
    smooth = (tile - tile.mean()) * 0.2 + tile.mean()  # no overshoot reaches 0 or 1
    resized = periodic_resize(smooth, (new_height, new_width))
    assert float(resized.mean()) == pytest.approx(float(smooth.mean()), abs=1e-5)


@pytest.mark.parametrize(("old", "new"), [((32, 32), (64, 64)), ((31, 40), (63, 77)), ((48, 33), (24, 20))])
def test_the_seam_is_like_any_other_place(old, new):
    random = torch.Generator().manual_seed(3)
    tile = torch.rand(1, 3, *old, generator=random)
    resized = periodic_resize(tile, new)
    for dim in (2, 3):
        steps = (resized.roll(-1, dim) - resized).abs().mean((0, 1, 5 - dim))  # to the next row, or column
        assert float(steps[-1]) < 1.5 * float(steps[:-1].mean())
        # Where a tile is repeated before it is resized, there is no border at all.
    repeated = periodic_resize(tile.repeat(1, 1, 2, 3), (2 * new[0], 3 * new[1]))
    assert torch.allclose(repeated, resized.repeat(1, 1, 2, 3), atol=1e-4)


def test_a_rolled_tile_gives_the_rolled_result():
    tile = wave(24, 24, 1, 2) * 0.5 + wave(24, 24, 3, -1) * 0.4
    rolled = periodic_resize(tile.roll((5, 7), (2, 3)), (48, 48))
    assert torch.allclose(rolled, periodic_resize(tile, (48, 48)).roll((10, 14), (2, 3)), atol=2e-6)


def test_the_result_is_a_picture():
    edges = (torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(1)) > 0.5).float()
    resized = periodic_resize(edges, (50, 50))
    assert float(resized.min()) >= 0
    assert float(resized.max()) <= 1


@settings(max_examples=30, deadline=None)
@given(st.tuples(*[st.integers(1, 6)] * 4), st.tuples(*[st.integers(1, 9)] * 2))
def test_bilinear_resizing_goes_on_over_the_edges(ratios, sides):
    """As plain interpolation does in the middle of nine copies of the tile, for enlargements such as 3/2 or 2."""
    height, width, new_height, new_width = (ratio * side for ratio, side in zip(ratios, sides * 2, strict=True))
    tile = torch.rand(1, 2, height, width, generator=torch.Generator().manual_seed(width))
    found = periodic_bilinear(tile, (new_height, new_width))
    copies = torch.nn.functional.interpolate(
        tile.repeat(1, 1, 3, 3), size=(3 * new_height, 3 * new_width), mode="bilinear", align_corners=False
    )
    middle = copies[..., new_height : 2 * new_height, new_width : 2 * new_width]
    assert torch.allclose(found, middle, atol=1e-5)


@pytest.mark.parametrize("filter", ["bilinear", "bicubic"])
@pytest.mark.parametrize("new", [(20, 30), (7, 50), (13, 11), (40, 60)])
def test_the_mask_of_a_tile_is_resized_as_in_the_middle_of_nine(new, filter):
    mask = torch.zeros(1, 40, 60)
    mask[:, 30:, :17] = mask[:, :5, 50:] = 1
    height, width = new
    nine = resize(mask.repeat(1, 3, 3), (3 * width, 3 * height), filter=filter, clamp=False)
    found = repeated_resize(mask, new, filter)
    assert torch.allclose(found, nine[:, height : 2 * height, width : 2 * width], atol=1e-6)
    assert filter == "bicubic" or float(found.amax()) <= 1 + 1e-6


@pytest.mark.parametrize("new", [(20, 30), (7, 50), (13, 11), (64, 90)])
def test_nor_have_the_means_of_boxes_an_edge(new):
    """What masks of regions are resized by: none of its boxes reaches over an edge."""
    mask = torch.rand(1, 40, 60, generator=torch.Generator().manual_seed(1))
    height, width = new
    nine = resize(mask.repeat(1, 3, 3), (3 * width, 3 * height), filter="area")
    assert torch.allclose(resize(mask, (width, height), filter="area"), nine[:, height : 2 * height, width : 2 * width])
