"""The style network: any size, edges reflected, and instance norm as it is defined."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from impasto.errors import InputError
from impasto.networks.style import SMALLEST, StyleNetwork, paint


def small(seed=0, widths=(3, 4, 6), blocks=1) -> StyleNetwork:
    torch.manual_seed(seed)
    return StyleNetwork(widths, blocks).double().eval()


@settings(max_examples=20, deadline=None)
@given(
    height=st.integers(SMALLEST, 50),
    width=st.integers(SMALLEST, 50),
    widths=st.tuples(*[st.integers(1, 6)] * 3),
    blocks=st.integers(0, 2),
    count=st.integers(1, 2),
)
def test_pictures_are_as_large_as_their_photos(height, width, widths, blocks, count):
    photos = torch.rand(count, 3, height, width).double()
    network = small(widths=widths, blocks=blocks)
    pictures = network(photos)
    assert pictures.shape == photos.shape
    # Each is normalised by itself: what is beside it in the batch does not matter.
    assert torch.allclose(pictures[:1], network(photos[:1]), atol=1e-10)


def test_each_layer_is_a_reflected_convolution_and_instance_norm():
    """Computed again from the weights with torch's own functions, which the network does not use."""
    network = small(blocks=1)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, generator=torch.Generator().manual_seed(parameter.numel()))
    functional = torch.nn.functional

    def normed(x, layer, stride=1):
        margin = layer.convolution.kernel_size[0] // 2
        x = functional.conv2d(functional.pad(x, [margin] * 4, mode="reflect"), layer.convolution.weight, stride=stride)
        return functional.instance_norm(x, weight=layer.norm.weight, bias=layer.norm.bias, eps=layer.norm.eps)

    photo = torch.rand(1, 3, 24, 32).double()
    x = photo - 0.5
    for layer in network.encoder:
        x = normed(x, layer, 2).relu()
    block = network.middle[0]
    x = x + normed(normed(x, block.first).relu(), block.second)
    for layer in network.decoder:
        x = normed(x.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3), layer).relu()
    x = functional.pad(x, [2] * 4, mode="reflect")
    expected = functional.conv2d(x, network.colors.weight, network.colors.bias) + 0.5
    assert torch.allclose(network(photo), expected, atol=1e-9)


@pytest.mark.parametrize("axis", [2, 3])
def test_a_network_whose_kernels_are_mirrored_paints_the_mirrored_photo(axis):
    """Nothing but the kernels knows left from right, in particular no edge: true for odd cells of the coarsest size."""
    network = small(blocks=2)
    mirrored = small(blocks=2)
    with torch.no_grad():
        for name, value in mirrored.state_dict().items():
            if value.ndim == 4:
                value.copy_(value.flip(axis))
            assert name in network.state_dict()
    photo = torch.rand(1, 3, 33, 41).double()  # 4 n + 1: strides of 2 meet both edges alike
    features, other = network.encoder(photo), mirrored.encoder(photo.flip(axis))
    assert torch.allclose(network.middle(features), mirrored.middle(other).flip(axis), atol=1e-9)


def test_weights_beyond_all_bounds_make_no_picture():
    network = small().float()
    torch.nn.init.constant_(next(network.parameters()), 1e38)
    with pytest.raises(InputError, match=r"not finite.*train it again"):
        paint(network, torch.rand(3, 24, 24))
