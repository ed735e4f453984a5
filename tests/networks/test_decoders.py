"""The decoders: shapes, and that the ones that come with Impasto give back what the encoder saw."""

from __future__ import annotations

import pytest
import torch

from impasto.features import load_network
from impasto.networks.decoders import CHANNELS, LEVELS, STRIDE, Decoders
from impasto.samples.photos import sample
from impasto.styles.fast import load_decoders


@pytest.fixture(scope="module")
def features() -> dict[str, torch.Tensor]:
    """The bottlenecks of a part of a photograph, and the photograph under ""."""
    photo = sample("coffee")[None, :, 100:260, 200:392]
    with torch.inference_mode():
        return {"": photo, **load_decoders().normalize(load_network()(photo, LEVELS))}


def test_each_level_is_twice_as_large_as_the_next_and_has_the_channels_of_the_network(features):
    for number, level in enumerate(LEVELS, start=1):
        assert features[level].shape == (1, CHANNELS[number], 160 // 2**number, 192 // 2**number)
    assert STRIDE == 16


@pytest.mark.parametrize(("level", "finer"), [("p5", "p3"), ("p3", "p1"), ("p1", "p0"), ("p0", "")])
def test_a_decoder_knows_more_of_the_finer_level_than_its_mean(features, level, finer):
    with torch.inference_mode():
        found = load_decoders()(features[level], level)
    goal = features[finer]
    assert found.shape == goal.shape
    unexplained = float((found - goal).square().mean() / (goal - goal.mean((2, 3), keepdim=True)).square().mean())
    assert unexplained < {"p5": 0.6, "p3": 0.5, "p1": 0.5, "p0": 0.05}[level]


def test_a_chain_from_the_deepest_level_shows_the_photograph(features):
    decoders, state = load_decoders(), features[LEVELS[-1]]
    with torch.inference_mode():
        for level in LEVELS[::-1]:
            state = decoders(state, level)
    found, photo = state.flatten(1), features[""].flatten(1)
    assert float(torch.corrcoef(torch.cat([found, photo]))[0, 1]) > 0.55


def test_untrained_decoders_have_the_same_tensors_as_those_that_come_with_impasto():
    made = {name: tensor.shape for name, tensor in Decoders().state_dict().items()}
    assert made == {name: tensor.shape for name, tensor in load_decoders().state_dict().items()}
    assert sum(tensor.numel() for tensor in load_decoders().state_dict().values()) < 750_000


@pytest.mark.parametrize("level", LEVELS)
def test_what_is_the_same_everywhere_has_neither_a_frame_nor_a_lattice(level):
    decoders = load_decoders()
    values = torch.randn(decoders.means[level].shape[1], generator=torch.Generator().manual_seed(1))
    found = decoders(values[None, :, None, None].expand(1, -1, 8, 8).contiguous(), level)
    assert torch.allclose(found, found[..., :1, :1].expand_as(found), atol=1e-4)
