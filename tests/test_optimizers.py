"""Our optimisers are PyTorch's, and start without its compiler."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from impasto.optimizers import without_compiler


def path(kind, cut: int | None = None, **options) -> list[torch.Tensor]:
    """Where an optimiser goes in ten steps, begun again from its state after `cut` of them."""
    place = torch.tensor([2.0, -1.0, 0.5], requires_grad=True)
    optimizer, places = kind([place], **options), []

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = (place**4).sum() + (place[0] - place[1]).square()
        loss.backward()
        return loss

    for number in range(10):
        if number == cut:
            state, optimizer = optimizer.state_dict(), kind([place], **options)
            optimizer.load_state_dict(state)
        optimizer.step(closure)
        places.append(place.detach().clone())
    return places


@pytest.mark.parametrize("cut", [None, 4])
@pytest.mark.parametrize(
    ("name", "options"),
    [("Adam", {"lr": 0.1, "betas": (0.9, 0.99)}), ("SGD", {"lr": 0.01, "momentum": 0.9}), ("LBFGS", {"max_iter": 1})],
)
def test_they_go_where_those_of_pytorch_go(name, options, cut):
    kind = getattr(torch.optim, name)
    ours, theirs = path(without_compiler(kind), cut, **options), path(kind, **options)
    assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))
    assert not torch.equal(ours[0], ours[-1])


def test_they_do_not_load_the_compiler():
    steps = """
import sys, torch
from impasto.optimizers import without_compiler
for kind in (torch.optim.Adam, torch.optim.SGD, torch.optim.LBFGS):
    place = torch.ones(2, requires_grad=True)
    optimizer = without_compiler(kind)([place], lr=0.1)
    def closure():
        optimizer.zero_grad()
        loss = place.square().sum()
        loss.backward()
        return loss
    optimizer.step(closure)
    optimizer.load_state_dict(optimizer.state_dict())
print("torch._dynamo" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", steps], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "False"
