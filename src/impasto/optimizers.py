"""PyTorch's optimisers without its compiler, which the first of them would load: seconds in each process."""

from __future__ import annotations

import inspect
from typing import TypeVar

import torch

T = TypeVar("T", bound=type[torch.optim.Optimizer])


def _without_compiler(kind: T) -> T:
    """The class with the methods that its base wrapped for the compiler as they were before; all else stays."""
    for name in ("add_param_group", "zero_grad", "state_dict", "load_state_dict"):
        setattr(kind, name, inspect.unwrap(getattr(kind, name)))
    kind.step = torch.no_grad()(inspect.unwrap(kind.step))  # type: ignore[method-assign]
    return kind


@_without_compiler
class Adam(torch.optim.Adam):
    """Kingma & Ba 2015."""


@_without_compiler
class SGD(torch.optim.SGD):
    """Steps down the gradient, with momentum."""


@_without_compiler
class LBFGS(torch.optim.LBFGS):
    """Limited memory BFGS (Liu & Nocedal 1989)."""
