"""Uses of the patch methods that meet at their edges: tiles, guides of another size, masks of everything."""

from __future__ import annotations

import pytest
import torch

import impasto
from impasto.errors import InputError
from impasto.images import resize, write
from impasto.samples.photos import sample


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photo.png"
    write(resize(sample("china"), (96, 64)), path)
    return path


def mask(tmp_path, *, white: bool):
    path = tmp_path / "mask.png"
    picture = torch.ones(3, 64, 96) if white else torch.zeros(3, 64, 96)
    picture[:, 20:40, 30:60] = 1
    write(picture, path)
    return str(path)


def test_a_variation_by_distributions_tiles_with_a_layout(photo):
    tile = impasto.vary(photo, "sliced-patches", tile=True, steps=20).tensor
    assert tile.shape == (3, 64, 96)
    inside = (tile[:, 1:] - tile[:, :-1]).abs().mean()
    seam = (tile[:, 0] - tile[:, -1]).abs().mean()
    assert float(seam) < 2 * float(inside)


def test_guides_of_a_picture_that_is_reduced(photo, tmp_path):
    guide = mask(tmp_path, white=False)
    varied = impasto.vary(photo, guide=guide, exemplar_guide=(guide,), exemplar_size=48)
    assert varied.tensor.shape == (3, 32, 48)


def test_a_mask_that_keeps_everything_is_refused(photo, tmp_path):
    with pytest.raises(InputError, match="nothing to vary"):
        impasto.vary(photo, mask=mask(tmp_path, white=True), mask_use="keep")


def test_the_use_of_a_mask_needs_a_mask(photo):
    with pytest.raises(InputError, match="add --mask"):
        impasto.vary(photo, mask_use="keep")


def test_a_tiny_picture_is_refused_without_a_warning(recwarn):
    with pytest.raises(InputError, match="smaller than a patch"):
        impasto.vary(torch.rand(3, 1, 1))
    assert not recwarn.list


def test_what_is_kept_stays_in_a_tile(photo, tmp_path):
    kept = mask(tmp_path, white=False)
    tile = impasto.vary(photo, mask=kept, mask_use="keep", tile=True, coarsest=40).tensor
    wanted = resize(sample("china"), (96, 64))
    assert torch.allclose(tile[:, 24:36, 34:56], wanted[:, 24:36, 34:56], atol=2 / 255)


def test_without_variety_a_picture_comes_back(photo):
    varied = impasto.vary(photo, variety=0.0).tensor
    wanted = resize(sample("china"), (96, 64))
    assert float((varied - wanted).abs().mean()) < 0.01


@pytest.mark.parametrize("patch", [13, 21])
def test_large_patches_make_textures(patch):
    noise = torch.rand(3, 46, 46, generator=torch.Generator().manual_seed(0))
    assert impasto.texture(noise, "patches", patch=patch, variety=0.0, size="52x52").tensor.shape == (3, 52, 52)
