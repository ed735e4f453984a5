"""The texture network: any size, any number of levels, tiles that tile, pixels that know only the noise near them."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from impasto.networks.texture import TextureNetwork, repeated
from impasto.textures.train_network import settled


def small(widths=(4, 5, 6), seed=0) -> TextureNetwork:
    """A small network in double precision, ready for sampling."""
    torch.manual_seed(seed)
    return settled(TextureNetwork(widths), 32, seed).double()


def noise_of(network, height, width, seed, **options):
    drawn = network.draw(height, width, torch.Generator().manual_seed(seed), **options)
    return [part.double() for part in drawn]


@settings(max_examples=15, deadline=None)
@given(
    widths=st.lists(st.integers(1, 6), min_size=1, max_size=6),
    cells=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    count=st.integers(1, 2),
    wrap=st.booleans(),
)
def test_pictures_have_the_size_that_was_asked_for(widths, cells, count, wrap):
    network = TextureNetwork(widths).eval()
    height, width = (cell * network.step for cell in cells)
    assert network.step == 2 ** (len(widths) - 1)
    noise = network.draw(height, width, torch.Generator().manual_seed(1), count, wrap=wrap)
    assert [part.shape[:2] for part in noise] == [(count, 3)] * len(widths)
    assert network(noise).shape == (count, 3, height, width)


def test_a_tile_rolls_with_its_noise():
    network = small()
    height, width, margins = 24, 32, network.margins
    tiles = [torch.rand(1, 3, height >> level, width >> level).double() for level in range(3)]
    straight = network([repeated(tile, margin) for tile, margin in zip(tiles, margins)])
    down, right = 8, 20  # whole cells of the coarsest noise
    rolled = [tile.roll((down >> level, right >> level), dims=(2, 3)) for level, tile in enumerate(tiles)]
    moved = network([repeated(tile, margin) for tile, margin in zip(rolled, margins)])
    assert torch.allclose(moved, straight.roll((down, right), dims=(2, 3)), atol=1e-12)


def test_noise_of_a_tile_goes_on_over_its_edges_even_where_the_margin_is_wider_than_the_tile():
    tile = torch.arange(6.0).view(1, 1, 2, 3)
    for margin in (0, 1, 4):
        wide = repeated(tile, margin)[0, 0]
        assert wide.shape == (2 + 2 * margin, 3 + 2 * margin)
        for row in range(-margin, 2 + margin):
            for column in range(-margin, 3 + margin):
                assert wide[row + margin, column + margin] == tile[0, 0, row % 2, column % 3]


def test_a_pixel_depends_on_the_noise_around_it_alone():
    """A picture is a part of any larger one of the same noise: there are no edges to be seen."""
    network = small()
    large = noise_of(network, 48, 64, seed=3)
    part = [noise[..., (16 >> level) :, (24 >> level) :] for level, noise in enumerate(large)]
    part = [
        noise[..., : (16 >> level) + 2 * margin, : (32 >> level) + 2 * margin]
        for level, (noise, margin) in enumerate(zip(part, network.margins))
    ]
    assert torch.allclose(network(part), network(large)[..., 16:32, 24:56], atol=1e-12)


def test_every_level_of_noise_matters():
    network = small(widths=(4, 4, 4, 4))
    noise = noise_of(network, 32, 32, seed=5)
    straight = network(noise)
    for level in range(4):
        other = list(noise)
        other[level] = 1 - other[level]
        assert float((network(other) - straight).detach().abs().mean()) > 1e-3


def test_settling_gives_the_statistics_that_a_sum_over_pictures_has():
    torch.manual_seed(2)
    network = TextureNetwork((4, 4))
    ready = settled(network, 32, seed=9)
    random = torch.Generator().manual_seed(9)
    seen = []
    network.stages[1].join.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0].detach().clone()))
    network.train()
    with torch.no_grad():
        for _ in range(8):
            network(network.draw(32, 32, random))
    means = torch.stack([values.mean((0, 2, 3)) for values in seen]).mean(0)
    variances = torch.stack([values.var((0, 2, 3)) for values in seen]).mean(0)
    assert torch.allclose(ready.stages[1].join.running_mean, means, atol=1e-5)
    assert torch.allclose(ready.stages[1].join.running_var, variances, atol=1e-5)
    assert torch.equal(network.stages[0].mix.weight, ready.stages[0].mix.weight)
