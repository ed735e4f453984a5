"""The methods that are compared: what they are called, and with which settings they run."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from impasto.errors import InputError
from impasto.methods import MethodConfig
from impasto.registry import METHODS
from impasto.registry import method as find_method
from impasto.runs.configure import Layer, configure, preset

OPTIMISED = "texture "  # how the names begin of the methods that make a texture at once
NETWORK = "texture-network"
TRAINED = {NETWORK: "train texture-network"}
DOCUMENTS = ("kwatra", "gram", NETWORK)
DEFAULT = (*DOCUMENTS, "quilt", "patches", "sliced-patches", "pyramid")
STEPS = ("iterations", "steps", "votes")  # the fields, of whatever method, that say how often it goes on
SIDE = 32  # the texture network is trained on multiples of this many pixels


@dataclass(frozen=True)
class Effort:
    """How much each method may do."""

    size: int  # long side of the exemplar in pixels
    steps: float  # the factor of a method's own number of steps
    training: int  # steps of a training
    seed: int
    device: str


@dataclass(frozen=True)
class Contender:
    """A method by the name that the table has for it, such as "gram" or "gram:paper"."""

    label: str

    @property
    def name(self) -> str:
        """The label without its preset."""
        return self.label.partition(":")[0]

    @property
    def method(self) -> str:
        """The words that call it."""
        return TRAINED.get(self.name, OPTIMISED + self.name)

    def config(self, effort: Effort) -> MethodConfig:
        """Its own settings, or those of its preset, with that many steps. Raises InputError for an unknown preset."""
        kind = find_method(self.method)
        named = preset(kind.Config, self.label.partition(":")[2] or None)
        fields = kind.Config.model_fields
        given: dict[str, Any] = {"seed": effort.seed, "device": effort.device}
        if "exemplar_size" in fields:
            given["exemplar_size"] = effort.size
        if kind.trains:
            given |= {"steps": effort.training, "side": max(2 * SIDE, round(effort.size / SIDE) * SIDE)}
        else:
            for name in STEPS:
                if name in fields:
                    given[name] = scaled(named.values.get(name, fields[name].default), effort.steps)
        return configure(kind.Config, named, Layer(given))


def contenders(labels: tuple[str, ...]) -> list[Contender]:
    """The methods that these labels name. Raises InputError for one that is no method's, with the nearest right one.

    >>> [contender.method for contender in contenders(("gram:paper", "texture-network"))]
    ['texture gram', 'train texture-network']
    """
    found = {name.removeprefix(OPTIMISED) for name in METHODS if name.startswith(OPTIMISED)}
    known = list(dict.fromkeys([*DEFAULT, *sorted(found)]))
    for label in labels:
        name = label.partition(":")[0]
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"one of: {', '.join(known)}"
            raise InputError(f"methods: no method is called {label!r}; {hint}")
    return [Contender(label) for label in dict.fromkeys(labels)]


def scaled(steps: Any, factor: float) -> Any:
    """A number of steps, or several, times a factor; one at the least.

    >>> scaled((120, 1), 0.1)
    (12, 1)
    """
    if isinstance(steps, tuple):
        return tuple(scaled(each, factor) for each in steps)
    return max(1, round(steps * factor))
