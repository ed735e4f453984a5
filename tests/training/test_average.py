"""The mean of a network's weights, the best of a training, and what a training that goes on may not change."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from impasto.errors import InputError
from impasto.methods import MethodConfig
from impasto.training import TrainingConfig
from impasto.training.average import Average
from impasto.training.best import Best
from impasto.training.sheets import GAP, grid
from impasto.training.unchanged import Unchanged


def set_to(network: nn.Linear, value: float) -> None:
    with torch.no_grad():
        network.weight.fill_(value)


def test_after_its_half_life_what_was_learned_counts_half():
    network = nn.Linear(2, 1)
    set_to(network, 0.0)
    average = Average(network, 1000)
    average._seen = 10**9  # long ago begun
    set_to(network, 1.0)
    for _ in range(100):
        average.follow(network, 10)
    assert average.module.weight.tolist()[0] == pytest.approx([0.5, 0.5], abs=1e-4)


def test_the_first_steps_are_soon_forgotten():
    network = nn.Linear(2, 1)
    set_to(network, 7.0)
    average = Average(network, 1e9)
    set_to(network, 1.0)
    average.follow(network, 64)
    assert average.module.weight.tolist()[0] == pytest.approx([1.0, 1.0], abs=1e-4)


def test_buffers_are_the_networks_own_and_a_state_goes_on_with_the_same_numbers():
    network = nn.BatchNorm1d(2)
    average = Average(network, 50)
    for _ in range(3):
        network(torch.randn(8, 2))
        average.follow(network, 8)
    assert torch.equal(average.module.running_mean, network.running_mean)
    assert int(average.module.num_batches_tracked) == 3
    again = Average(nn.BatchNorm1d(2), 50)
    again.load_state_dict(average.state_dict())
    for each in (average, again):
        each.follow(nn.BatchNorm1d(2), 8)
    assert torch.equal(again.module.weight, average.module.weight)


def test_without_a_half_life_it_is_the_network_itself():
    network = nn.Linear(2, 1)
    average = Average(network, 0)
    average.follow(network, 8)
    assert average.module is network
    assert average.state_dict()["network"] == {}


def test_the_best_is_kept_as_it_was_and_nothing_that_is_not_a_number():
    best, weight = Best(), torch.ones(2)
    assert best.offer(3.0, 10, {"weight": weight})
    weight.zero_()
    assert not best.offer(3.5, 20, {"weight": weight})
    assert not best.offer(float("nan"), 30, {"weight": weight})
    again = Best()
    again.load_state_dict(best.state_dict())
    assert (again.score, again.step, again.tensors["weight"].tolist()) == (3.0, 10, [1.0, 1.0])


class Other(MethodConfig):
    steps: int = 3
    workers: int = 1


def test_settings_that_changed_are_shown_and_those_that_only_cost_time_may():
    began = Unchanged(Other(seed=1)).state_dict()
    Unchanged(Other(seed=1, workers=4, device="cpu")).load_state_dict(began)
    line = "^this training began with steps 3 and now 5: put that back, or begin a new one$"
    with pytest.raises(InputError, match=line):
        Unchanged(Other(seed=1, steps=5)).load_state_dict(began)


def test_a_setting_that_came_later_was_as_its_default_is():
    began = {"seed": 1}
    Unchanged(Other(seed=1)).load_state_dict(began)
    with pytest.raises(InputError, match="began with steps 3 and now 5"):
        Unchanged(Other(seed=1, steps=5)).load_state_dict(began)


def test_what_falls_due_at_a_multiple_of_pictures_does_so_whatever_the_batch_is():
    config = TrainingConfig(pictures=1000, batch=64, sheet_every=250, measure_every=0)
    names = [config.sheet_at(index) for index in range(config.steps)]
    assert config.steps == 16
    assert [name for name in names if name] == ["0000000256", "0000000512", "0000000768", "0000001024"]
    assert not any(config.measures_at(index) for index in range(config.steps))
    for measured, times in ((2, 10), (4, 5), (1000, 1)):  # 50 pictures are seen at least for each that is measured
        usual = TrainingConfig(pictures=1000, batch=1, measure_pictures=measured)
        assert sum(usual.measures_at(index) for index in range(usual.steps)) == times
    usual = TrainingConfig(pictures=10_000, batch=1, measure_pictures=2)
    assert sum(usual.measures_at(index) for index in range(usual.steps)) == 20


def test_pictures_on_a_sheet_lie_in_rows_with_gaps_between():
    pictures = torch.arange(5.0)[:, None, None, None].expand(5, 3, 4, 6) / 10
    sheet = grid(pictures, 2)
    assert sheet.shape == (3, 3 * 4 + 2 * GAP, 2 * 6 + GAP)
    assert sheet[0, :4, 6 + GAP :].unique().tolist() == pytest.approx([0.1])
    assert sheet[0, 2 * (4 + GAP) :, :6].unique().tolist() == pytest.approx([0.4])
    assert sheet[0, -1, -1] == 1
