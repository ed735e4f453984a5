"""How often a run is saved."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Every:
    """How often a checkpoint is written: after so many seconds, or after so many steps."""

    seconds: float = 15.0
    steps: int | None = None
