"""Position maps: a crop is found where it was cut out, runs are counted as by hand, places keep their colours."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from impasto.errors import InputError
from impasto.metrics import PositionMap, color_positions, position_key, position_map
from impasto.metrics.position_colors import place_colors
from impasto.samples.drawings import drawing


def noise(height: int, width: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(3, height, width, generator=torch.Generator().manual_seed(seed))


def shuffled(picture: torch.Tensor, seed: int = 0) -> torch.Tensor:
    order = torch.randperm(picture[0].numel(), generator=torch.Generator().manual_seed(seed))
    return picture.flatten(1)[:, order].view_as(picture)


@settings(deadline=None, max_examples=25)
@given(
    top=st.integers(0, 10),
    left=st.integers(0, 10),
    height=st.integers(5, 20),
    width=st.integers(5, 20),
    every=st.integers(1, 3),
)
def test_a_crop_is_found_where_it_was_cut_out_and_is_one_run(top, left, height, width, every):
    exemplar = noise(30, 30)
    found = position_map(exemplar[:, top : top + height, left : left + width], exemplar, patch=4, every=every)
    assert torch.equal(found.places, found.starts + torch.tensor([top, left]))
    assert found.distance < 1e-3
    if min(found.places.shape[:2]) > 1:
        assert found.copied_share == 1
    assert found.mean_run_length == found.longest_run == found.places.shape[1]


def test_a_crop_of_a_drawing_covers_its_share_of_the_exemplar():
    exemplar = drawing("pebbles", 64)
    found = position_map(exemplar[:, 10:40, 20:60], exemplar, patch=7)
    assert found.copied_share > 0.99
    assert found.coverage == pytest.approx(24 * 34 / 58**2, abs=1e-3)


def test_shuffled_pixels_were_copied_from_nowhere():
    exemplar = noise(40, 40)
    found = position_map(shuffled(exemplar), exemplar, patch=5)
    assert found.copied_share < 0.01
    assert found.mean_run_length < 1.5  # neighbours overlap, so that some agree by chance


def test_the_nearest_patches_are_those_of_a_tree():
    output, exemplar = noise(12, 15, 1), noise(14, 11, 2)

    def patches(picture):
        windows = np.lib.stride_tricks.sliding_window_view(picture.double().numpy(), (3, 3), (1, 2))
        return windows.transpose(1, 2, 0, 3, 4).reshape(-1, 27)

    distances, nearest = cKDTree(patches(exemplar)).query(patches(output))
    found = position_map(output, exemplar, patch=3)
    assert torch.equal(found.places[..., 0] * 9 + found.places[..., 1], torch.from_numpy(nearest).view(10, 13))
    assert found.distance == pytest.approx(np.sqrt((distances**2 / 27).mean()), rel=1e-4)


def by_hand(places: np.ndarray, starts: np.ndarray, patch: int, every: int) -> tuple[float, float, int]:
    """Share, mean and longest run, patch by patch."""
    displacement = [[tuple(cell) for cell in row] for row in (places - starts).tolist()]

    def runs(line):
        lengths, first = [], 0
        for i in range(1, len(line) + 1):
            if i == len(line) or line[i] != line[i - 1]:
                lengths.append(i - first)
                first = i
        return lengths

    rows = [runs(line) for line in displacement]
    columns = [runs(line) for line in zip(*displacement)]
    least = -(-patch // every)
    enough = [max(2, min(least, len(line))) for line in (displacement, displacement[0])]
    along_rows = np.array([np.repeat(lengths, lengths) for lengths in rows])
    along_columns = np.array([np.repeat(lengths, lengths) for lengths in columns]).T
    copied = (along_rows >= enough[1]) | (along_columns >= enough[0])
    every_run = [length for lengths in rows for length in lengths]
    return copied.mean(), np.mean(every_run), max(every_run)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 4), st.integers(0, 1000))
def test_runs_are_counted_as_by_hand(height, width, patch, seed):
    random = np.random.default_rng(seed)
    starts = np.stack(np.meshgrid(np.arange(height), np.arange(width), indexing="ij"), axis=-1)
    jumps = random.integers(0, 2, (height, width, 1)) * random.integers(0, 2, (height, width, 2))
    places = starts + jumps
    found = PositionMap(torch.from_numpy(places), torch.from_numpy(starts), (30, 30), patch, 0.0)
    share, mean, longest = by_hand(places, starts, patch, 1)
    assert found.copied_share == pytest.approx(share)
    assert found.mean_run_length == pytest.approx(mean)
    assert found.longest_run == longest


def test_coverage_counts_each_place_once():
    places = torch.tensor([[[0, 0], [0, 0]], [[2, 1], [0, 0]]])
    starts = torch.stack(torch.meshgrid(torch.arange(2), torch.arange(2), indexing="ij"), dim=-1)
    assert PositionMap(places, starts, (5, 4), 2, 0.0).coverage == pytest.approx(2 / (4 * 3))


def test_a_picture_of_itself_has_the_colors_of_the_key():
    exemplar = noise(24, 36)
    found = position_map(exemplar, exemplar, patch=5)
    for colors in ("perceptual", "red-green"):
        colored = color_positions(found, (24, 36), colors=colors)
        key = position_key((20, 32), colors=colors)  # from the first patch's place to the last one's
        assert colored.shape == (3, 24, 36)
        torch.testing.assert_close(colored[:, 2:-2, 2:-2], key, atol=1e-6, rtol=0)
        assert torch.equal(colored[:, 0, 0], colored[:, 2, 2])  # the edge takes the nearest patch's


def test_the_documents_colors_are_the_coordinates():
    rows, columns = torch.tensor([[0.0, 1.0]]), torch.tensor([[0.25, 0.5]])
    assert place_colors(rows, columns, "red-green").flatten(1).T.tolist() == [[0.25, 0, 0], [0.5, 1, 0]]


def test_every_place_has_a_color_of_its_own():
    colors = position_key((16, 16)).flatten(1)
    distances = torch.cdist(colors.T, colors.T) + 9 * torch.eye(256)
    assert float(distances.min()) > 3 / 255


def test_a_picture_smaller_than_a_patch_is_refused():
    with pytest.raises(InputError, match="shorter than a patch"):
        position_map(noise(5, 9), noise(9, 9), patch=7)
    with pytest.raises(InputError, match="smaller than a patch"):
        position_map(noise(9, 9), noise(5, 9), patch=7)
