"""A batch, one example after the other, is the same as all of it at once."""

from __future__ import annotations

import pytest
import torch

from impasto.training import one_by_one


@pytest.mark.parametrize("count", [1, 4])
def test_gradients_and_losses_are_those_of_the_mean(count):
    random = torch.Generator().manual_seed(0)
    examples = torch.rand(count, 5, generator=random)
    together, apart = (torch.ones(5, requires_grad=True) for _ in range(2))
    (((examples @ together).square() + (examples * together).sum(1)).mean()).backward()
    left = iter(examples)

    def losses():
        example = next(left)
        return {"square": (example @ apart).square(), "sum": (example * apart).sum()}

    found = one_by_one(count, losses)
    assert torch.allclose(apart.grad, together.grad)
    assert list(found) == ["loss", "square", "sum"]
    assert found["square"] == pytest.approx(float(examples.sum(1).square().mean()))
    assert found["loss"] == pytest.approx(found["square"] + found["sum"])
