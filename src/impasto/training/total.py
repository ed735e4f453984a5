"""A sum over processes that gradients go back through."""

from __future__ import annotations

from typing import Any, cast

from torch import Tensor
from torch.autograd import Function

from impasto.training.sums import added


def total(values: Tensor) -> Tensor:
    """The sum of a tensor over all processes; its gradient is the sum of theirs, and so can be differentiated again.

    torch.distributed.nn has the same, for the first process group of a process alone.
    """
    return cast("Tensor", _Total.apply(values))  # type: ignore[no-untyped-call]


class _Total(Function):
    @staticmethod
    def forward(_: Any, values: Tensor) -> Tensor:
        return added(values)

    @staticmethod
    def backward(_: Any, slope: Tensor) -> Tensor:
        return total(slope)
