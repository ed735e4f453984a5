from __future__ import annotations

import pytest
import torch

import impasto
from impasto.errors import Cancelled
from impasto.images import resize
from impasto.observers import Checkpoint, Step
from impasto.samples.drawings import drawing
from impasto.samples.photos import sample


class Stopper:
    """Ends a run at a step."""

    def __init__(self, at: int) -> None:
        self._at = at

    def step(self, step: Step) -> None:
        if step.index == self._at:
            raise Cancelled

    def checkpoint(self) -> Checkpoint | None:
        return None


@pytest.fixture(scope="module")
def painting() -> torch.Tensor:
    return drawing("swirls", 64)


def test_a_run_stopped_at_a_coarse_scale_has_the_pictures_size_and_the_photos_colours(painting):
    photo = resize(sample("chelsea"), (72, 48))
    stopped = impasto.stylize(
        photo, painting, keep_color="luminance", scales=2, iterations=(5,), patch_weight=0.0, observer=Stopper(2)
    ).tensor
    assert stopped.shape == photo.shape
    assert (stopped - stopped.mean(0)).abs().max() > 0.05


def test_a_stopped_reconstruction_is_the_grid_so_far(painting):
    settings = {"layers": ("stem", "e1"), "iterations": (4,), "scales": 1, "size": 48}
    whole = impasto.reconstruct(painting, "style", **settings).tensor
    stopped = impasto.reconstruct(painting, "style", observer=Stopper(6), **settings).tensor  # in the second picture
    assert stopped.shape == whole.shape
