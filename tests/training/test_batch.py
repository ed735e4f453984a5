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


def test_losses_are_added_up_as_numbers_of_double_precision():
    """As they always were: to the last bit, whatever leaves the device together."""
    values = torch.rand(7, generator=torch.Generator().manual_seed(3)).requires_grad_()
    left = iter(values)
    expected = 0.0
    for value in values.tolist():
        expected += value / 7
    assert one_by_one(7, lambda: {"only": next(left) * 1})["only"] == expected
