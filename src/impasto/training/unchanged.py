"""What a training that goes on may not have changed: its settings."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from impasto.errors import InputError
from impasto.methods import MethodConfig

FREE = ("device", "workers", "processes", "models_every")
"""What changes nothing but how quick it is, and what is kept on the way."""


class Unchanged:
    """The settings that a training began with, to be kept with all that it has learned."""

    def __init__(self, config: MethodConfig, free: Collection[str] = FREE) -> None:
        self._values = {name: value for name, value in config.model_dump(mode="json").items() if name not in free}
        self._defaults = type(config).model_construct().model_dump(mode="json")

    def state_dict(self) -> dict[str, Any]:
        """All settings that count."""
        return dict(self._values)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on with the same. Raises InputError that shows the differences.

        A setting that is not in the state came with a later version; until then, all was as its default is.
        """
        state = {name: self._defaults[name] for name in self._values} | dict(state)
        changed = [name for name in state if name not in self._values or state[name] != self._values[name]]
        if changed:
            pairs = ", ".join(f"{name} {state.get(name)!r} and now {self._values.get(name)!r}" for name in changed)
            raise InputError(f"this training began with {pairs}: put that back, or begin a new one")
