from __future__ import annotations

import pytest
import torch

import impasto
from impasto.images import resize
from impasto.samples.drawings import drawing
from impasto.samples.photos import sample
from observers import StopAt


@pytest.fixture(scope="module")
def painting() -> torch.Tensor:
    return drawing("swirls", 64)


def test_a_run_stopped_at_a_coarse_scale_has_the_pictures_size_and_the_photos_colours(painting):
    photo = resize(sample("chelsea"), (72, 48))
    stopped = impasto.stylize(
        photo, painting, keep_color="luminance", scales=2, iterations=(5,), patch_weight=0.0, observer=StopAt(2)
    ).tensor
    assert stopped.shape == photo.shape
    assert (stopped - stopped.mean(0)).abs().max() > 0.05
