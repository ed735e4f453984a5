"""How large networks may be: what a training may ask for, and so all that a model's file may claim."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import nn

    from impasto.model import Model

TEXTURE_LEVELS, TEXTURE_WIDEST, TEXTURE_NOISE = 6, 512, 64  # sizes; channels of features, and of noise
STYLE_WIDEST, STYLE_BLOCKS = 256, 32


def whole(value: object, low: int, high: int) -> int:
    """A whole number of a model's config. Raises ValueError if it is none, or not within its bounds."""
    if type(value) is not int or not low <= value <= high:
        raise ValueError(f"must be a whole number between {low} and {high}, got {value!r}")
    return value


def check_claimed(model: Model, empty: Callable[[], nn.Module]) -> None:
    """Raise ValueError if the network that `empty` makes by a model's config has more numbers than its file.

    A file may claim anything: nothing is made that is larger than what is in it.
    """
    with torch.device("meta"):
        claimed = sum(tensor.numel() for tensor in empty().state_dict().values())
    if claimed > sum(tensor.numel() for tensor in model.tensors.values()):
        raise ValueError(f"{claimed} numbers are said to be there")
