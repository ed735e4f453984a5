"""The best a training has been, by a measure: generators collapse late, and then the last is not the best."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch


class Best:
    """The tensors of the best model so far; the smaller the measure, the better."""

    def __init__(self) -> None:
        self.score, self.step = math.inf, 0
        self.tensors: dict[str, torch.Tensor] = {}

    def offer(self, score: float, step: int, tensors: Mapping[str, torch.Tensor]) -> bool:
        """Keep a copy of a model if it is better than all before; says whether it is."""
        if not score < self.score:
            return False
        self.score, self.step = score, step
        self.tensors = {name: tensor.detach().cpu().clone() for name, tensor in tensors.items()}
        return True

    def state_dict(self) -> dict[str, Any]:
        """All of it."""
        return {"score": self.score, "step": self.step, "tensors": self.tensors}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there."""
        self.score, self.step, self.tensors = state["score"], state["step"], dict(state["tensors"])
