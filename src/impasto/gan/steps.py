"""One step of a generator and its critic, in the three orders in which they can be taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from impasto.data import Batch
from impasto.errors import InputError
from impasto.gan.dcgan_settings import DCGANConfig
from impasto.losses.adversarial import ADVERSARIAL
from impasto.losses.penalties import interpolated_penalty, lazily, real_penalty
from impasto.networks.adversaries import Adversaries
from impasto.networks.latents import draw_latents
from impasto.networks.two_streams import TwoStreams
from impasto.training.precision import PrecisionName, computing
from impasto.training.schedule import set_rate
from impasto.training.team import Team
from impasto.training.update import Losses, frozen, optimizer_of, update

Term = Callable[[], Losses]


@dataclass(frozen=True)
class Seen:
    """What a step, or a part of one, is about, N of each."""

    z: Tensor  # latents
    x: Tensor  # real pictures
    y: Tensor | None  # labels
    fake: Tensor | None = None  # pictures that were drawn of z
    share: Tensor | None = None  # (N,) in [0, 1]: where between both a penalty is taken

    def parts(self, count: int) -> list[Seen]:
        """As many parts, one after the other."""
        if count == 1:
            return [self]
        columns = [
            [None] * count if each is None else each.chunk(count)
            for each in (self.z, self.x, self.y, self.fake, self.share)
        ]
        return [Seen(*row) for row in zip(*columns, strict=True)]

    def half(self) -> Seen:
        """The first half."""
        return Seen(self.z, self.x, self.y).parts(2)[0]


class Steps:
    """Trains both networks, a batch at a time.

    Latents are drawn for the whole batch by the run's own generator, and each process uses its share, so that several
    do what one would.
    """

    def __init__(
        self,
        config: DCGANConfig,
        networks: Adversaries,
        random: torch.Generator,
        *,
        device: torch.device,
        precision: PrecisionName,
        team: Team,
    ) -> None:
        self.config, self.G, self.D = config, networks.generator, networks.critic
        self._shape, self._random, self._team = networks.shape, random, team
        self._device, self._precision = device, precision
        self._loss = ADVERSARIAL[config.loss]
        if config.batch % (team.size * config.parts):
            raise InputError(f"batch must be a multiple of processes, got {config.batch} for {team.size}")
        if config.halves and team.size > 1:
            raise InputError(f"halves: a batch of both kinds is one process's, got {team.size} processes")
        chosen = partial(optimizer_of, config.optimizer, rate=config.learning_rate, beta1=config.beta1, decay=config.l2)
        self.adam_G, self.adam_D = chosen(self.G), chosen(self.D)
        self._right: dict[str, list[Tensor]] = {}

    def __call__(self, index: int, batch: Batch) -> Losses:
        """Take the step of that number; returns the losses of both, and how often D was right."""
        config = self.config
        for optimizer in (self.adam_G, self.adam_D):
            set_rate(optimizer, config.rate(index))
        x = batch.pictures[:, : self._shape.channels].contiguous(memory_format=torch.channels_last)
        z = draw_latents(config.latent, config.batch, config.latent_size, self._random)
        seen = Seen(self._team.share(z).to(self._device), x, batch.labels if self._shape.joined else None)
        self._right = {}
        losses = self._together(index, seen) if config.updates == "together" else self._one_after_other(index, seen)
        return losses | {f"right/{name}": torch.cat(each).mean() for name, each in self._right.items()}

    def _one_after_other(self, index: int, seen: Seen) -> dict[str, Tensor]:
        """Update D; then G, by what D has become. On batches by turns, only one of them."""
        config = self.config
        turns = config.critic_steps + (config.updates == "batches")
        last = index % turns == turns - 1
        fake = self._draw(seen) if last and config.parts == 1 else None  # drawn once for both
        judged, drawn = dict[str, Tensor](), dict[str, Tensor]()
        if config.updates != "batches" or not last:
            judged = self._judge(index, seen, None if fake is None else fake[0].detach())
        if last:
            parts = [partial(self._drawn, part, fake) for part in seen.parts(config.parts)]
            with frozen(self.D):
                drawn = update(self.adam_G, *parts, team=self._team, clip=config.clip)
        return drawn | judged

    def _judge(self, index: int, seen: Seen, fake: Tensor | None) -> dict[str, Tensor]:
        """Update D."""
        if self.config.halves:
            seen, fake = seen.half(), None if fake is None else fake.chunk(2)[0]
        if fake is None:
            with torch.no_grad():
                fake = torch.cat([self._draw(part)[0] for part in seen.parts(self.config.parts)])
        terms: list[Term] = []
        for part in self._shared(replace(seen, fake=fake)).parts(self.config.parts):
            pair = [self._both] if self.config.halves else [self._real, self._fake]
            terms += [partial(term, part) for term in pair] + self._penalties(index, part)
        return update(self.adam_D, *terms, team=self._team, clip=self.config.clip)

    def _together(self, index: int, seen: Seen) -> dict[str, Tensor]:
        """Update both from one pass of D over what was drawn: G learns from D as it was before this step."""
        drawn, sparse = self._draw(seen)
        leaf = drawn.detach().requires_grad_()
        seen = self._shared(replace(seen, fake=leaf))
        scores = self._scores(leaf, seen.y)
        aim = self._loss.of_generator(scores)
        (pull,) = torch.autograd.grad(aim, leaf, retain_graph=True)
        terms: list[Term] = [
            partial(self._fake, seen, scores),
            partial(self._real, seen),
            *self._penalties(index, seen),
        ]
        judged = update(self.adam_D, *terms, team=self._team, clip=self.config.clip)
        # Its gradient is what comes back from D.
        update(self.adam_G, lambda: {"G": (drawn * pull).sum(), **sparse}, team=self._team, clip=self.config.clip)
        return {"G": aim.detach(), **{name: loss.detach() for name, loss in sparse.items()}, **judged}

    def _real(self, part: Seen) -> Losses:
        scores = self._scores(part.x, part.y)
        self._note("real", scores > self._loss.border)
        return {"D/real": self._loss.real(scores).mean() / self.config.parts}

    def _fake(self, part: Seen, scores: Tensor | None = None) -> Losses:
        assert part.fake is not None
        scores = self._scores(part.fake, part.y) if scores is None else scores
        self._note("fake", scores < self._loss.border)
        return {"D/fake": self._loss.fake(scores).mean() / self.config.parts}

    def _both(self, part: Seen) -> Losses:
        """Real and drawn pictures in one batch, whose loss is the mean of all."""
        assert part.fake is not None
        labels = None if part.y is None else torch.cat([part.y, part.y])
        real, fake = self._scores(torch.cat([part.x, part.fake]), labels).chunk(2)
        self._note("real", real > self._loss.border)
        self._note("fake", fake < self._loss.border)
        losses = {"D/real": self._loss.real(real).mean(), "D/fake": self._loss.fake(fake).mean()}
        return {name: loss / (2 * self.config.parts) for name, loss in losses.items()}

    def _drawn(self, part: Seen, fake: tuple[Tensor, Losses] | None) -> Losses:
        pictures, sparse = self._draw(part) if fake is None else fake
        losses = {"G": self._loss.of_generator(self._scores(pictures, part.y)), **sparse}
        return {name: loss / self.config.parts for name, loss in losses.items()}

    def _shared(self, seen: Seen) -> Seen:
        """With the places between real and drawn pictures, where a penalty is taken there."""
        if self.config.penalty != "interpolated":
            return seen
        drawn = torch.rand(len(seen.x) * self._team.size, generator=self._random)
        return replace(seen, share=self._team.share(drawn).to(seen.x))

    def _penalties(self, index: int, part: Seen) -> list[Term]:
        weight = self.config.penalty_weight * lazily(index, self.config.penalty_every) / self.config.parts
        return [partial(self._penalty, part, weight)] if weight and self.config.penalty != "none" else []

    def _penalty(self, part: Seen, weight: float) -> Losses:
        def critic(pictures: Tensor) -> Tensor:
            scores: Tensor = self.D(pictures, part.y)  # in float32 throughout: the slope of a slope is delicate
            return scores

        if self.config.penalty == "real":
            return {"D/penalty": weight * real_penalty(critic, part.x)}
        assert part.fake is not None
        assert part.share is not None
        return {"D/penalty": weight * interpolated_penalty(critic, part.x, part.fake.detach(), part.share)}

    def _draw(self, part: Seen) -> tuple[Tensor, Losses]:
        """Pictures, and the losses of their making."""
        with computing(self._precision, self._device):
            if not isinstance(self.G, TwoStreams):
                return self.G(part.z, part.y), {}
            pictures, mask = self.G.masked(part.z, part.y)
            return pictures, {"G/mask": self.config.mask_sparsity * mask.float().mean()}

    def _scores(self, pictures: Tensor, labels: Tensor | None) -> Tensor:
        with computing(self._precision, self._device):
            scores: Tensor = self.D(pictures, labels)
        return scores.float()

    def _note(self, name: str, right: Tensor) -> None:
        self._right.setdefault(name, []).append(right.float())
