"""What a method is: a config, named inputs, and a run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar, cast

import torch
from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

from impasto.model import Model
from impasto.observers import Observer


class MethodConfig(BaseModel):
    """Every parameter of a method: its bounds, its default, and one line of help.

    The command line's flags, `run.json`, the recipe in a PNG and the error for a wrong value are all
    made from the fields of this class.

    main: the fields that most people set, in the order of the command's help; the rest are shown below them, as
        expert ones. Empty: all are main ones.
    hidden: fields of a base class that change nothing here, and that the command does not offer.
    """

    main: ClassVar[tuple[str, ...]] = ()
    hidden: ClassVar[frozenset[str]] = frozenset()

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    seed: int = Field(0, ge=0, lt=2**63, description="seed of all randomness; the same seed gives the same picture")
    device: str = Field(
        "auto", pattern=r"^(auto|cpu|cuda(:\d{1,3})?|mps)$", description="auto, cpu, cuda, cuda:N or mps"
    )

    @classmethod
    def offered(cls) -> dict[str, FieldInfo]:
        """The fields that a command or a form offers, the main ones first."""
        names = dict.fromkeys((*cls.main, *cls.model_fields))
        return {name: cls.model_fields[name] for name in names if name not in cls.hidden}


@dataclass(frozen=True)
class Input:
    """One picture (or, with `many`, one or more) that a method takes, by the name that the user sees.

    With `models` it is no picture but the folder of a training run, whose model must be of one of these kinds.
    """

    name: str
    help: str
    many: bool = False
    models: tuple[str, ...] = ()


Inputs = Mapping[str, "Sequence[torch.Tensor]"]
"""The pictures of a run by input name, each a float32 (3, H, W) tensor in sRGB, [0, 1]; see also `given_model`."""

Sizes = Mapping[str, Sequence[tuple[int, int]]]
"""(width, height) of the pictures (and a model's own size) by input name, for a forecast before anything is read."""


def given_model(inputs: Inputs, name: str) -> Model:
    """The model of an input that has `models`."""
    return cast("Model", inputs[name][0])


@dataclass(frozen=True)
class Forecast:
    """What a run will cost on this machine: seconds of wall time, and peak memory in bytes."""

    seconds: float
    memory: int
    size: tuple[int, int] | None = None  # (width, height) of the output, if memory grows with its pixels
    fixed: int = 0  # bytes of `memory` that do not depend on the size
    notice: str = ""  # a line that the user should know before it starts

    def size_within(self, memory: int) -> tuple[int, int] | None:
        """The largest (width, height) of the same shape that would fit into `memory` bytes; None if none would."""
        if self.size is None or memory <= self.fixed or self.memory <= self.fixed:
            return None
        factor = min(1.0, ((memory - self.fixed) / (self.memory - self.fixed)) ** 0.5)
        width, height = (int(side * factor) // 16 * 16 for side in self.size)
        return (width, height) if min(width, height) >= 16 else None


@dataclass(frozen=True)
class Result:
    """What a run made. The first image is the one that `-o` names; `facts` go into run.json and `--json`.

    A training's `model` goes into its run's folder. Where all images are what was asked for, and not parts that are
    only written if somebody asks, `each` has for every one the values of the config that make it alone.
    """

    images: Mapping[str, torch.Tensor]
    facts: Mapping[str, Any] = field(default_factory=dict)
    model: Model | None = None
    each: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def output(self) -> torch.Tensor:
        """The main picture, (3, H, W) in [0, 1]."""
        return next(iter(self.images.values()))


C = TypeVar("C", bound=MethodConfig)


class Method(ABC, Generic[C]):
    """One way of making pictures.

    A subclass names itself (`name`, the words that call it), its inputs and its Config, and writes `run`.
    `check`, `forecast` and `extra_inputs` are optional. One that trains says so (`trains`): its result has a model, and
    `use` is the command that makes pictures with it, "{run}" standing for the run's folder. `clips` is whether its
    content, if it has one, may be a clip.
    """

    name: ClassVar[str]
    inputs: ClassVar[tuple[Input, ...]]
    Config: ClassVar[type[MethodConfig]]
    trains: ClassVar[bool] = False
    use: ClassVar[str] = ""
    clips: ClassVar[bool] = True

    def __init__(self, config: C) -> None:
        self.config = config

    @abstractmethod
    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Make the pictures. Iterations go through a `Loop` so that they can be watched and resumed."""

    def check(self, inputs: Inputs) -> None:
        """Raise InputError for pictures that cannot be used, before anything is done. `run` does so as well."""

    def forecast(self, sizes: Sizes) -> Forecast | None:  # noqa: ARG002 - for subclasses
        """Tell the cost before starting, or None if it is nothing to speak of."""
        return None

    def extra_inputs(self) -> dict[str, str]:
        """Pictures that the config names by path (such as `--init PATH`), by input name."""
        return {}


def step_seed(seed: int, step: int) -> int:
    """A seed for one step of a run, which no other step of a run with a near seed shares."""
    return (seed * 0x9E3779B1 + step * 0x85EBCA6B) % 2**61


def generator(seed: int, device: torch.device | str = "cpu") -> torch.Generator:
    """A random generator made from a run's seed."""
    return torch.Generator(device=device).manual_seed(seed)
