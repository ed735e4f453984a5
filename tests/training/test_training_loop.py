"""The training loop: every step once, resumed to the bit, and given up when a loss is lost."""

from __future__ import annotations

import math

import pytest
import torch

from impasto.errors import InputError
from impasto.model import Model
from impasto.observers import Checkpoint, Unobserved
from impasto.training import cosine, set_rate, train
from impasto.training.loop import numbers


class Watch(Unobserved):
    """Keeps what it sees; begins at a checkpoint, and breaks a training off after so many steps."""

    def __init__(self, begin: Checkpoint | None = None, stop: int | None = None) -> None:
        self.begin, self.stop, self.steps = begin, stop, []

    def checkpoint(self) -> Checkpoint | None:
        return self.begin

    def step(self, step) -> None:
        self.steps.append(step)
        if step.index == self.stop:
            raise KeyboardInterrupt


class Line:
    """A line through shaken points by Adam: network, optimiser and randomness, as any training has."""

    def __init__(self) -> None:
        self.random = torch.Generator().manual_seed(4)
        self.network = torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.BatchNorm1d(1))
        with torch.no_grad():
            for parameter in self.network.parameters():
                parameter.fill_(0.5)
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=0.1)

    def step(self, index):
        set_rate(self.optimizer, 0.1 * cosine(index / 20))
        x = torch.rand(8, 1, generator=self.random)
        loss = (self.network(x) - 3 * x).square().mean()
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return {"loss": loss.detach()}

    def train(self, observer, step=None, measure=None):
        train(
            observer,
            steps=20,
            step=step or self.step,
            keep={"network": self.network, "optimizer": self.optimizer, "random": self.random},
            preview=lambda: torch.zeros(3, 1, 1),
            model=lambda: Model("line", {}, self.network.state_dict(), (1, 1)),
            measure=measure,
        )
        return {name: value.clone() for name, value in self.network.state_dict().items()}


def test_steps_are_counted_and_their_losses_and_model_shown():
    watch = Watch()
    line = Line()
    ended = line.train(watch)
    assert [step.index for step in watch.steps] == list(range(1, 21))
    assert watch.steps[-1].losses["loss"] < watch.steps[0].losses["loss"]
    assert all(torch.equal(ended[name], value) for name, value in watch.steps[-1].model().tensors.items())


@pytest.mark.parametrize("stop", [1, 9, 19])
def test_a_training_that_was_broken_off_ends_with_the_same_numbers(stop):
    straight = Line().train(Unobserved())
    broken = Watch(stop=stop)
    with pytest.raises(KeyboardInterrupt):
        Line().train(broken)
    state = broken.steps[-1].state()
    resumed = Watch(Checkpoint(stop, state))
    ended = Line().train(resumed)
    assert [step.index for step in resumed.steps] == list(range(stop + 1, 21))
    assert all(torch.equal(ended[name], value) for name, value in straight.items())


def test_a_loss_that_is_not_finite_ends_the_training_with_one_line():
    watch = Watch()
    with pytest.raises(InputError, match=r"^the loss pull is no longer finite at step 3: lower the learning rate$"):
        Line().train(watch, step=lambda index: {"loss": 1.0, "pull": math.nan if index == 2 else 0.0})
    assert len(watch.steps) == 2


def test_weights_that_are_not_finite_are_never_saved():
    """A finite loss may spoil them: a state with them would be the one that is gone on from."""
    watch, line = Watch(), Line()

    def step(index):
        losses = line.step(index)
        if index == 2:
            with torch.no_grad():
                line.network[0].weight.fill_(math.inf)
        return losses

    with pytest.raises(InputError, match=r"^the loss loss is no longer finite at step 4: lower the learning rate$"):
        line.train(watch, step=step)
    with pytest.raises(InputError, match=r"^network has numbers that are not finite after step 3"):
        watch.steps[-1].state()


def test_what_is_measured_now_and_then_is_told_with_its_step():
    watch = Watch()
    Line().train(watch, measure=lambda index: {"distance": index / 2} if index % 8 == 7 else None)
    assert {step.index: step.measures for step in watch.steps if step.measures} == {
        8: {"distance": 3.5},
        16: {"distance": 7.5},
    }


def test_losses_that_are_tensors_become_the_same_numbers_as_each_by_itself():
    values = torch.rand(5, generator=torch.Generator().manual_seed(0)).requires_grad_()
    losses = {"a": values[0], "b": 0.1, "c": values[1:2] * 1e-9, "d": 3, "e": values[4].double() / 3}
    assert numbers(losses) == {
        name: float(loss.detach() if isinstance(loss, torch.Tensor) else loss) for name, loss in losses.items()
    }
    assert list(numbers(losses)) == list(losses)
    assert numbers({}) == {}


def test_the_step_size_falls_along_half_a_cosine():
    assert cosine(0) == 1
    assert cosine(1) == pytest.approx(0.01)
    assert cosine(0.5, last=0) == pytest.approx(0.5)
    values = [cosine(done / 50) for done in range(51)]
    assert values == sorted(values, reverse=True)
