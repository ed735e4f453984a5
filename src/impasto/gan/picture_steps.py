"""The steps in which a generator and a critic of a single picture, at one of its sizes, are trained."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from impasto.errors import InputError
from impasto.gan.on_picture_settings import OnPictureConfig
from impasto.losses.critic_slope import CriticLayer, Norm, score_slope, slope_penalty
from impasto.losses.penalties import lazily
from impasto.networks.pyramid_sizes import Size
from impasto.networks.singan import REACH, Convolutions
from impasto.training.precision import PrecisionName, computing
from impasto.training.schedule import set_rate
from impasto.training.update import Losses, frozen, update

RADIUS = 3  # pixels around a hidden one that it is filled from


@dataclass(frozen=True)
class Learned:
    """What of a picture is learned: how much each of its pixels (1, H, W) and patches counts, 1 on the average."""

    pixels: Tensor
    patches: Tensor

    @classmethod
    def beside(cls, hidden: Tensor, size: Size, name: str = "mask") -> Learned:
        """All but what has a pixel of `hidden`, (H, W), in it, at a (width, height) that is no larger.

        Raises InputError, which calls the mask by its name, if no patch is left.
        """
        width, height = size
        there = F.adaptive_max_pool2d(hidden[None].float(), (height, width))
        patches = 1 - F.max_pool2d(there, 2 * REACH + 1, 1)
        if not patches.any():
            raise InputError(f"{name}: leaves no whole patch of the picture at {width}x{height}; paint less of it")
        return cls((1 - there) / (1 - there).mean(), patches / patches.mean())


def without(picture: Tensor, hidden: Tensor) -> Tensor:
    """A picture (3, H, W) in [0, 1] with what is around it in the place of what is hidden, (H, W) (Telea 2004)."""
    import cv2

    codes = (picture.permute(1, 2, 0).clamp(0, 1) * 255).round().byte().cpu().numpy()
    known = torch.from_numpy(codes) * (~hidden.cpu())[..., None]  # nothing of what is hidden is left to be seen
    filled = cv2.inpaint(known.numpy(), hidden.byte().cpu().numpy(), RADIUS, cv2.INPAINT_TELEA)
    around = torch.from_numpy(filled).permute(2, 0, 1).to(picture) / 255
    return torch.where(hidden, around, picture)


S = TypeVar("S", bound=OnPictureConfig)
Given = TypeVar("Given")


class PictureSteps(ABC, Generic[S, Given]):
    """Trains a generator at one size of a picture, against a critic of that size.

    What a fake is drawn of, `Given`, is the architecture's own. Nothing is computed with what was trained before until
    the first step: where a run goes on in a later loop, that has not been trained in this process when this is made.
    """

    def __init__(
        self,
        config: S,
        sizes: Sequence[Size],
        number: int,
        real: Tensor,
        random: torch.Generator,
        precision: PrecisionName,
        learned: Learned | None,
    ) -> None:
        """`real` is the picture, (1, 3, H, W) in [-1, 1], at that of all sizes, counted from the coarsest, 0.

        learned: what of the picture counts; None is all of it.
        """
        self.config, self.number, self.real, self.random = config, number, real, random
        self._precision, self._learned = precision, learned
        self._count = config.counts(sizes)[number]  # steps that are to be taken here

    def trains(self, critic: Convolutions, adam_G: torch.optim.Optimizer, adam_D: torch.optim.Optimizer) -> None:
        """To be called when this is made: the critic, and what updates the generator and it."""
        self.D, self.adam_G, self.adam_D = critic, adam_G, adam_D

    @abstractmethod
    def begun(self) -> None:
        """What is computed once, with what was trained before."""

    @abstractmethod
    def finish(self) -> None:
        """Leave the generator as it is from here on."""

    @abstractmethod
    def givens(self, step: int) -> Iterator[Given]:
        """What the fakes of a step are drawn of, one after the other."""

    @abstractmethod
    def fake(self, given: Given) -> Tensor:
        """A picture (1, 3, H, W) in [-1, 1]."""

    @abstractmethod
    def given_back(self) -> Tensor:
        """The picture itself, as the generator gives it back."""

    def __call__(self, step: int) -> dict[str, Tensor]:
        """Take the step of that number, counted from 0 at each size; its losses by the size's number and their names.

        "G/rec" is the weighted reconstruction loss, "D/real" D(x) and "D/fake" D(G(z)), "D" their difference as it is
        minimised, "G/fake" -D(G(z)) as the generator is updated, and "G" the sum of all that is minimised then.
        """
        config = self.config
        self.begun()
        for optimizer in (self.adam_G, self.adam_D):
            set_rate(optimizer, config.rate(step, self._count))
        judged, drawn = dict[str, Tensor](), dict[str, Tensor]()
        givens = self.givens(step)
        for turn in range(config.critic_steps):
            given = next(givens)
            last = turn == config.critic_steps - 1
            with torch.set_grad_enabled(last):  # of the last one, the generator's first update goes on with the graph
                fake = self._computed(partial(self.fake, given))
            judged = update(self.adam_D, *self._critic_terms(step, fake.detach()))
        for turn in range(config.generator_steps):
            if turn:
                fake = self._computed(partial(self.fake, given))
            with frozen(self.D):
                drawn = update(self.adam_G, partial(self.deceive, fake), self.reconstruct)
        losses = {f"G/{name}": loss for name, loss in drawn.items()}
        losses |= {
            "G": torch.stack([*drawn.values()]).sum(),
            "D/real": -judged["real"],
            "D/fake": judged["fake"],
            "D": judged["fake"] + judged["real"],
        }
        losses |= {"D/penalty": judged["penalty"]} if "penalty" in judged else {}
        return {f"{self.number}/{name}": loss for name, loss in losses.items()}

    @abstractmethod
    def kept(self) -> dict[str, Tensor]:
        """What else changes, and was computed once: the state's tensors beside the critic and the optimisers."""

    @abstractmethod
    def restore(self, kept: Mapping[str, Tensor]) -> None:
        """Go on with copies of these, on the device of the picture."""

    def state_dict(self) -> dict[str, Any]:
        """All but the generator and the random numbers."""
        self.begun()
        kept = {name: value.clone() for name, value in self.kept().items()}
        return {name: part.state_dict() for name, part in self._parts.items()} | kept

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there."""
        for name, part in self._parts.items():
            part.load_state_dict(state[name])
        rest = {name: value for name, value in state.items() if name not in self._parts}
        self.restore({name: value.to(self.real.device).clone() for name, value in rest.items()})

    @property
    def _parts(self) -> dict[str, Any]:
        return {"D": self.D, "adam_G": self.adam_G, "adam_D": self.adam_D}

    @property
    def size(self) -> Size:
        """The picture's (width, height) here."""
        return self.real.shape[3], self.real.shape[2]

    def error(self, drawn: Tensor) -> Tensor:
        """The mean squared difference from the picture, where it counts."""
        if self._learned is None:
            return F.mse_loss(drawn, self.real)
        return ((drawn - self.real).square().mean(1) * self._learned.pixels).mean()

    def _computed(self, draw: Callable[[], Tensor]) -> Tensor:
        """What is drawn, in the precision of the training."""
        with computing(self._precision, self.real.device):
            return draw()

    def _scores(self, pictures: Tensor, weights: Tensor | None = None) -> Tensor:
        scores = self._computed(partial(self.D, pictures.contiguous(memory_format=torch.channels_last)))
        return scores.float().mean() if weights is None else (scores.float()[:, 0] * weights).mean()

    def _critic_terms(self, step: int, fake: Tensor) -> list[Any]:
        patches = None if self._learned is None else self._learned.patches
        terms = [lambda: {"real": -self._scores(self.real, patches)}, lambda: {"fake": self._scores(fake)}]
        weight = self.config.penalty_weight * lazily(step, self.config.penalty_every)
        return [*terms, partial(self._penalty, weight, fake)] if weight else terms

    def _penalty(self, weight: float, fake: Tensor) -> Losses:
        share = float(torch.rand(1, generator=self.random))
        between = (share * self.real + (1 - share) * fake).contiguous(memory_format=torch.channels_last)
        slopes = self._computed(partial(score_slope, between, *layers_of(self.D), self.D.slope))
        return {"penalty": weight * slope_penalty(slopes)}

    def deceive(self, fake: Tensor) -> Losses:
        """What the generator learns from a fake."""
        return {"fake": -self._scores(fake)}

    def reconstruct(self) -> Losses:
        """What the generator learns from giving back the picture."""
        return {"rec": self.config.reconstruction * self.error(self._computed(self.given_back))}


def layers_of(critic: Convolutions) -> tuple[list[CriticLayer], Tensor]:
    """The layers as `score_slope` takes them: all but the last, of which only the weight counts."""
    *inner, last = (cast("nn.Conv2d", each) for each in critic.convolutions)
    layers = [
        CriticLayer(each.weight, cast("Tensor", each.bias), _norm_of(norm))
        for each, norm in zip(inner, critic.norms, strict=True)
    ]
    return layers, last.weight


def _norm_of(module: nn.Module) -> Norm | None:
    return Norm(module.weight, module.bias, module.eps) if isinstance(module, nn.BatchNorm2d) else None
