"""What is foreseen of a hole from its share of a picture, against what is found in the mask itself."""

from __future__ import annotations

import pytest
import torch

from impasto.images import write
from impasto.patches import valid_patches
from impasto.patchwork.holes import coarsest_for, likely_coarsest, touching
from impasto.runs.job import prepare
from impasto.single_image.patches import VaryPatches
from impasto.single_image.sliced_patches import VarySlicedPatches


def square(share: float, side: int = 200) -> torch.Tensor:
    """White, as bool (side, side), in the middle of a picture."""
    mask, half = torch.zeros(side, side, dtype=torch.bool), round(side * share**0.5 / 2)
    mask[side // 2 - half : side // 2 + half, side // 2 - half : side // 2 + half] = True
    return mask


@pytest.mark.parametrize("share", [0.01, 0.04, 0.25, 0.5])
def test_about_so_many_patches_touch_it_and_it_begins_about_so_coarse(share):
    mask = square(share)
    touched = 1 - float(valid_patches(~mask, 7).float().mean())
    assert touching(share, 200, 7) == pytest.approx(touched, rel=0.3)
    if share < 0.1:  # around a larger one too little is left at that size, which a share does not say
        assert likely_coarsest(share, 200, 7) == pytest.approx(coarsest_for(mask, 7), rel=0.3)
    assert likely_coarsest(share, 200, 7) <= 1.3 * coarsest_for(mask, 7)


@pytest.mark.parametrize("method", [VaryPatches, VarySlicedPatches])
def test_a_small_hole_is_foreseen_to_be_filled_sooner(method, tmp_path):
    write(torch.rand(3, 200, 200, generator=torch.Generator().manual_seed(0)), tmp_path / "photo.png")

    def seconds(share: float) -> float:
        write(square(share).expand(3, -1, -1).float(), tmp_path / "mask.png")
        given = {"image": [tmp_path / "photo.png"], "mask": [tmp_path / "mask.png"]}
        return prepare(method(method.Config()), given).forecast.seconds

    assert 0 < 2 * seconds(0.01) < seconds(0.4)
