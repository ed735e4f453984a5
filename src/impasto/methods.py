"""What a method is: a config, named inputs, and a run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeVar

import torch
from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

from impasto.inputs import Input, Inputs, Sizes
from impasto.model import Model
from impasto.observers import Observer

if TYPE_CHECKING:
    from impasto.data.stores.reader import View
    from impasto.tables import Figure, Table

Makes = Literal["picture", "pictures", "clip", "model", "table"]


class MethodConfig(BaseModel):
    """Every parameter of a method: its bounds, its default, and one line of help.

    The command line's flags, `run.json`, the recipe in a PNG and the error for a wrong value are all
    made from the fields of this class. None of them is a path: what a method reads is an input.

    main: the names of the fields and inputs that most people set, in the order of the command's help; the rest are
        shown below them, as expert ones. Empty: all are main ones.
    hidden: fields of a base class that change nothing here, and that the command does not offer.
    """

    main: ClassVar[str] = ""
    hidden: ClassVar[frozenset[str]] = frozenset()

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    seed: int = Field(0, ge=0, lt=2**63, description="seed of all randomness; the same seed gives the same picture")
    device: str = Field(
        "auto", pattern=r"^(auto|cpu|cuda(:\d{1,3})?|mps)$", description="auto, cpu, cuda, cuda:N or mps"
    )

    @property
    def made(self) -> int:
        """Pictures that a run makes, one beside the other."""
        return int(getattr(self, "count", 1))

    @classmethod
    def offered(cls) -> dict[str, FieldInfo]:
        """The fields that a command or a form offers, the main ones first."""
        names = dict.fromkeys((*cls.main.split(), *cls.model_fields))
        return {name: cls.model_fields[name] for name in names if name in cls.model_fields and name not in cls.hidden}


@dataclass(frozen=True)
class Forecast:
    """What a run will cost on this machine: seconds of wall time, peak memory in bytes, and bytes on the disk."""

    seconds: float
    memory: int
    size: tuple[int, int] | None = None  # (width, height) of the output, if memory grows with its pixels
    fixed: int = 0  # bytes of `memory` that do not depend on the size
    notice: str = ""  # a line that the user should know before it starts
    disk: int = 0  # bytes that a training's folder, or that of a set of pictures, grows to

    def size_within(self, memory: int) -> tuple[int, int] | None:
        """The largest (width, height) of the same shape that would fit into `memory` bytes; None if none would."""
        if self.size is None or memory <= self.fixed or self.memory <= self.fixed:
            return None
        factor = min(1.0, ((memory - self.fixed) / (self.memory - self.fixed)) ** 0.5)
        width, height = (int(side * factor) // 16 * 16 for side in self.size)
        return (width, height) if min(width, height) >= 16 else None


@dataclass(frozen=True)
class Result:
    """What a run made, apart from the pieces that it gave away as they were ready (see `Step.pieces`).

    The first image is the one that `-o` names, or of many pieces or a clip the one that stands for all. `facts` go into
    run.json and `--json`, a training's `model` into its run's folder, and so do tables and figures.
    """

    images: Mapping[str, torch.Tensor] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    model: Model | None = None
    tables: Sequence[Table] = ()
    figures: Sequence[Figure] = ()

    @property
    def output(self) -> torch.Tensor:
        """The main picture, (3, H, W) in [0, 1]."""
        return next(iter(self.images.values()))


C = TypeVar("C", bound=MethodConfig)


class Method(ABC, Generic[C]):
    """One way of making something of pictures.

    A subclass names itself (`name`, the words that call it), its inputs and its Config, and writes `run`.
    `check`, `forecast`, `views` and `durations` are optional.

    makes: a picture; many pictures, given away piece by piece; a clip, whose frames are such pieces; a model; tables.
    records: whether a run's folder is kept unless the user says otherwise.
    apart: whether its pictures are a set: each has a name of its own, in a folder that is theirs, beside their tables.
    grey: whether pictures without colours give such ones (see `impasto.grey`); recipes of before 2027 do not say so.
    """

    name: str
    inputs: tuple[Input, ...]
    Config: type[MethodConfig]
    makes: Makes = "picture"
    records: bool = True
    apart: bool = False
    grey: bool = True

    def __init__(self, config: C) -> None:
        self.config = config

    @property
    def trains(self) -> bool:
        """Whether it trains a network, which nobody expects of a picture's recipe."""
        return self.makes == "model"

    @abstractmethod
    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Make it. Iterations go through a `Loop`, runs within it through `Parts`: all is watched, and resumable."""

    def check(self, inputs: Inputs) -> None:
        """Raise InputError for inputs that cannot be used, before anything is done. `run` does so as well."""

    def forecast(self, sizes: Sizes) -> Forecast | None:  # noqa: ARG002 - for subclasses
        """Tell the cost before starting, or None if it is nothing to speak of."""
        return None

    def views(self) -> Mapping[str, View]:
        """How the sets of pictures that it is given are seen, by input name, of those that are read into the cache."""
        return {}

    def durations(self, inputs: Inputs) -> Sequence[float]:  # noqa: ARG002 - for subclasses
        """The seconds that each frame is shown, of a method that makes a clip."""
        return ()
