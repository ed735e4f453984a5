"""The head of a portrait as a ball that turns: where things on it are seen, and how narrow."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, sin, sqrt

import numpy as np

from impasto.samples.portraits.canvas import TURN, Array
from impasto.samples.portraits.traits import Traits

MIDDLE = (0.5, 0.475)
HALF = (0.25, 0.285)  # axes of a head, in sides of the picture


@dataclass(frozen=True)
class Head:
    """Middle, half axes, and the angle in radians by which it looks to the right of the picture."""

    x: float
    y: float
    width: float
    height: float
    angle: float

    @classmethod
    def of(cls, traits: Traits) -> Head:
        """The head that the traits describe."""
        width, height = HALF[0] * traits.width * traits.scale, HALF[1] * traits.height * traits.scale
        return cls(MIDDLE[0] + traits.lean[0], MIDDLE[1] + traits.lean[1], width, height, traits.angle)

    @property
    def side(self) -> int:
        """1 if it looks to the right, -1 to the left."""
        return 1 if self.angle > 0 else -1

    def at(self, degrees: float, down: float) -> tuple[float, float]:
        """Where a point of its front is: so many degrees to the right of the nose, `down` from -1 to 1."""
        across = sin(radians(degrees) + self.angle) * sqrt(max(0.0, 1 - down * down))
        return self.x + self.width * across, self.y + self.height * down

    def narrow(self, degrees: float) -> float:
        """How wide something there is seen, as a share of its width."""
        return max(0.35, cos(radians(degrees) + self.angle))

    def place(self, right: float, down: float) -> tuple[float, float]:
        """A point in half axes from the middle, whichever way it looks."""
        return self.x + self.width * right, self.y + self.height * down

    def outline(self, grown: float = 1.0) -> Array:
        """The outline of the face, with a narrower chin that turns with it."""
        across, down = np.sin(TURN), -np.cos(TURN)
        jaw = np.clip(down, 0, 1)
        across = across * (1 - 0.13 * jaw**1.5) + 0.06 * self.side * jaw**2
        return np.stack([self.x + self.width * grown * across, self.y + self.height * grown * down], -1)
