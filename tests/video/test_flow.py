"""Motion between frames, against shifts and zooms that are known, and what was hidden."""

from __future__ import annotations

import cv2
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from impasto.video import motion, optical_flow, warp

INSIDE = (slice(12, -12), slice(12, -12))


def blobs(height: int, width: int, seed: int = 0) -> torch.Tensor:
    """Smooth noise, (3, H, W) in [0, 1]."""
    small = torch.rand(1, 3, height // 4, width // 4, generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.interpolate(small, (height, width), mode="bicubic").clamp(0, 1)[0]


@pytest.mark.parametrize("shift", [(3, -2), (-5, 0), (0, 6)])
def test_a_known_shift_is_found(shift):
    right, down = shift
    before = blobs(80, 100)
    after = before.roll((down, right), (1, 2))
    flow = optical_flow(after, before)
    assert flow.shape == (2, 80, 100)
    error = (flow - torch.tensor([-right, -down])[:, None, None]).abs()[:, *INSIDE]
    assert float(error.median()) < 0.1
    assert float((error < 0.5).float().mean()) > 0.97


def test_a_known_zoom_is_found_and_undone():
    """after(x) = before(c + (x - c) / 1.05), so that the flow is (c - x) (1 - 1 / 1.05)."""
    before = blobs(80, 100)
    y, x = torch.meshgrid(torch.arange(80.0) - 39.5, torch.arange(100.0) - 49.5, indexing="ij")
    true = torch.stack([-x, -y]) * (1 - 1 / 1.05)
    after = warp(before, true)
    moved = motion(before, after)
    assert float((moved.flow - true).abs()[:, *INSIDE].mean()) < 0.15
    assert float(moved.trust.mean()) > 0.9
    assert moved.change(before, after) < 0.01 < float((after - before).abs().mean())


def test_warping_by_whole_pixels_takes_pixels():
    picture = blobs(20, 30)
    flow = torch.tensor([4.0, -2.0])[:, None, None].expand(2, 20, 30)
    assert torch.allclose(warp(picture, flow)[:, 2:, :-4], picture[:, :-2, 4:], atol=1e-5)


def test_warping_invents_no_colours():
    edge = (torch.arange(30) > 14).float().expand(3, 20, 30)
    moved = warp(edge, torch.full((2, 20, 30), 0.4))
    assert float(moved.min()) == 0
    assert float(moved.max()) == 1


def test_what_a_moving_thing_uncovers_is_not_trusted():
    ground, thing = blobs(96, 128, 1), blobs(48, 48, 2)
    before, after = ground.clone(), ground.clone()
    before[:, 24:72, 40:88] = thing
    after[:, 24:72, 45:93] = thing
    trust = motion(before, after).trust[0]
    assert float(trust[28:68, 41:44].mean()) < 0.2  # uncovered
    assert float(trust[36:60, 57:81].mean()) > 0.9  # the thing itself
    assert float(trust[:16].mean()) > 0.95  # ground that was seen all the time


def test_what_comes_into_the_frame_is_not_trusted():
    scene = blobs(80, 120)
    moved = motion(scene[:, :, :100], scene[:, :, 8:108])
    assert float(moved.trust[0, 10:-10, -7:].mean()) < 0.2
    assert float(moved.trust[0, 10:-10, 10:-20].mean()) > 0.95


def test_a_frame_that_stays_is_trusted_everywhere():
    frame = blobs(40, 56)
    moved = motion(frame, frame)
    assert float(moved.flow.abs().max()) < 1e-3
    assert float(moved.trust.min()) == 1
    assert torch.allclose(moved.carry(frame), frame, atol=1e-4)


def test_the_flow_is_the_same_on_any_number_of_threads():
    before, after = blobs(120, 160, 1), blobs(120, 160, 2)
    before_threads = cv2.getNumThreads()
    found = []
    try:
        for threads in (1, 4):
            cv2.setNumThreads(threads)
            found.append(optical_flow(after, before))
            assert cv2.getNumThreads() == threads
    finally:
        cv2.setNumThreads(before_threads)
    assert torch.equal(*found)


@settings(max_examples=15, deadline=None)
@given(height=st.integers(1, 40), width=st.integers(1, 40))
def test_frames_of_any_size_have_a_motion(height, width):
    before = torch.rand(3, height, width, generator=torch.Generator().manual_seed(3))
    moved = motion(before, before.flip(2))
    assert moved.flow.shape == (2, height, width)
    assert moved.trust.shape == (1, height, width)
    carried = moved.carry(before)
    assert carried.shape == before.shape
    assert bool(torch.isfinite(carried).all())
