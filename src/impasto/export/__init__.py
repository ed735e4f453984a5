"""Networks written as files that other programs can run.

What can be exported is in `EXPORTERS`, one line each: a name, or the kind of a trained model, and the function that
makes an `Exportable` of it. A function for a kind is given the `Model` of a training run; one for a name, the (width,
height) of the pictures, and whether they may have any size (`any_size`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

from impasto.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor, nn

    from impasto.model import Model

EXPORTERS: dict[str, str] = {
    "fast": "impasto.styles.decoding.exported:exportable",
    "style-network": "impasto.styles.exported_network:exportable",
}
SIZE = (512, 512)
NAMES = ("fast",)  # those that are no kind of a trained model


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
    if name not in EXPORTERS:
        raise InputError(f"a {name} cannot be exported; what can: {', '.join(EXPORTERS)}")
    module, _, function = EXPORTERS[name].partition(":")
    function_of: Callable[..., Exportable] = getattr(import_module(module), function)
    return function_of(size, any_size=any_size) if model is None else function_of(model)
