"""A single picture that moves: a walk of its noise that is closed, near the picture itself."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from impasto.errors import InputError
from impasto.gan.singan_sheets import model_of
from impasto.generators.animate import Animate, AnimateConfig, Walk
from impasto.networks.singan import Pyramid
from impasto.networks.singan_sampler import PyramidSampler, reconstructed
from observers import Keep
from pyramids import untrained


@pytest.fixture(scope="module")
def pyramid() -> Pyramid:
    return untrained((36, 28), seed=2)


def frames(pyramid: Pyramid, **values: object) -> list[torch.Tensor]:
    seen = Keep()
    Animate(AnimateConfig(**values)).run({"run": [model_of(pyramid, grey=False)]}, seen)
    return [piece.picture for step in seen.steps for piece in step.pieces.values()]


def test_the_last_frame_leads_to_the_first(pyramid):
    found = frames(pyramid, frames=12, start_scale=0, closeness=0.2)
    steps = [float((a - b).abs().mean()) for a, b in zip(found, [*found[1:], found[0]], strict=True)]
    assert len(found) == 12
    assert min(steps) > 0
    assert steps[-1] < 1.5 * max(steps[:-1])
    further = float((found[0] - found[6]).abs().mean())
    assert further > steps[-1]


def test_the_walk_is_that_of_the_paper_once_its_beginning_is_forgotten(pyramid):
    """By the Fourier series of its pushes: each frequency is answered by itself."""
    config = AnimateConfig(frames=8, closeness=0.3, smoothness=0.8)
    sampler = PyramidSampler(pyramid)
    walk = Walk(sampler, config, (36, 28))
    walk.warm_up()
    places = []
    for frame in range(8):
        walk.go(frame)
        places.append(walk.now.clone().numpy())
    pushes = []
    for frame in range(8):
        other = Walk(sampler, config, (36, 28))
        other.go(frame)
        pushes.append(other.now.numpy() / (0.7 * 0.2))
    turns = np.exp(-2j * np.pi * np.fft.fftfreq(8))[:, None]
    answer = 0.7 * 0.2 / (1 - 0.7 * 1.8 * turns + 0.7 * 0.8 * turns**2)
    wanted = np.fft.ifft(answer * np.fft.fft(np.stack(pushes), axis=0), axis=0).real
    np.testing.assert_allclose(np.stack(places), wanted, atol=0.01)


def test_as_near_as_can_be_it_is_the_picture_itself(pyramid):
    for frame in frames(pyramid, frames=3, closeness=1.0, start_scale=0):
        torch.testing.assert_close(frame, reconstructed(pyramid))


def test_below_the_scale_that_it_starts_at_nothing_moves(pyramid):
    own = reconstructed(pyramid)
    moved = [
        sum(float((frame - own).abs().mean()) for frame in frames(pyramid, frames=4, start_scale=start))
        for start in range(3)
    ]
    assert moved[0] > moved[1] > moved[2] > 0


def test_each_frame_is_shown_as_long_and_may_be_of_any_size(pyramid):
    method = Animate(AnimateConfig(frames=5, rate=20))
    assert list(method.durations({})) == [0.05] * 5
    assert frames(pyramid, frames=2, size="50x21")[1].shape == (3, 21, 50)


def test_a_scale_that_there_is_not_is_refused(pyramid):
    with pytest.raises(InputError, match="--start-scale 3: this model has scales 0 to 2"):
        frames(pyramid, start_scale=3)
