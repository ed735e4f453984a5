"""The pyramid of a single picture: its sizes, its networks, and what it draws."""

from __future__ import annotations

import pytest
import torch

from impasto.networks.pyramid_sizes import factor_and_count, sizes_of
from impasto.networks.singan import Pyramid, ScaleCritic, ScaleGenerator
from pyramids import untrained


@pytest.mark.parametrize(("width", "numbers"), [(32, 29_763), (64, 114_819), (128, 450_819)])
def test_a_scale_has_as_many_numbers_as_the_official_one(width, numbers):
    """The critic's last convolution gives one map where the generator's gives three."""
    with torch.device("meta"):
        generator, critic = ScaleGenerator(width), ScaleCritic(width)
    assert sum(each.numel() for each in generator.parameters()) == numbers
    assert sum(each.numel() for each in critic.parameters()) == numbers - 2 * (9 * width + 1)


def test_the_official_picture_has_nine_scales():
    factor, count = factor_and_count((244, 164), 0.75, 25)
    assert (round(factor, 4), count) == (0.7905, 9)
    assert [height for _, height in sizes_of((244, 164), factor, count)] == [25, 32, 41, 51, 65, 82, 103, 130, 164]
    assert sizes_of((244, 164), factor, count)[0] == (38, 25)


def test_a_picture_of_the_coarsest_size_has_one_scale():
    assert factor_and_count((40, 25), 0.75, 25) == (1.0, 1)


@pytest.mark.parametrize("size", [(250, 250), (100, 66), (27, 26), (26, 900)])
def test_scales_grow_up_to_the_size_itself(size):
    found = sizes_of(size, *factor_and_count(size, 0.75, 25))
    assert found[-1] == size
    assert min(found[0]) == 25
    assert all(a[0] <= b[0] and a[1] <= b[1] for a, b in zip(found, found[1:], strict=False))


def pyramid(borders: str = "zero", scales: int = 3) -> Pyramid:
    return untrained((30, 24), scales, factor=0.8, borders=borders, seed=3)


@pytest.mark.parametrize("borders", ["zero", "noise"])
@pytest.mark.parametrize("size", [(30, 24), (91, 12), (20, 60)])
@pytest.mark.parametrize("start", [0, 1, 2])
def test_pictures_have_any_size_from_any_scale(borders, size, start):
    made = pyramid(borders)
    sizes = sizes_of(size, 0.8, 3)
    with torch.no_grad():
        random = torch.Generator().manual_seed(0)
        below = made.below(sizes, 2, random, start)
        drawn = made.draw(2, below, made.noise(2, size, random))
    assert drawn.shape == (1, 3, size[1], size[0])


def test_below_the_start_all_is_as_in_the_picture_itself():
    made = pyramid()
    with torch.no_grad():
        started = made.below(made.sizes, 2, torch.Generator().manual_seed(0), 2)
        assert torch.equal(started, made.reconstruction(2, made.sizes[2]))
        first, second = (made.below(made.sizes, 2, torch.Generator().manual_seed(seed), 1) for seed in (0, 1))
    assert not torch.equal(first, second)


def test_borders_of_noise_vary_where_those_of_zeros_vary_less():
    """In the corner, 25 of the 36 pixels that a convolution's chain sees first are outside the picture."""

    def spread(borders: str) -> float:
        made, random = pyramid(borders, 1), torch.Generator().manual_seed(5)
        below = made.reconstruction(0, (30, 24))
        with torch.no_grad():
            drawn = torch.cat([made.draw(0, below, made.noise(0, (30, 24), random)) for _ in range(60)])
        deviation = drawn.std(0).mean(0)
        return float(deviation[0, 0] / deviation[8:-8, 8:-8].mean())

    assert spread("noise") > 1.2 * spread("zero")


def test_a_pyramid_is_its_state():
    made = pyramid()
    other = Pyramid(made.sizes, made.widths, made.factor, made.borders)
    for _ in made.sizes:
        other.add()
    other.load_state_dict(made.state_dict())
    with torch.no_grad():
        assert torch.equal(other.eval().reconstruction(2, made.sizes[2]), made.reconstruction(2, made.sizes[2]))


def test_the_first_scale_that_paints_adds_to_no_sketch():
    """Of a generator that gives 0, nothing is left of the paper there, and all of what is below elsewhere."""
    sizes = [(20, 16), (26, 20), (32, 25)]
    pyramid = Pyramid(sizes, [4, 4, 4], 0.8, "zero", sketch=1)
    for _ in sizes:
        scale = pyramid.add()
        torch.nn.init.zeros_(scale.convolutions[-1].weight)
        torch.nn.init.zeros_(scale.convolutions[-1].bias)
    paper = [torch.ones(1, 3, height, width) for width, height in sizes]
    drawn = [pyramid.draw(number, below) for number, below in enumerate(paper)]
    assert [float(each.detach().mean()) for each in drawn] == [1, 0, 1]
