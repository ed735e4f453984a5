"""Variations by patch distributions: faithful or free, of any shape, with the sky where it was."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from impasto.demo.drawings import drawing
from impasto.errors import InputError
from impasto.metrics import pixel_diversity
from impasto.observers import Unobserved
from impasto.single_image.sliced_patches import VarySlicedPatches, VarySlicedPatchesConfig

QUICK = {"steps": 12, "projections": 16, "projection_sets": 4, "patch": 5, "coarsest": 12}


def vary(image: torch.Tensor, **values: object) -> torch.Tensor:
    method = VarySlicedPatches(VarySlicedPatchesConfig(**{**QUICK, **values}))
    return method.run({"image": [image]}, Unobserved()).output


def landscape(height: int = 48, width: int = 64) -> torch.Tensor:
    """Blue sky over green ground, with grain."""
    picture = torch.rand(3, height, width, generator=torch.Generator().manual_seed(3)) * 0.2
    picture[2, : height // 2] += 0.7
    picture[1, height // 2 :] += 0.6
    return picture


@settings(deadline=None, max_examples=8)
@given(st.integers(5, 50), st.integers(5, 50), st.integers(5, 60), st.integers(5, 60), st.floats(0, 1))
def test_any_picture_takes_any_shape(height, width, new_height, new_width, variety):
    image = torch.rand(3, height, width, generator=torch.Generator().manual_seed(0))
    made = vary(image, size=f"{new_width}x{new_height}", variety=variety, steps=2)
    assert made.shape == (3, new_height, new_width)
    assert made.isfinite().all()


def test_more_variety_is_further_from_the_picture_and_from_one_another():
    image = drawing("pebbles", 64)
    sets = [[vary(image, variety=variety, seed=seed, coarsest=24) for seed in (0, 1)] for variety in (0.0, 0.4, 1.0)]
    diversity = [pixel_diversity(made, image) for made in sets]
    distance = [float((made[0] - image).square().mean()) for made in sets]
    assert diversity[0] < diversity[1] < diversity[2]
    assert distance[0] < distance[1] < distance[2]


def test_sky_stays_above_the_ground_even_from_noise():
    for seed in range(2):
        made = vary(landscape(), variety=1.0, layout=3.0, steps=25, seed=seed, size="80x48")
        assert float((made[2] > made[1])[:16].float().mean()) > 0.9
        assert float((made[2] < made[1])[-16:].float().mean()) > 0.9


def test_a_seed_is_a_version():
    image = drawing("mosaic", 32)
    first, again, other = (vary(image, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_a_picture_of_one_color_is_refused():
    with pytest.raises(InputError, match="one colour"):
        vary(torch.full((3, 20, 20), 0.5))


def test_a_forecast_knows_what_cannot_be_and_grows_with_the_pixels():
    def forecast(size):
        return VarySlicedPatches(VarySlicedPatchesConfig(size=size)).forecast({"image": [(250, 166)]})

    small, large, huge = (forecast(size) for size in ("250x166", "1000x664", "10000x10000"))
    assert small.seconds < 60
    assert small.seconds < large.seconds < 40 * small.seconds
    assert huge.memory > 25e9
    with pytest.raises(InputError, match="exemplar: 250x30 pixels"):
        VarySlicedPatches(VarySlicedPatchesConfig(patch=31)).forecast({"image": [(250, 30)]})


def test_the_paper_s_settings_are_a_preset():
    paper = VarySlicedPatchesConfig(**VarySlicedPatchesConfig.presets["paper"])
    assert (paper.steps, paper.ratio, paper.coarsest, paper.patch, paper.projections) == (300, 0.85, 21, 7, 64)
    assert paper.form == "absolute"
