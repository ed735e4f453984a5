"""An observer that the texture methods' tests share."""

from __future__ import annotations

from impasto.observers import Unobserved


class Watch(Unobserved):
    """Keeps the steps, and the state after each."""

    def __init__(self) -> None:
        self.steps = []
        self.states = []

    def step(self, step):
        self.steps.append(step)
        self.states.append(step.state())
