"""Flicker against closed forms: what stands still, what only moves, and noise of a known spread."""

from __future__ import annotations

import math

import pytest
import torch

from impasto.metrics import flicker, shown_at


def scene(seed: int = 0) -> torch.Tensor:
    small = torch.rand(1, 3, 24, 40, generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.interpolate(small, (96, 160), mode="bicubic").clamp(0, 1)[0]


def test_a_clip_that_stands_still_does_not_flicker():
    frames = [scene()] * 4
    assert max(flicker(frames, frames)) < 1e-4


def test_what_only_moves_does_not_flicker():
    wide = scene()
    frames = [wide[:, :, 3 * k : 3 * k + 120] for k in range(4)]
    still = [wide[:, :, :120]] * 4
    moving = list(flicker(frames, frames))
    assert len(moving) == 3
    assert max(moving) < 0.01
    assert min(flicker(frames, still)) > 5 * max(moving)  # the motion is the original's, not the clip's own


def test_noise_flickers_by_its_spread():
    """The mean difference of two normal numbers is 2 sigma / sqrt(pi)."""
    random = torch.Generator().manual_seed(2)
    original = [scene()] * 3
    sigma = 0.03
    noisy = [0.5 + sigma * torch.randn(3, 96, 160, generator=random) for _ in range(3)]
    for value in flicker(noisy, original):
        assert value == pytest.approx(2 * sigma / math.sqrt(math.pi), rel=0.03)


def test_an_original_of_another_size_is_resized():
    frames = [scene()] * 2
    small = [torch.nn.functional.avg_pool2d(frame, 2) for frame in frames]
    assert max(flicker(small, frames)) < 1e-4


def test_the_frame_that_is_shown_at_a_moment():
    frames = [torch.full((3, 1, 1), float(k)) for k in range(3)]
    moments = [0.0, 0.05, 0.1, 0.35, 0.39, 0.45, 9.0]
    found = [float(frame.mean()) for frame in shown_at(frames, (0.1, 0.3, 0.1), moments)]
    assert found == [0, 0, 1, 1, 1, 2, 2]
