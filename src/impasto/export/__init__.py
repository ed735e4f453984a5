"""Networks written as files that other programs can run.

Which networks can be written, and by which function, is in `impasto.kinds`: `KINDS` for trained models,
`READY_MADE` for what needs no training. Each function makes an `Exportable`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from impasto.errors import InputError
from impasto.kinds import KINDS, READY_MADE, load

if TYPE_CHECKING:
    from torch import Tensor, nn

    from impasto.model import Model

SIZE = (512, 512)


@dataclass(frozen=True)
class Exportable:
    """A module, and what is to be known of its inputs and its one output.

    inputs: an example of each by name, in the order of the module's arguments; small ones do.
    steps: for each input the dimensions that may have any size, and what that is a multiple of; none: as the example.
    translations: what operators of our own are in ONNX, functions of onnxscript.
    """

    module: nn.Module
    inputs: Mapping[str, Tensor]
    output: str
    steps: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    translations: Mapping[Any, Callable[..., Any]] = field(default_factory=dict)


def exportable(
    name: str, model: Model | None = None, *, size: tuple[int, int] = SIZE, any_size: bool = False
) -> Exportable:
    """What is exported under a name, or of a trained model of that kind. Raises InputError if nothing is.

    A name is exported for pictures of one size, or for such of any size; a model says itself which sizes it takes.
    """
    targets = READY_MADE | exporters()
    if name not in targets:
        raise InputError(f"a {name} cannot be exported; what can: {', '.join(targets)}")
    function: Callable[..., Exportable] = load(targets[name])
    return function(size, any_size=any_size) if model is None else function(model)


def exporters() -> dict[str, str]:
    """The function of each kind of trained model that can be exported."""
    return {name: kind.exporter for name, kind in KINDS.items() if kind.exporter}
