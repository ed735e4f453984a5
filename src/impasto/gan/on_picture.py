"""Training on a single picture, size after size: what is the same whatever is trained."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import torch

from impasto.devices import pick_device
from impasto.errors import InputError
from impasto.gan.on_picture_settings import OnPictureConfig
from impasto.images.color import white_places
from impasto.inputs import Input, Inputs, called, given_picture, given_pictures
from impasto.methods import Method, Result
from impasto.observers import Observer, spans
from impasto.randomness import generator, step_seed

if TYPE_CHECKING:
    from impasto.gan.picture_steps import Learned, PictureSteps
    from impasto.model import Model
    from impasto.networks.consingan import GrowingGenerator
    from impasto.networks.pyramid_sizes import Size
    from impasto.networks.singan import Pyramid
    from impasto.training.precision import PrecisionName

LEAST = 12  # pixels of the shorter side: the critic sees patches of 11

C = TypeVar("C", bound=OnPictureConfig)
T = TypeVar("T", bound="PictureSteps[Any, Any]")


@dataclass(frozen=True)
class Growing(Generic[T]):
    """What is trained, from its first size to its last.

    network: all that draws.
    work: how much a step at each size is beside the others.
    grow: makes the steps of the next size, of the picture there (1, 3, H, W) in [-1, 1], of what of it counts, of
        those of the size before, and of the training's random generator.
    model: the network as it is now, of a grey picture or not.
    sheet: a picture (3, H, W) of what it does.
    facts: for the record, beside its sizes and noise.
    """

    network: Pyramid | GrowingGenerator
    work: Sequence[float]
    grow: Callable[[torch.Tensor, Learned | None, T | None, torch.Generator], T]
    model: Callable[[bool], Model]
    sheet: Callable[[torch.Tensor], torch.Tensor]
    facts: Mapping[str, Any]


class TrainOnPicture(Method[C]):
    """Train on one picture, coarse to fine, until its patches cannot be told from those that are drawn."""

    inputs: tuple[Input, ...] = (
        Input("image", "the picture that is learned"),
        Input(
            "mask",
            "a picture of the same size: what is white is not learned",
            flag="mask",
            optional=True,
            reading="mask",
        ),
    )
    makes = "model"

    @abstractmethod
    def growing(self, inputs: Inputs, device: torch.device, precision: PrecisionName) -> Growing[Any]:
        """What is trained on the picture."""

    def at_scale(self, number: int, picture: torch.Tensor, inputs: Inputs) -> torch.Tensor:
        """What is learned at the scale of that number, (1, 3, H, W): the picture, unless others say."""
        del number, inputs
        return picture

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """At each size, what is drawn becomes one whose patches look real; then the next begins."""
        from impasto.gan.picture_steps import Learned, without
        from impasto.grey import is_grey
        from impasto.images import resize
        from impasto.training.loop import train
        from impasto.training.precision import chosen
        from impasto.training.unchanged import Unchanged

        self.check(inputs)
        config, device = self.config, pick_device(self.config.device)
        picture, hidden, random = given_picture(inputs, "image"), _hidden(inputs), generator(config.seed)
        picture = (picture if hidden is None else without(picture, hidden)).to(device)[None]
        precision, grey = chosen(config.precision, device), is_grey(picture[0])
        growing = self.growing(inputs, device, precision)
        network = growing.network
        # Not of the seed itself: a sample of that seed begins with the very same numbers.
        network.fixed.copy_(network.noise(0, network.sizes[0], generator(step_seed(config.seed, 1))))
        counts = config.counts(network.sizes)
        work = [count * each for count, each in zip(counts, growing.work, strict=True)]
        steps, real, first = None, picture, 0
        for number, (size, count, span) in enumerate(zip(network.sizes, counts, spans(work), strict=True)):
            real = resize(self.at_scale(number, picture, inputs), size) * 2 - 1
            learned = None if hidden is None else Learned.beside(hidden.to(device), size)
            steps = growing.grow(real, learned, steps, random)
            train(
                observer,
                steps=sum(counts),
                first=first,
                count=count,
                span=span,
                step=partial(_step_of, steps, first),
                keep={"network": network, "steps": steps, "random": random, "config": Unchanged(config)},
                preview=lambda: growing.sheet(real),  # noqa: B023
                model=lambda: growing.model(grey),
            )
            steps.finish()
            first += count
        facts = {"sizes": [list(size) for size in network.sizes], "precision": precision, **growing.facts}
        facts |= {"sigma": [round(float(sigma), 5) for sigma in network.sigma]}
        return Result({"output": growing.sheet(real)}, facts, growing.model(grey))

    def check(self, inputs: Inputs) -> None:
        """Refuse pictures that are too small, those of one colour, and masks that do not fit or leave nothing."""
        from impasto.gan.picture_steps import Learned
        from impasto.images.constant import refuse_constant
        from impasto.images.sizes import check_same_size

        picture = given_picture(inputs, "image")
        refuse_constant([picture], called(inputs, "image"))
        width, height = size_of(inputs)
        sizes = self.config.learned((width, height))
        short = min(sizes[-1])
        if short < LEAST:
            learned = f"of which {short} pixels of the shorter side are learned"
            raise InputError(f"{called(inputs, 'image')[0]}: {width}x{height}, {learned}: at least {LEAST} are needed")
        for mask, name in zip(given_pictures(inputs, "mask"), called(inputs, "mask"), strict=True):
            check_same_size(mask, picture, name, "the picture")
        hidden = _hidden(inputs)
        if hidden is not None:
            for size in sizes:
                Learned.beside(hidden, size, *called(inputs, "mask"))


def _step_of(steps: PictureSteps[Any, Any], first: int, index: int) -> Mapping[str, torch.Tensor]:
    """The step of that number in the whole training, of those that begin with number `first`."""
    return steps(index - first)


def size_of(inputs: Inputs) -> Size:
    """The (width, height) of the picture."""
    height, width = given_picture(inputs, "image").shape[1:]
    return width, height


def _hidden(inputs: Inputs) -> torch.Tensor | None:
    """Where a mask is white, bool (H, W); None without one, or if nothing is."""
    found = next((white_places(mask) for mask in given_pictures(inputs, "mask")), None)
    return found if found is not None and bool(found.any()) else None
