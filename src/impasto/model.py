"""What a training leaves behind: the numbers of its networks, and what it takes to build those again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Model:
    """A trained model, apart from any code.

    kind: what it is, such as "texture-network"; methods say which kinds they take.
    config: what the networks are built from, plain JSON values.
    tensors: their parameters and buffers by name.
    size: (width, height) of the pictures that it was trained on.
    file: where it was read from; "" for one that came from memory.
    """

    kind: str
    config: Mapping[str, Any]
    tensors: Mapping[str, torch.Tensor]
    size: tuple[int, int]
    file: str = field(default="", compare=False)


def is_finite(tensor: torch.Tensor) -> bool:
    """Whether a tensor's numbers are real, of a kind that PyTorch computes with, and all of them finite."""
    try:
        return not tensor.is_complex() and bool(tensor.isfinite().all())
    except NotImplementedError:  # such as those of 8 bits with a point
        return False
