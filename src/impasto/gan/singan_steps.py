"""One scale of a single picture's pyramid: its critic, and the steps in which it and its generator are trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from impasto.errors import InputError
from impasto.gan.singan_settings import SinGANConfig
from impasto.losses.critic_slope import NormedLayer, score_slope, slope_penalty
from impasto.losses.penalties import lazily
from impasto.networks.initial import draw_weights
from impasto.networks.pyramid_sizes import Size
from impasto.networks.singan import REACH, SLOPE, Convolutions, Pyramid, ScaleCritic
from impasto.training.precision import PrecisionName, computing, laid_out
from impasto.training.schedule import set_rate
from impasto.training.update import Losses, frozen, optimizer_of, update

RADIUS = 3  # pixels around a hidden one that it is filled from
RENEWED = 4  # steps after which one of the pool's pictures is drawn anew


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


class ScaleSteps:
    """Trains the newest scale of a pyramid; everything that changes, but the pyramid and the generator, is its state.

    Nothing is computed with the scales below before the first step: where a run goes on in a later loop, they have not
    been trained in this process when the scale is made.
    """

    def __init__(
        self,
        config: SinGANConfig,
        pyramid: Pyramid,
        real: Tensor,
        before: ScaleSteps | None,
        random: torch.Generator,
        precision: PrecisionName,
        learned: Learned | None = None,
    ) -> None:
        """`real` is the picture at this scale, (1, 3, H, W) in [-1, 1]; `before` the scale below.

        learned: what of the picture counts; None is all of it.
        """
        self.config, self.pyramid, self.real, self.random = config, pyramid, real, random
        self.scale = len(pyramid.generators)
        self.G, self.D = pyramid.add(), ScaleCritic(pyramid.widths[self.scale])
        others = (None, None) if before is None else (before.G, before.D)
        for network, other in zip((self.G, self.D), others, strict=True):
            _begin(network, other, random)
            laid_out(network, real.device)
        self.adam_G, self.adam_D = (
            optimizer_of("adam", each, config.learning_rate, beta1=0.5) for each in (self.G, self.D)
        )
        self._precision, self._learned = precision, learned
        self._under: Tensor | None = None  # what the picture itself is drawn of
        self._pool = real.new_empty(0)  # (pool, 3, H, W): what fakes are drawn of

    def __call__(self, step: int) -> dict[str, Tensor]:
        """Take the step of that number, counted from 0 at each scale; its losses by the scale's number and their names.

        "G/rec" is the weighted reconstruction loss, "D/real" D(x) and "D/fake" D(G(z)), "D" their difference as it is
        minimised, "G/fake" -D(G(z)) as the generator is updated, and "G" all that is minimised then.
        """
        config = self.config
        under = self._begun()
        for optimizer in (self.adam_G, self.adam_D):
            set_rate(optimizer, config.rate(step))
        judged, drawn = dict[str, Tensor](), dict[str, Tensor]()
        noise = self.pyramid.noise(self.scale, self._size, self.random)
        for turn in range(config.critic_steps):
            below = self._below(step)
            last = turn == config.critic_steps - 1
            with torch.set_grad_enabled(last):  # of the last one, the generator's first update goes on with the graph
                fake = self._draw(below, noise)
            judged = update(self.adam_D, *self._critic_terms(step, fake.detach()))
        for turn in range(config.generator_steps):
            if turn:
                fake = self._draw(below, noise)
            with frozen(self.D):
                drawn = update(self.adam_G, partial(self._deceive, fake), partial(self._reconstruct, under))
        losses = {
            "G/rec": drawn["rec"],
            "G/fake": drawn["fake"],
            "G": drawn["rec"] + drawn["fake"],
            "D/real": -judged["real"],
            "D/fake": judged["fake"],
            "D": judged["fake"] + judged["real"],
        }
        losses |= {"D/penalty": judged["penalty"]} if "penalty" in judged else {}
        return {f"{self.scale}/{name}": loss for name, loss in losses.items()}

    def finish(self) -> None:
        """Leave the generator as it is from here on."""
        self.G.eval().requires_grad_(False)

    @property
    def _size(self) -> tuple[int, int]:
        return self.real.shape[3], self.real.shape[2]

    @torch.no_grad()
    def _begun(self) -> Tensor:
        """What the picture itself is drawn of; with it comes how much noise this scale takes."""
        if self._under is None:
            self._under = self._inferred(partial(self.pyramid.reconstruction, self.scale, self._size))
            missing = float(self._error(self._under).sqrt())
            self.pyramid.sigma[self.scale] = self.config.variety * missing if self.scale else 1.0
            if self.scale and self.config.pool:
                self._pool = torch.cat([self._fresh() for _ in range(self.config.pool)])
        return self._under

    def _below(self, step: int) -> Tensor:
        """What a fake is drawn of: one of the pool, or a new one."""
        if not self.scale:
            return torch.zeros_like(self.real)
        if not len(self._pool):
            return self._fresh()
        if step % RENEWED == RENEWED - 1:
            self._pool[step // RENEWED % len(self._pool)] = self._fresh()[0]
        chosen = int(torch.randint(len(self._pool), (1,), generator=self.random))
        return self._pool[chosen, None]

    @torch.no_grad()
    def _fresh(self) -> Tensor:
        return self._inferred(partial(self.pyramid.below, self.pyramid.sizes, self.scale, self.random))

    def _inferred(self, draw: Any) -> Tensor:
        with computing(self._precision, self.real.device):
            drawn: Tensor = draw()
        return drawn

    def _draw(self, below: Tensor, noise: Tensor | None) -> Tensor:
        with computing(self._precision, self.real.device):
            return self.pyramid.draw(self.scale, below, noise)

    def _error(self, drawn: Tensor) -> Tensor:
        """The mean squared difference from the picture, where it counts."""
        if self._learned is None:
            return F.mse_loss(drawn, self.real)
        return ((drawn - self.real).square().mean(1) * self._learned.pixels).mean()

    def _scores(self, pictures: Tensor, weights: Tensor | None = None) -> Tensor:
        with computing(self._precision, self.real.device):
            scores: Tensor = self.D(pictures.contiguous(memory_format=torch.channels_last))
        return scores.float().mean() if weights is None else (scores.float()[:, 0] * weights).mean()

    def _critic_terms(self, step: int, fake: Tensor) -> list[Any]:
        patches = None if self._learned is None else self._learned.patches
        terms = [lambda: {"real": -self._scores(self.real, patches)}, lambda: {"fake": self._scores(fake)}]
        weight = self.config.penalty_weight * lazily(step, self.config.penalty_every)
        return [*terms, partial(self._penalty, weight, fake)] if weight else terms

    def _penalty(self, weight: float, fake: Tensor) -> Losses:
        share = float(torch.rand(1, generator=self.random))
        between = (share * self.real + (1 - share) * fake).contiguous(memory_format=torch.channels_last)
        with computing(self._precision, self.real.device):
            slopes = score_slope(between, *layers_of(self.D), SLOPE)
        return {"penalty": weight * slope_penalty(slopes)}

    def _deceive(self, fake: Tensor) -> Losses:
        return {"fake": -self._scores(fake)}

    def _reconstruct(self, under: Tensor) -> Losses:
        drawn = self._draw(under, None if self.scale else self.pyramid.fixed)
        return {"rec": self.config.reconstruction * self._error(drawn)}

    def state_dict(self) -> dict[str, Any]:
        """All but the pyramid and the random generator."""
        under, pool = self._begun().clone(), self._pool.clone()
        return {name: part.state_dict() for name, part in self._parts.items()} | {"under": under, "pool": pool}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there."""
        for name, part in self._parts.items():
            part.load_state_dict(state[name])
        self._under, self._pool = (state[name].to(self.real.device).clone() for name in ("under", "pool"))

    @property
    def _parts(self) -> dict[str, Any]:
        return {"D": self.D, "adam_G": self.adam_G, "adam_D": self.adam_D}


def _begin(network: Convolutions, other: Convolutions | None, random: torch.Generator) -> None:
    """Give a network the weights of that of the scale below, if it is as wide; else draw them."""
    if other is not None and other.width == network.width:
        network.load_state_dict(other.state_dict())
    else:
        draw_weights(network, random)


def layers_of(critic: Convolutions) -> tuple[list[NormedLayer], Tensor]:
    """The layers as `score_slope` takes them: those with batch norm, and the weight of the last."""
    *inner, last = (cast("nn.Conv2d", each) for each in critic.convolutions)
    norms = (cast("nn.BatchNorm2d", each) for each in critic.norms)
    layers = [
        NormedLayer(each.weight, cast("Tensor", each.bias), norm.weight, norm.bias, norm.eps)
        for each, norm in zip(inner, norms, strict=True)
    ]
    return layers, last.weight
