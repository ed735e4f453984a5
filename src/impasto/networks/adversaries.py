"""Two networks that are trained against each other, whatever their architecture; and what is drawn with them."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from impasto.errors import InputError
from impasto.networks.batch_norm import settle
from impasto.networks.bounds import check_claimed
from impasto.networks.dcgan import Discriminator, Generator, normalise_spectra
from impasto.networks.dropout import draw_masks_from
from impasto.networks.initial import draw_weights
from impasto.networks.latents import draw_latents
from impasto.networks.perceptron import PerceptronDiscriminator, PerceptronGenerator
from impasto.networks.report import ReportDiscriminator, ReportGenerator
from impasto.networks.shape import InitialName, Shape
from impasto.networks.two_streams import TwoStreams
from impasto.randomness import generator

if TYPE_CHECKING:
    from impasto.model import Model
    from impasto.networks.wish import Wish

ARCHITECTURES: Mapping[str, tuple[type[nn.Module], type[nn.Module]]] = {
    "dcgan": (Generator, Discriminator),
    "report": (ReportGenerator, ReportDiscriminator),
    "perceptron": (PerceptronGenerator, PerceptronDiscriminator),
    "two-streams": (TwoStreams, Discriminator),
}

PARTS = ("generator", "critic")
SETTLING = 8, 64  # batches, and their size, whose statistics a finished generator keeps


class Adversaries(nn.Module):
    """A generator and its critic, or one of them where a model has kept no more."""

    generator: nn.Module
    critic: nn.Module

    def __init__(self, shape: Shape, classes: tuple[str, ...] = (), parts: Sequence[str] = PARTS) -> None:
        """`classes` are the names of the classes that they know; `parts` say which of both there are."""
        super().__init__()
        self.shape, self.classes, self.parts = shape, classes, parts
        for part, kind in zip(PARTS, ARCHITECTURES[shape.architecture], strict=True):
            if part in parts:
                self.add_module(part, kind(shape))


def built_anew(
    shape: Shape, classes: tuple[str, ...], initial: InitialName, random: torch.Generator, device: torch.device
) -> Adversaries:
    """Networks that have learned nothing yet, ready to be trained."""
    networks = Adversaries(shape, classes)
    draw_weights(networks, random, initial)
    if shape.spectral_norm:
        normalise_spectra(networks.critic)
    draw_masks_from(networks, random)
    return networks.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def built(model: Model) -> Adversaries:
    """The networks of a model of kind "dcgan"; see `impasto.kinds.build`."""
    config = dict(model.config)
    config.pop("grey", None)
    classes = tuple(map(str, config.pop("class_names", ())))
    only = config.pop("only", None)
    if only not in (None, *PARTS):
        raise ValueError(f"no part is called {only!r}")
    parts = PARTS if only is None else (only,)
    shape = Shape.read(config)
    check_claimed(model, lambda: Adversaries(shape, parts=parts))
    networks = Adversaries(shape, classes, parts)
    if shape.spectral_norm and "critic" in parts:
        normalise_spectra(networks.critic)
    networks.load_state_dict(dict(model.tensors))
    return networks


def halved(model: Model, only: str = "") -> Model:
    """A model of kind "dcgan" to be kept: numbers of 16 bits; of both networks, or `only` one of them.

    Raises InputError for a number that is too large for 16 bits.
    """
    tensors = {
        name: tensor.half() if tensor.is_floating_point() else tensor
        for name, tensor in model.tensors.items()
        if name.startswith(only)
    }
    for name, tensor in tensors.items():
        if not tensor.isfinite().all():
            raise InputError(f"{name}: has numbers that 16 bits do not hold")
    return replace(model, config={**model.config, "only": only} if only else model.config, tensors=tensors)


def described(networks: Adversaries) -> dict[str, Any]:
    """What `built` builds them from, plain JSON values."""
    config: dict[str, Any] = networks.shape.model_dump(mode="json")
    grey = {"grey": True} if networks.shape.channels == 1 else {}
    return config | {"class_names": list(networks.classes)} | grey


def settled(network: nn.Module, shape: Shape, seed: int) -> nn.Module:
    """A copy of a generator for drawing, whose batch norm holds the statistics of many of its own pictures.

    In training each picture is normalised by those of its batch; fixed ones make it depend on its own point alone.
    """
    network = copy.deepcopy(network)
    device = next(network.parameters()).device
    random, (count, size) = generator(seed), SETTLING

    def draw(_: int) -> None:
        latents = draw_latents(shape.distribution, size, shape.latent, random)
        labels = torch.arange(size) % shape.classes if shape.joined else None
        network(latents.to(device), None if labels is None else labels.to(device))

    with torch.no_grad():
        settle(network, draw, count)
    return network


def as_pictures(drawn: Tensor, shape: Shape) -> Tensor:
    """What a generator draws, (N, C, H, W), as pictures (N, 3, H, W) in [0, 1]."""
    pictures = drawn.float() if shape.output == "sigmoid" else (drawn.float() + 1) / 2
    return pictures.clamp(0, 1).expand(-1, 3, -1, -1)


class AdversarySampler:
    """Pictures of the size that they were trained at; see `impasto.generators.sample`."""

    def __init__(self, networks: Adversaries) -> None:
        """Raises InputError for a critic alone."""
        if "generator" not in networks.parts:
            raise InputError("of this model only the critic is kept, which judges pictures and draws none")
        self._shape, self._classes, self._network = networks.shape, networks.classes, networks.generator

    def draw(self, wish: Wish, random: torch.Generator) -> Tensor:
        """A picture (3, H, W) in [0, 1]. Raises InputError for another size, a tile, and a class that it has not."""
        shape = self._shape
        side = (shape.side, shape.side)
        if wish.size != side or wish.tile:
            what = "a tile" if wish.tile else f"{wish.size[0]}x{wish.size[1]}"
            raise InputError(f"this model draws pictures of {shape.side}x{shape.side} alone, not {what}: leave it out")
        device = next(self._network.parameters()).device
        latents = draw_latents(shape.distribution, 1, shape.latent, random, wish.truncation)
        label = self._label(wish.label, random)
        with torch.inference_mode():
            drawn = self._network(latents.to(device), None if label is None else label.to(device))
            return as_pictures(drawn, shape)[0].cpu().contiguous()

    def _label(self, wanted: str, random: torch.Generator) -> Tensor | None:
        if not self._shape.joined:
            if wanted:
                raise InputError(f"--class {wanted}: this model was trained without classes: leave it out")
            return None
        if not wanted:
            return torch.randint(self._shape.classes, (1,), generator=random)
        return torch.tensor([self.number_of(wanted)])

    def number_of(self, wanted: str) -> int:
        """The number of a class, given by its name or its number. Raises InputError with those that there are."""
        names = self._classes or tuple(map(str, range(self._shape.classes)))
        if wanted in names:
            return names.index(wanted)
        if wanted.isdecimal() and wanted.isascii() and len(wanted) < 9 and int(wanted) < len(names):
            return int(wanted)
        known = ", ".join(names[:10]) + (f" ... {len(names)} in all" if len(names) > 10 else "")
        raise InputError(f"--class {wanted}: this model knows no such class; it knows {known}")
