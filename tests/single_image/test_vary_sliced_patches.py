"""Variations by patch distributions: faithful or free, of any shape, with the sky where it was."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from impasto.errors import InputError
from impasto.metrics import pixel_diversity
from impasto.observers import Unobserved
from impasto.samples.drawings import drawing
from impasto.single_image.sliced_patches import VarySlicedPatches, VarySlicedPatchesConfig

QUICK = {"steps": 12, "projections": 16, "projection_sets": 4, "patch": 5, "coarsest": 12}


def vary(image: torch.Tensor, **values: object) -> torch.Tensor:
    return varied({"image": [image]}, **values)


def varied(inputs: dict[str, list[torch.Tensor]], **values: object) -> torch.Tensor:
    return VarySlicedPatches(VarySlicedPatchesConfig(**{**QUICK, **values})).run(inputs, Unobserved()).output


def masked(image: torch.Tensor, mask: torch.Tensor, **values: object) -> torch.Tensor:
    return varied({"image": [image], "mask": [mask.float().expand(3, -1, -1)]}, **values)


def rectangle(rows: slice, columns: slice) -> torch.Tensor:
    mask = torch.zeros(64, 64, dtype=torch.bool)
    mask[rows, columns] = True
    return mask


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


@pytest.mark.parametrize("tile", [False, True])
def test_a_hole_is_filled_and_the_rest_stays(tile):
    pebbles = drawing("pebbles", 64)
    mask = rectangle(slice(24, 40), slice(20, 44))
    holed = torch.where(mask, torch.tensor([1.0, 0.0, 1.0]).view(3, 1, 1), pebbles)
    whole = masked(holed, mask, tile=tile)
    assert torch.allclose(whole[:, ~mask], holed[:, ~mask], atol=1e-6)
    magenta = (whole[0] - whole[1] > 0.5) & (whole[2] - whole[1] > 0.5)
    assert not bool(magenta.any())


def test_what_was_in_the_hole_does_not_matter():
    pebbles, mask = drawing("pebbles", 64), rectangle(slice(50, 64), slice(0, 12))
    one, other = (masked(torch.where(mask, value, pebbles), mask, steps=4) for value in (0.0, 1.0))
    assert torch.equal(one, other)


def test_distances_are_absolute_in_holes_and_squared_elsewhere_unless_it_is_said():
    pebbles, mask = drawing("pebbles", 64), rectangle(slice(50, 64), slice(0, 12))
    filled = {form: masked(pebbles, mask, steps=3, form=form) for form in (None, "absolute", "squared")}
    assert torch.equal(filled[None], filled["absolute"])
    assert not torch.equal(filled[None], filled["squared"])
    varied = {form: vary(pebbles, steps=3, form=form) for form in (None, "absolute", "squared")}
    assert torch.equal(varied[None], varied["squared"])
    assert not torch.equal(varied[None], varied["absolute"])


def test_a_filling_has_the_contrast_of_what_is_around_it():
    random = torch.Generator().manual_seed(2)
    grain, mask = 0.5 + 0.15 * torch.randn(3, 64, 64, generator=random).clamp(-2, 2), rectangle(*[slice(20, 44)] * 2)
    made = masked(grain, mask, steps=40, projections=32, projection_sets=8)
    assert 0.75 < float(made[:, mask].std() / grain[:, ~mask].std()) < 1.25


def test_a_hole_in_the_sky_needs_no_ground():
    image = landscape(64, 64)
    mask = rectangle(slice(8, 24), slice(20, 40))
    made = masked(image, mask, layout=0.0, steps=25)
    assert float((made[2] > made[1])[mask].float().mean()) > 0.95


def test_what_is_kept_stays_and_the_rest_varies():
    leaves = drawing("leaves", 64)
    mask = rectangle(slice(0, 64), slice(0, 32))
    made = masked(leaves, mask, mask_use="keep", variety=0.9)
    assert torch.allclose(made[:, :, :32], leaves[:, :, :32], atol=1e-6)
    assert float((made - leaves)[:, :, 32:].abs().mean()) > 0.01


def test_a_picture_that_is_mixed_in_gives_its_colors():
    red, blue = (
        landscape(48, 48)[:1].repeat(3, 1, 1) * torch.tensor(c).view(3, 1, 1) for c in ([1.0, 0, 0], [0, 0, 1.0])
    )
    alone = vary(red, steps=20)
    together = varied({"image": [red], "mix": [blue]}, steps=20, variety=1.0)
    assert float((alone[2] > alone[0]).float().mean()) < 0.05
    assert 0.2 < float((together[2] > together[0]).float().mean()) < 0.8


def test_masks_without_a_use_are_refused():
    image, empty = drawing("leaves", 64), rectangle(slice(0, 0), slice(0, 0))
    with pytest.raises(InputError, match="mask is 64x60 pixels, but the picture is 64x64"):
        masked(image, torch.ones(60, 64))
    with pytest.raises(InputError, match="paint the hole white"):
        masked(image, empty)
    with pytest.raises(InputError, match="nothing to vary"):
        masked(image, ~empty, mask_use="keep")
    with pytest.raises(InputError, match="leaves no whole patch of 5x5"):
        masked(image, ~empty)
    with pytest.raises(InputError, match="leave out --size"):
        masked(image, ~empty, size="32x32")
    with pytest.raises(InputError, match="add --mask"):
        vary(image, mask_use="keep")
    with pytest.raises(InputError, match="--guide is missing"):
        varied({"image": [image], "exemplar_guide": [image]})


def test_a_forecast_knows_what_cannot_be_and_grows_with_the_pixels():
    def forecast(size):
        return VarySlicedPatches(VarySlicedPatchesConfig(size=size)).forecast({"image": [(250, 166)]})

    small, large, huge = (forecast(size) for size in ("250x166", "1000x664", "10000x10000"))
    assert small.seconds < 60
    assert small.seconds < large.seconds < 40 * small.seconds
    assert huge.memory > 25e9
    with pytest.raises(InputError, match="exemplar: 250x30 pixels"):
        VarySlicedPatches(VarySlicedPatchesConfig(patch=31)).forecast({"image": [(250, 30)]})


def test_a_forecast_goes_by_what_is_given():
    sizes = {"image": [(1600, 1000)], "mask": [(1600, 1000)]}
    free, filled = (VarySlicedPatches(VarySlicedPatchesConfig()).forecast(it) for it in ({"image": [(64, 64)]}, sizes))
    assert filled.size == (1600, 1000)  # a masked picture is not reduced
    mixed = VarySlicedPatches(VarySlicedPatchesConfig()).forecast({"image": [(64, 64)], "mix": [(900, 900)]})
    assert mixed.seconds > free.seconds
    with pytest.raises(InputError, match="add --mask"):
        VarySlicedPatches(VarySlicedPatchesConfig(mask_use="keep")).forecast({"image": [(64, 64)]})
    with pytest.raises(InputError, match="leave out --size"):
        VarySlicedPatches(VarySlicedPatchesConfig(size="32")).forecast(sizes)
    with pytest.raises(InputError, match="--exemplar-guide is missing"):
        VarySlicedPatches(VarySlicedPatchesConfig()).forecast({"image": [(64, 64)], "guide": [(64, 64)]})


def test_the_paper_s_settings_are_a_preset():
    paper = VarySlicedPatchesConfig(**VarySlicedPatchesConfig.presets["paper"])
    assert (paper.steps, paper.ratio, paper.coarsest, paper.patch, paper.projections) == (300, 0.85, 21, 7, 64)
    assert paper.form == "absolute"
