"""PyTorch's optimisers without its compiler, which the first of them would load: seconds in each process."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, TypeVar

import torch

if TYPE_CHECKING:
    T = TypeVar("T", bound=torch.optim.Optimizer)


def without_compiler(kind: type[T]) -> type[T]:
    """An optimiser's class with the methods as they were before they were wrapped for the compiler; all else stays.

    >>> adam = without_compiler(torch.optim.Adam)([torch.zeros(3)], lr=0.1)
    >>> isinstance(adam, torch.optim.Adam)
    True
    """
    names = ("add_param_group", "zero_grad", "state_dict", "load_state_dict")
    bare: dict[str, Any] = {name: inspect.unwrap(getattr(kind, name)) for name in names}
    return type(kind.__name__, (kind,), {**bare, "step": torch.no_grad()(inspect.unwrap(kind.step))})
