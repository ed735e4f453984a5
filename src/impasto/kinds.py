"""The kinds of trained models, one line each: how each is built again, and what can be done with it.

And `READY_MADE`, the networks that need no training but can be run by other programs too.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from impasto.errors import InputError
from impasto.model import is_finite
from impasto.networks.drawing_cost import USUAL, DrawingCost

if TYPE_CHECKING:
    import torch
    from torch import nn

    from impasto.model import Model


@dataclass(frozen=True)
class ModelKind:
    """What a kind of model offers, each function as "module:name"; the modules are imported when they are used.

    build: a `Model` becomes its network, or raises whatever comes of numbers that do not fit.
    sampler: the network becomes a `Sampler` (see `impasto.generators.sample`); "" if nothing can be drawn from it.
    cost: a `Model` becomes the `DrawingCost` of a picture; "" if that is the usual one.
    exporter: a `Model` becomes an `Exportable`; "" if no other program can run it.
    uses: commands to go on with, {run} being the folder of the training run.
    """

    build: str
    sampler: str = ""
    cost: str = ""
    exporter: str = ""
    uses: tuple[str, ...] = ()


KINDS: dict[str, ModelKind] = {
    "texture-network": ModelKind(
        "impasto.networks.texture:built",
        sampler="impasto.networks.texture:TextureSampler",
        uses=("impasto sample {run} -o sample.png",),
    ),
    "dcgan": ModelKind(
        "impasto.networks.adversaries:built",
        sampler="impasto.networks.adversaries:AdversarySampler",
        uses=("impasto sample {run} --count 64 --grid -o samples.png",),
    ),
    "singan": ModelKind(
        "impasto.networks.singan_sampler:built",
        sampler="impasto.networks.singan_sampler:PyramidSampler",
        cost="impasto.networks.singan_sampler:cost_of",
        uses=("impasto sample {run} --count 4 --grid -o samples.png", "impasto sample {run} --scales -o scales.png"),
    ),
    "consingan": ModelKind(
        "impasto.networks.consingan_sampler:built",
        sampler="impasto.networks.consingan_sampler:GrowingSampler",
        cost="impasto.networks.consingan_sampler:cost_of",
        uses=("impasto sample {run} --count 4 --grid -o samples.png", "impasto sample {run} --scales -o scales.png"),
    ),
    "style-network": ModelKind(
        "impasto.networks.style:built",
        exporter="impasto.styles.exported_network:exportable",
        uses=("impasto style network {run} PHOTO -o painted.png",),
    ),
}


READY_MADE: dict[str, str] = {"fast": "impasto.styles.decoding.exported:exportable"}
"""By name, the function that makes an `Exportable` of (width, height), and of whether any size will do (`any_size`)."""


def build(model: Model) -> nn.Module:
    """The network of a model, ready for use.

    Raises InputError if its kind is unknown, or its numbers do not fit, or are not finite.
    """
    if model.kind not in KINDS:
        raise InputError(f"no kind of model is called {model.kind!r}; there are {', '.join(KINDS)}")
    which = model.file or "the model"
    if not all(map(is_finite, model.tensors.values())):
        raise InputError(
            f"{which} has numbers that are not finite, or of a strange kind: train it again, at a lower learning rate"
        )
    try:
        network: nn.Module = load(KINDS[model.kind].build)(model)
    except (RuntimeError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{which} is of another version of impasto, or damaged: train it again") from error
    return network.eval()


def sampler_of(model: Model, device: torch.device | str = "cpu") -> Any:
    """What draws from a model, of a kind that can be drawn from. Raises InputError as `build` does."""
    return load(KINDS[model.kind].sampler)(build(model).to(device))


def drawing_cost(model: Model | None) -> DrawingCost:
    """What it takes to draw a picture from a model, as far as it is known; `build` tells what is wrong with one."""
    kind = None if model is None else KINDS.get(model.kind)
    try:
        cost: DrawingCost = load(kind.cost)(model) if kind is not None and kind.cost else USUAL
    except (KeyError, TypeError, ValueError, IndexError, OverflowError):
        return USUAL
    return cost


def load(target: str) -> Any:
    """What "module:name" stands for."""
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)
