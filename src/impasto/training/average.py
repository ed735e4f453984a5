"""The mean of a network's weights over the last steps, which draws steadier pictures than the weights themselves."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

RISE = 0.05  # of what was seen is the half life at most, so that the first steps are soon forgotten


class Average:
    """An exponential moving average (Karras et al. 2018): what was learned `half_life` pictures ago counts half."""

    def __init__(self, network: nn.Module, half_life: float) -> None:
        """A `half_life` of 0 is the network itself."""
        self.module = copy.deepcopy(network).requires_grad_(False) if half_life else network
        self._half_life, self._seen = half_life, 0

    @torch.no_grad()
    def follow(self, network: nn.Module, pictures: int) -> None:
        """Take in what the network is after another step of so many pictures."""
        if not self._half_life:
            return
        self._seen += pictures
        new = 1 - 0.5 ** (pictures / min(self._half_life, RISE * self._seen))
        ours: list[torch.Tensor] = list(self.module.parameters())
        torch._foreach_lerp_(ours, list[torch.Tensor](network.parameters()), new)
        for kept, buffer in zip(self.module.buffers(), network.buffers(), strict=True):
            kept.copy_(buffer)

    def state_dict(self) -> dict[str, Any]:
        """The mean so far; nothing where it is the network itself."""
        return {"seen": self._seen, "network": self.module.state_dict() if self._half_life else {}}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there."""
        self._seen = state["seen"]
        if self._half_life:
            self.module.load_state_dict(state["network"])
