"""One update against torch's own loop, and optimisers that come back from a checkpoint as they were."""

from __future__ import annotations

from copy import deepcopy

import pytest
import torch
from torch import nn

from impasto.observers import Checkpoint
from impasto.runs import checkpoint as checkpoints
from impasto.training.team import ALONE
from impasto.training.update import frozen, optimizer_of, update


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(8, 6, 3), nn.ConvTranspose2d(6, 4, 4, 2, 1)).to(memory_format=torch.channels_last)


def pictures(seed: int = 0) -> torch.Tensor:
    return torch.randn(4, 8, 9, 9, generator=torch.Generator().manual_seed(seed))


def close(first: nn.Module, second: nn.Module) -> bool:
    return all(torch.allclose(a, b, atol=1e-6) for a, b in zip(first.parameters(), second.parameters()))


def test_terms_are_added_up_to_one_step_of_torchs_adam():
    ours, theirs = network(), network()
    optimizer = optimizer_of("adam", ours, 0.01, decay=0.1)
    plain = torch.optim.Adam(theirs.parameters(), lr=0.01, betas=(0.5, 0.999), weight_decay=0.1)
    for seed in range(3):
        x = pictures(seed)
        found = update(
            optimizer,
            lambda: {"a": ours(x).square().mean(), "b": ours(x).mean()},  # noqa: B023 - in this step
            lambda: {"a": 2 * ours(x).square().mean()},  # noqa: B023
        )
        plain.zero_grad()
        square = theirs(x).square().mean()
        (3 * square + theirs(x).mean()).backward()
        plain.step()
        assert float(found["a"]) == pytest.approx(3 * float(square.detach()), rel=1e-5)
        assert not found["b"].requires_grad
    assert close(ours, theirs)


def test_gradients_are_clipped_together():
    ours = network()
    optimizer = optimizer_of("sgd", ours, 1.0, beta1=0.0)
    before = deepcopy(ours)
    update(optimizer, lambda: {"loss": 1e3 * ours(pictures()).square().mean()}, clip=0.5)
    moved = sum((a - b).detach().square().sum() for a, b in zip(ours.parameters(), before.parameters()))
    assert float(moved) ** 0.5 == pytest.approx(0.5, rel=1e-4)


def test_nothing_is_computed_for_a_frozen_network_and_others_learn_through_it():
    first, second = nn.Linear(3, 3), nn.Linear(3, 1)
    optimizer = optimizer_of("adam", first, 0.1)
    before = deepcopy(first)
    with frozen(second):
        update(optimizer, lambda: {"loss": second(first(torch.ones(2, 3))).mean()})
    assert second.weight.grad is None
    assert second.weight.requires_grad
    assert not torch.equal(first.weight, before.weight)


@pytest.mark.parametrize("name", ["adam", "sgd", "rmsprop"])
def test_an_optimiser_goes_on_from_a_checkpoint_with_the_same_bytes(name, tmp_path):
    """A checkpoint holds moments in the plain layout; a fused step would pair them with the wrong weights."""

    def step(network, optimizer):
        update(optimizer, lambda: {"loss": network(pictures()).square().mean()})

    straight = network()
    optimizer = optimizer_of(name, straight, 0.01)
    for _ in range(3):
        step(straight, optimizer)
    state = {"network": straight.state_dict(), "optimizer": optimizer.state_dict()}
    checkpoints.save(tmp_path, Checkpoint(3, state))
    for _ in range(3):
        step(straight, optimizer)

    resumed = network()
    again = optimizer_of(name, resumed, 0.01)
    state = checkpoints.load(tmp_path).state
    resumed.load_state_dict(state["network"])
    again.load_state_dict(state["optimizer"])
    for _ in range(3):
        step(resumed, again)
    assert all(torch.equal(a, b) for a, b in zip(straight.parameters(), resumed.parameters()))


def test_one_process_alone_shares_nothing():
    batch = pictures()
    assert ALONE.share(batch) is batch
    assert ALONE.mean(batch) is batch
    assert ALONE.agree(True)
    assert not ALONE.agree(False)
